import { findInstanceType } from "../../catalog/ec2/instances.ts";
import { zonesOfRegion } from "../../catalog/ec2/zones.ts";
import type { GpuName } from "../../catalog/gpus.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { NetworkPlan } from "../infrastructure.ts";
import { type PlacementLock, previousChoices } from "../lock.ts";
import { planNetwork } from "../network.ts";
import { offersOf } from "../placement/offers.ts";
import type { Offer, PlacementProblem } from "../placement/problem.ts";
import type { ServicesPlan } from "../services.ts";
import { type GpuSharing, sharingName, sharingOf } from "../sharing.ts";
import { purchaseOrder, serviceWorkloads, steadyPurchase } from "../workloads.ts";
import { type EmbeddingPlan, planEmbeddings } from "./embeddings.ts";
import { type GpuSupply, type ModelSizing, sizeModel } from "./models.ts";
import { modelRequests } from "./requests.ts";
import type { VectorStorePlan } from "./vectors/store.ts";
import { planVectors } from "./vectors.ts";

/** Everything that is to run in an environment, sized, and the nodes that may be bought for it. */
export interface SizedPlatform {
  readonly network: NetworkPlan;
  readonly sizings: readonly ModelSizing[];
  readonly vectors: VectorStorePlan;
  readonly embeddings: readonly EmbeddingPlan[];
  readonly problem: PlacementProblem;
  /** GPUs that may be bought. */
  readonly supply: GpuSupply;
}

/** Turns a description into what placement has to place. */
export function sizePlatform(
  spec: AwsPlatformSpec,
  services: ServicesPlan,
  lock: PlacementLock | undefined,
): SizedPlatform {
  const { capacity, cloud } = spec;
  const network = planNetwork({ ...spec, regionZones: zonesOfRegion(cloud.region) });
  const sharings = sharingsOf(spec);
  const offers = offersOf({ region: cloud.region, zones: network.zones, capacity, sharings });
  const purchase = purchaseOrder(spec);
  const supply = gpuSupply(offers);

  const sizings = modelRequests(spec, purchase).map((request) => sizeModel(request, supply));
  const vectors = planVectors(spec, steadyPurchase(spec));
  const embeddings = planEmbeddings(spec, purchase);
  const workloads = [
    ...serviceWorkloads(spec, services),
    ...sizings.flatMap(({ workload }) => workload ?? []),
    ...(vectors.workload ? [vectors.workload] : []),
    ...embeddings.map(({ workload }) => workload),
  ];
  const previous = previousChoices(lock, workloads, offers, capacity.stability);
  return {
    network,
    sizings,
    vectors,
    embeddings,
    problem: { workloads, offers, zones: network.zones, previous },
    supply,
  };
}

/** Every way in which a model shares its card, once. */
function sharingsOf({ models }: Pick<AwsPlatformSpec, "models">): GpuSharing[] {
  const all = Object.values(models).flatMap((model) => sharingOf(model) ?? []);
  return [...new Map(all.map((sharing) => [sharingName(sharing), sharing])).values()];
}

/** The most GPUs of each kind that one node on offer has. */
function gpuSupply(offers: readonly Offer[]): GpuSupply {
  const supply = new Map<GpuName, number>();
  for (const { instanceType } of offers) {
    const gpu = findInstanceType(instanceType)?.gpu;
    if (gpu) supply.set(gpu.name, Math.max(supply.get(gpu.name) ?? 0, gpu.count));
  }
  return supply;
}
