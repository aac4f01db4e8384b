import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** What `pulumi preview --import-file` says of a resource that the state lacks. */
const missingSchema = z.looseObject({
  type: z.string(),
  name: z.string(),
  logicalName: z.string().optional(),
  component: z.boolean().optional(),
});
export type Missing = z.output<typeof missingSchema>;

const importSchema = z.looseObject({ resources: z.array(missingSchema) });

/** Runs `pulumi`, which must succeed, in a folder. */
export interface Runner {
  readonly folder: string;
  readonly run: (...args: readonly string[]) => Promise<string>;
}

/**
 * Takes over what is there already, as docs/changes.md says: all that the state lacks is written to a file, ids are filled
 * in, and what has none is left out.
 * @param idOf undefined for what isn't there, or can't be imported
 */
export async function takeOver(
  { folder, run }: Runner,
  stack: string,
  idOf: (missing: Missing) => string | undefined,
): Promise<string> {
  const file = join(folder, "import.json");
  await run("preview", "--stack", stack, "--import-file", file);
  const { resources, ...rest } = importSchema.parse(JSON.parse(await readFile(file, "utf8")));
  const found = resources.flatMap((missing) => {
    if (missing.component === true) return [missing];
    const id = idOf(missing);
    return id === undefined ? [] : [{ ...missing, id }];
  });
  await writeFile(file, JSON.stringify({ ...rest, resources: found }));
  return run("import", "--stack", stack, "--file", file, "--yes", "--skip-preview", "--generate-code=false");
}
