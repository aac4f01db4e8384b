import { firstFit, onePerWorkload } from "../planning/placement/baselines.ts";
import { place } from "../planning/placement/place.ts";
import { renderTable } from "../report/table.ts";
import { modelFleet } from "../test/support/modelFleet.ts";
import { median } from "./measure.ts";

/**
 * How good placements are: against the proven bound, against what a scheduler with an autoscaler comes to (first fit),
 * and against a node group per model, which is what people write by hand.
 */

const sizes = [10, 50, 200];
const seeds = [1, 2, 3];

export async function placementBench() {
  const results = [];
  for (const models of sizes) {
    const runs = [];
    for (const seed of seeds) {
      console.error(`${models} models, fleet ${seed} of ${seeds.length}`);
      const problem = modelFleet(models, seed);
      const started = performance.now();
      const { gap, usdPerHour } = await place(problem);
      const seconds = (performance.now() - started) / 1000;
      runs.push({
        seconds,
        gap,
        firstFit: 1 - usdPerHour / firstFit(problem).usdPerHour,
        onePerModel: 1 - usdPerHour / onePerWorkload(problem).usdPerHour,
      });
    }
    results.push({
      models,
      seconds: median(runs.map((run) => run.seconds)),
      gap: Math.max(...runs.map((run) => run.gap)),
      savedAgainstFirstFit: median(runs.map((run) => run.firstFit)),
      savedAgainstOneGroupPerModel: median(runs.map((run) => run.onePerModel)),
    });
  }
  console.log(table(results));
  return results;
}

function table(
  results: readonly {
    readonly models: number;
    readonly seconds: number;
    readonly gap: number;
    readonly savedAgainstFirstFit: number;
    readonly savedAgainstOneGroupPerModel: number;
  }[],
): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const rows = results.map((result) => [
    String(result.models),
    result.seconds.toFixed(2),
    percent(result.gap),
    percent(result.savedAgainstFirstFit),
    percent(result.savedAgainstOneGroupPerModel),
  ]);
  const head = [
    "MODELS",
    "SECONDS",
    "WORST GAP",
    "SAVED AGAINST FIRST FIT",
    "SAVED AGAINST A GROUP PER MODEL",
  ];
  return renderTable(head, rows, { color: false, numbers: [0, 1, 2, 3, 4] });
}
