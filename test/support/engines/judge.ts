import { execa } from "execa";
import { z } from "zod";
import { serviceEnvironment } from "../../../sandbox/cli/testing/python.ts";
import { type Progress, silent } from "../../../sandbox/lib/progress.ts";

const verdict = z.object({
  error: z.string().nullable(),
  parsed: z.record(z.string(), z.unknown()).optional(),
});
const answer = z.object({
  vllm: z.array(verdict),
  tritonSettings: z.array(verdict),
  tritonModels: z.array(verdict),
  launches: z.array(verdict),
});

/** What is to be judged; each list is answered in its order. */
export interface Question {
  readonly vllm: readonly object[];
  readonly tritonSettings: readonly object[];
  readonly tritonModels: readonly string[];
  readonly launches: readonly object[];
  /** JSON schema of the launches. */
  readonly schema: object;
}

export type Verdict = z.infer<typeof verdict>;

/** The engines' packages, installed: 0.3 GB over the network and 1.2 GB on disk, once. */
export function engineParsers(progress: Progress) {
  return serviceEnvironment("engines", import.meta.dirname, progress);
}

/** Has vLLM's own argument parser, Triton's own schema and the entrypoint's own judge. */
export async function judged(question: Question): Promise<z.infer<typeof answer>> {
  const { env, python } = await engineParsers(silent);
  const { stdout } = await execa(python, ["judge.py"], {
    cwd: import.meta.dirname,
    env: { ...env, VLLM_LOGGING_LEVEL: "ERROR", VLLM_NO_USAGE_STATS: "1" },
    input: JSON.stringify(question),
  });
  return answer.parse(JSON.parse(stdout));
}
