import { gpusPerNode } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import { context } from "./context.ts";
import { onCpuQuantized, withoutGpus } from "./cpuOnly.ts";
import { computeCapability, kvCache, tgi, weights } from "./engines.ts";
import { gpusOfEnvironment } from "./gpus.ts";
import { describedModel, type ModelRule, type PlacedModelRule, placedModel } from "./model.ts";
import { heads, parallelism } from "./parallelism.ts";
import type { Rule } from "./rule.ts";

const byThemselves: readonly ModelRule[] = [heads, context];

const inPlace: readonly PlacedModelRule[] = [
  withoutGpus,
  onCpuQuantized,
  tgi,
  weights,
  kvCache,
  computeCapability,
  gpusOfEnvironment,
  parallelism,
];

/** What models find wrong with themselves and, where that is known well enough, with their environment. */
export const models: Rule = ({ capacity, cloud, environment, models: specs }) => {
  const known = environment === "local" || (cloud !== undefined && capacity !== undefined);
  const supply = gpusPerNode({ capacity, cloud });
  return Object.entries(specs).flatMap(([name, spec]) => {
    const model = describedModel(spec);
    const findings: Finding[] = byThemselves.flatMap((rule) => rule(model));
    if (environment !== undefined && known) {
      const placed = placedModel(model, environment, supply);
      findings.push(...inPlace.flatMap((rule) => rule(placed)));
    }
    return findings.map((finding) => ({ ...finding, path: ["models", name, ...finding.path] }));
  });
};
