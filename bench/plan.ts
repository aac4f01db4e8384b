import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { renderTable } from "../report/table.ts";
import { repoRoot } from "../sandbox/lib/paths.ts";
import { median } from "./measure.ts";

/** What planning costs as platforms grow: time, memory, and how far the placement is proven to be from the best. */

const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const sizes = [10, 100, 1000, 5000];

const runSchema = z.object({
  models: z.number(),
  parseSeconds: z.number(),
  planSeconds: z.number(),
  planCpuSeconds: z.number(),
  peakMiB: z.number(),
  gap: z.number(),
  nodes: z.number(),
  nodeGroups: z.number(),
  usdPerHour: z.number(),
});
type Run = z.output<typeof runSchema>;

async function planOnce(models: number): Promise<Run> {
  const program = join(repoRoot, "bench", "planOnce.ts");
  const { stdout } = await execa(process.execPath, ["--import", "tsx", program, String(models)], {
    cwd: repoRoot,
  });
  return runSchema.parse(JSON.parse(stdout));
}

export async function planBench() {
  const runs = new Map<number, Run[]>(sizes.map((size) => [size, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [size, ofSize] of runs) {
      console.error(`round ${round} of ${rounds}: ${size} models`);
      ofSize.push(await planOnce(size));
    }
  }
  const results = [...runs].map(([models, ofSize]) => {
    const middle = (key: keyof Run) => median(ofSize.map((run) => run[key]));
    return {
      models,
      parseSeconds: middle("parseSeconds"),
      planSeconds: middle("planSeconds"),
      planCpuSeconds: middle("planCpuSeconds"),
      peakMiB: middle("peakMiB"),
      gap: middle("gap"),
      nodes: middle("nodes"),
      nodeGroups: middle("nodeGroups"),
    };
  });
  console.log(table(results));
  return results;
}

type Result = Omit<Run, "usdPerHour">;

/** Growth is the exponent of CPU time between two sizes: 1 is linear, 2 quadratic. */
function table(results: readonly Result[]): string {
  const rows = results.map((result, index) => {
    const before = results[index - 1];
    const growth =
      before &&
      Math.log(result.planCpuSeconds / before.planCpuSeconds) / Math.log(result.models / before.models);
    return [
      String(result.models),
      result.parseSeconds.toFixed(2),
      result.planSeconds.toFixed(2),
      result.planCpuSeconds.toFixed(2),
      growth?.toFixed(2) ?? "",
      result.peakMiB.toFixed(0),
      `${(100 * result.gap).toFixed(2)} %`,
      String(result.nodes),
      String(result.nodeGroups),
    ];
  });
  const head = ["MODELS", "PARSE S", "PLAN S", "CPU S", "GROWTH", "PEAK MIB", "GAP", "NODES", "NODE GROUPS"];
  return renderTable(head, rows, { color: false, numbers: [0, 1, 2, 3, 4, 5, 6, 7, 8] });
}
