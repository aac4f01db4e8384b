import { firstFit, onePerWorkload } from "../planning/placement/baselines.ts";
import { place } from "../planning/placement/place.ts";
import { violations } from "../planning/placement/verify.ts";
import { renderTable } from "../report/table.ts";
import { modelFleet } from "../test/support/modelFleet.ts";
import { median } from "./measure.ts";

/**
 * How good placements are: against the proven bound, against what a scheduler with an autoscaler comes to (first fit),
 * and against a node group per model, which is what people write by hand.
 */

const sizes = [10, 50, 100, 200, 1000, 5000];
const seeds = [1, 2, 3];

export async function placementBench() {
  const results = [];
  // Smallest first: then the process's peak memory is that of the size at hand.
  for (const models of sizes) {
    const runs: Run[] = [];
    for (const seed of seeds) {
      console.error(`${models} models, fleet ${seed} of ${seeds.length}`);
      runs.push(await placeOnce(models, seed));
    }
    const middle = (key: keyof Run) => median(runs.map((run) => run[key]));
    results.push({
      models,
      cpuSeconds: middle("cpuSeconds"),
      peakMiB: process.resourceUsage().maxRSS / 1024,
      gap: Math.max(...runs.map((run) => run.gap)),
      savedAgainstFirstFit: middle("savedAgainstFirstFit"),
      savedAgainstOneGroupPerModel: middle("savedAgainstOneGroupPerModel"),
    });
  }
  console.log(table(results));
  return results;
}

type Run = Awaited<ReturnType<typeof placeOnce>>;

async function placeOnce(models: number, seed: number) {
  const problem = modelFleet(models, seed);
  const before = process.cpuUsage();
  const placement = await place(problem);
  const { system, user } = process.cpuUsage(before);
  const faults = violations(problem, placement);
  if (faults.length > 0) throw new Error(`a placement of ${models} models breaks rules: ${faults[0]}`);
  return {
    cpuSeconds: (system + user) / 1e6,
    gap: placement.gap,
    savedAgainstFirstFit: 1 - placement.usdPerHour / firstFit(problem).usdPerHour,
    savedAgainstOneGroupPerModel: 1 - placement.usdPerHour / onePerWorkload(problem).usdPerHour,
  };
}

interface Result extends Run {
  readonly models: number;
  readonly peakMiB: number;
}

/** Growth is the exponent of CPU time between two sizes: 1 is linear, 2 quadratic. */
function table(results: readonly Result[]): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const rows = results.map((result, index) => {
    const before = results[index - 1];
    const growth =
      before && Math.log(result.cpuSeconds / before.cpuSeconds) / Math.log(result.models / before.models);
    return [
      String(result.models),
      result.cpuSeconds.toFixed(2),
      growth?.toFixed(2) ?? "",
      result.peakMiB.toFixed(0),
      percent(result.gap),
      percent(result.savedAgainstFirstFit),
      percent(result.savedAgainstOneGroupPerModel),
    ];
  });
  const head = [
    "MODELS",
    "CPU S",
    "GROWTH",
    "PEAK MIB",
    "WORST GAP",
    "SAVED AGAINST FIRST FIT",
    "SAVED AGAINST A GROUP PER MODEL",
  ];
  return renderTable(head, rows, { color: false, numbers: [0, 1, 2, 3, 4, 5, 6] });
}
