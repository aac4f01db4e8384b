import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { nameOf } from "../../support/graph.ts";
import type { Living } from "./living.ts";

const minutes = 60_000;

/** What must never be made a second time because a state was lost. */
const precious: readonly string[] = [
  "aws:ec2/subnet:Subnet",
  "aws:ec2/vpc:Vpc",
  "aws:eks/cluster:Cluster",
  "aws:eks/nodeGroup:NodeGroup",
  "aws:iam/role:Role",
  "aws:rds/instance:Instance",
  "aws:s3/bucket:Bucket",
];

const entrySchema = z.looseObject({
  type: z.string(),
  name: z.string(),
  logicalName: z.string().optional(),
  component: z.boolean().optional(),
  id: z.string().optional(),
});
const importSchema = z.looseObject({ resources: z.array(entrySchema) });
const stateSchema = z.object({
  deployment: z.object({
    resources: z.array(z.object({ urn: z.string(), type: z.string(), id: z.string().optional() })),
  }),
});

/** A state that is carried to another backend, and one that is lost. */
export function lostState(life: () => Living): void {
  test(
    "a state that is exported is the same elsewhere",
    async () => {
      const file = await exported(life());
      const there = await elsewhere(life(), "moved");
      await there("stack", "import", "--stack", life().environment, "--file", file);
      expect(await there("preview", "--stack", life().environment)).toMatch(/Resources:\s+\d{3} unchanged/);
    },
    5 * minutes,
  );

  test(
    "what exists is imported into an empty state by its ids, and isn't made again",
    async () => {
      const { environment, project } = life();
      const state = stateSchema.parse(JSON.parse(await readFile(await exported(life()), "utf8")));
      const ids = new Map(
        state.deployment.resources.map(({ id, type, urn }) => [`${type} ${nameOf(urn)}`, id] as const),
      );
      const there = await elsewhere(life(), "lost");
      const file = join(project.folder, "import.json");
      // The engine writes down what it would create; whoever recovers fills in the ids.
      await there("preview", "--stack", environment, "--import-file", file);
      const written = importSchema.parse(JSON.parse(await readFile(file, "utf8")));
      const resources = written.resources
        .filter(({ component, type }) => component === true || precious.includes(type))
        .map((entry) => {
          const id = ids.get(`${entry.type} ${entry.logicalName ?? entry.name}`);
          return id === undefined ? entry : { ...entry, id };
        });
      await writeFile(file, JSON.stringify({ ...written, resources }));
      const imported = resources.filter(({ component }) => component !== true);
      expect(imported.length).toBeGreaterThan(30);
      const output = await there(
        ...["import", "--stack", environment, "--file", file, "--yes", "--skip-preview"],
        ...["--protect=false", "--generate-code=false"],
      );
      expect(output).toContain(`= ${resources.length} imported`);
      const before = await there("preview", "--stack", environment, "--json");
      const steps = z
        .object({ steps: z.array(z.object({ op: z.string(), urn: z.string() })) })
        .parse(JSON.parse(before.slice(before.indexOf("{")))).steps;
      const known = new Set(imported.map(({ logicalName, name, type }) => `${type} ${logicalName ?? name}`));
      const again = steps.filter(
        ({ op, urn }) => op !== "same" && op !== "update" && known.has(`${typeIn(urn)} ${nameOf(urn)}`),
      );
      expect(again).toEqual([]);
    },
    8 * minutes,
  );
}

const typeIn = (urn: string) => (urn.split("::").at(-2) ?? "").split("$").at(-1) ?? "";

async function exported(life: Living): Promise<string> {
  const file = join(life.project.folder, "state.json");
  await life.succeed("stack", "export", "--stack", life.environment, "--file", file);
  return file;
}

/** An empty backend with a stack of the same name. @returns runs `pulumi` there */
async function elsewhere({ environment, project }: Living, name: string) {
  const folder = join(project.folder, name);
  await mkdir(folder);
  const there = project.withBackend(`file://${folder}`);
  const run = async (...args: readonly string[]) => {
    const { all, exitCode, stdout } = await there.pulumi(...args);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${all.slice(-5000)}`);
    return args.includes("--json") ? stdout : all;
  };
  await run("stack", "init", environment, "--no-select");
  return run;
}
