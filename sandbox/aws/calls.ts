import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const callSchema = z.object({
  at: z.number(),
  service: z.string(),
  operation: z.string(),
  status: z.number(),
  milliseconds: z.number(),
  answer: z.string().optional(),
});

/** A call of the AWS API as it was recorded: `at` in seconds since 1970; `answer` is there when it failed. */
export type AwsCall = z.infer<typeof callSchema>;

/** Every call since the simulated AWS of a folder started, in the order in which they ended. */
export async function recordedCalls({ folder }: { readonly folder: string }): Promise<AwsCall[]> {
  const text = await readFile(join(folder, "calls.jsonl"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => callSchema.parse(JSON.parse(line)));
}
