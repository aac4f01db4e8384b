import type { GpuName } from "../../catalog/gpus.ts";
import { gpusPerNode } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { Judged } from "../judged.ts";
import { context } from "./context.ts";
import { onCpuQuantized, withoutGpus } from "./cpuOnly.ts";
import { computeCapability, kvCache, tgi, weights } from "./engines.ts";
import { gpusOfEnvironment } from "./gpus.ts";
import { describedModel, type ModelRule, type PlacedModelRule, placedModel } from "./model.ts";
import { heads, parallelism } from "./parallelism.ts";
import { allowedFamilies, allowedGpus, region } from "./region.ts";
import type { Rule } from "./rule.ts";
import { baked, scaling, servers, tasks } from "./serving.ts";
import { oneSharing, sharing } from "./sharing.ts";

const byThemselves: readonly ModelRule[] = [heads, context, scaling, oneSharing];

const inPlace: readonly PlacedModelRule[] = [
  withoutGpus,
  onCpuQuantized,
  tgi,
  weights,
  kvCache,
  computeCapability,
  gpusOfEnvironment,
  parallelism,
  servers,
  tasks,
  sharing,
  baked,
];

/** Undefined where what the environment may use is not known, or is wrong itself. */
function supplyOf(platform: Judged): ReadonlyMap<GpuName, number> | undefined {
  const { capacity, cloud, environment } = platform;
  if (environment !== "local") {
    if (!cloud || !capacity) return undefined;
    if ([region, allowedFamilies, allowedGpus].some((rule) => rule(platform).length > 0)) return undefined;
  }
  return gpusPerNode({ capacity, cloud });
}

/** What models find wrong with themselves and, where that is known well enough, with their environment. */
export const models: Rule = (platform) => {
  const { environment, models: specs } = platform;
  const supply = supplyOf(platform);
  return Object.entries(specs).flatMap(([name, spec]) => {
    const model = describedModel(spec);
    const findings: Finding[] = byThemselves.flatMap((rule) => rule(model));
    if (environment !== undefined && supply !== undefined) {
      const placed = placedModel(model, environment, supply);
      findings.push(...inPlace.flatMap((rule) => rule(placed)));
    }
    return findings.map((finding) => ({ ...finding, path: ["models", name, ...finding.path] }));
  });
};
