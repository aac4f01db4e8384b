import { findInstanceType } from "../../catalog/ec2/instances.ts";
import type { ModelArchitecture } from "../../catalog/models/architecture.ts";
import { fromHuggingFace } from "../../catalog/models/huggingFace.ts";
import { findModel } from "../../catalog/models/models.ts";
import type { CapacitySpec, PurchaseOption } from "../../spec/capacity.ts";
import type { ModelSpec } from "../../spec/models.ts";
import type { PlatformSpec } from "../../spec/platform.ts";
import type { ModelRequest, ModelSizing, ReservedNodes } from "./models.ts";

/** The models of a platform, in the order of their names. */
export function modelRequests(spec: PlatformSpec, purchase: readonly PurchaseOption[]): ModelRequest[] {
  const reserved = spec.environment === "local" ? [] : reservedNodes(spec.capacity);
  return Object.entries(spec.models)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, model]) => ({
      name,
      spec: model,
      architecture: architectureOf(model),
      known: findModel(model.model),
      prod: spec.environment === "prod",
      purchase: model.purchase ?? purchase,
      reserved,
    }));
}

function reservedNodes({ capacityBlocks, reservations }: CapacitySpec): ReservedNodes[] {
  return [...reservations, ...capacityBlocks].flatMap(({ instanceType, zone }) => {
    const gpus = findInstanceType(instanceType)?.gpu;
    return gpus === undefined ? [] : [{ gpu: gpus.name, perNode: gpus.count, zone }];
  });
}

/** A description's own `architecture` wins: it is there because the model differs from what its id suggests. */
function architectureOf({ architecture, model }: ModelSpec): ModelArchitecture {
  const known = findModel(model);
  if (architecture !== undefined) return fromHuggingFace(architecture);
  if (known === undefined) throw new TypeError(`${model} is unknown and has no architecture`);
  return known;
}

/** A model that nothing carries, with every way that was looked at. */
export function cannotRun({ refusals, request }: ModelSizing): string {
  const reasons = refusals.map(({ id, reason }) => `${id}: ${reason}`);
  return `models.${request.name} (${request.spec.model}) fits nowhere: ${reasons.join("; ") || "no GPU is allowed"}`;
}
