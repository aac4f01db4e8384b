import { blockEmptiedMinutes } from "../catalog/eks.ts";
import type { AwsPlatformSpec } from "../spec/platform.ts";
import { planCost } from "./cost/cost.ts";
import { hoursPerMonth } from "./cost/items.ts";
import { nodePrice } from "./cost/nodes.ts";
import { shareOfNodes } from "./cost/shares.ts";
import { bakingProblems, planBaked } from "./data/baked.ts";
import { bucketCount, dataKeysOf, planData } from "./data/data.ts";
import { databaseCost, databaseWarnings, explainDatabase } from "./data/database.ts";
import { planImages, platformsOf } from "./data/images.ts";
import { planMirrors } from "./data/mirrors.ts";
import { planServerRepositories } from "./data/repositories.ts";
import { edgeWarnings, planEdge } from "./edge/edge.ts";
import {
  type Explanation,
  explainModel,
  explainNodeGroup,
  explainPlacement,
  explainRefusals,
  explainScaling,
} from "./explain.ts";
import { type FoundationPlan, keysOf, planFoundation } from "./foundation/foundation.ts";
import type { CostPlan, InfrastructurePlan, NodeGroupPlan } from "./infrastructure.ts";
import { lockOf, type PlacementLock } from "./lock.ts";
import { type ModelPlan, modelPlan } from "./models.ts";
import { type MonitoringPlan, planMonitoring } from "./monitoring/monitoring.ts";
import { explainNetwork } from "./network.ts";
import { planNodeGroups } from "./nodeGroups.ts";
import {
  observabilityPrices,
  observabilityWarnings,
  planObservability,
} from "./observability/observability.ts";
import { place } from "./placement/place.ts";
import type { Offer, Placement, Workload } from "./placement/problem.ts";
import { planQuotas } from "./quotas.ts";
import { imageChoicesOf, managedDatabases, type ServicesPlan } from "./services.ts";
import { type AdapterPlan, planAdapter } from "./serving/adapter.ts";
import { servingNamespace } from "./serving/namespaces.ts";
import { type PlannedServing, planServing } from "./serving/serving.ts";
import type { ModelSizing } from "./sizing/models.ts";
import { sizePlatform } from "./sizing/platform.ts";
import { cannotRun } from "./sizing/requests.ts";
import { usd } from "./text.ts";
import { trainingCosts, trainingImages } from "./training/cost.ts";
import { planTrainings } from "./training/training.ts";
import { unmadeWarnings } from "./unmade.ts";
import { planVolumes } from "./volumes.ts";

export interface AwsPlan {
  readonly models: readonly ModelPlan[];
  readonly serving: PlannedServing & { readonly adapter: AdapterPlan | undefined };
  readonly infrastructure: InfrastructurePlan;
  readonly monitoring: MonitoringPlan;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly explanations: readonly Explanation[];
}

/** Sizes, places and prices everything that an environment has in AWS. */
export async function planAws(
  spec: AwsPlatformSpec,
  services: ServicesPlan,
  lock: PlacementLock | undefined,
): Promise<AwsPlan> {
  const { region } = spec.cloud;
  const prod = spec.environment === "prod";
  const sized = sizePlatform(spec, services, lock);
  const { embeddings, network, problem, sizings, vectors } = sized;
  const { offers, workloads } = problem;
  const placement = await place(problem);
  const trainings = await planTrainings(spec, sized, lock);

  const nodes = {
    nodes: placement.nodes,
    passing: trainings.nodes,
    offers,
    workloads: [...workloads, ...trainings.workloads],
  };
  const nodeGroups = planNodeGroups(nodes, { region, prod, capacity: spec.capacity });
  const shares = sharesOf(placement, workloads, offers, region);
  const models = sizings.flatMap((sizing) => placedModel(sizing, placement, offers, shares));
  const volumes = planVolumes(services, vectors);
  const databases = managedDatabases(services);
  const foundation = planFoundation(spec, { network, nodeGroups });
  const serving = planServing(spec, models, {
    fromZero: startingFromZero(foundation),
  });
  const adapter = planAdapter(spec, serving.plans, models);
  const monitoring = planMonitoring(services.monitoringPods, servingNamespace, {
    plans: serving.plans,
    adapter,
    gateway: services.namespaces.gateway,
    cluster: { range: network.cidr, gpus: foundation.gpuNodes !== undefined },
  });
  const built = [...imageChoicesOf(services), ...(adapter ? [adapter.image] : [])];
  const mirrors = planMirrors(
    spec,
    serving.plans.map(({ image }) => image),
  );
  const baked = planBaked(spec, models, serving.plans, platformsOf(nodeGroups));
  const data = planData(spec, planServerRepositories(mirrors, baked));
  const edge = planEdge(spec, { ...foundation, nodePort: services.gateway.nodePort });
  const balanced = edge !== undefined;
  const observability = planObservability(spec, { foundation, balanced, database: databases[0] });
  const { cloudWatchAlarm, kmsKey } = observabilityPrices(observability);
  const cost = planCost({
    spec,
    network,
    nodeGroups,
    balanced,
    volumes,
    databases: databases.map(databaseCost),
    images: [
      ...mirrors.map(({ image, packedGB }) => ({ name: image, gb: packedGB })),
      ...baked.map(({ model, weightsGB }) => ({ name: model, gb: weightsGB })),
    ],
    others: {
      kmsKey: [...keysOf(foundation), ...dataKeysOf(data)].length + kmsKey,
      secret: databases.length,
      cloudWatchAlarm,
    },
    passing: trainingCosts(trainings.jobs),
  });
  const quotas = planQuotas({
    network,
    nodeGroups,
    balanced,
    volumes,
    others: {
      buckets: bucketCount(data),
      nodeGroups: foundation.nodeGroups.length - nodeGroups.length,
      databaseInstances: databases.length,
    },
  });
  return {
    models,
    serving: { ...serving, adapter },
    infrastructure: {
      region,
      network,
      nodeGroups,
      placement,
      lock: { placements: { ...lockOf(placement).placements, ...trainings.lock } },
      vectors,
      embeddings,
      training: trainings.jobs,
      volumes,
      cost,
      quotas,
      foundation,
      data,
      images: planImages([...built, ...trainingImages(trainings.jobs)], nodeGroups),
      mirrors,
      baked,
      edge,
      observability,
    },
    monitoring,
    problems: [
      ...sizings.filter(({ workload }) => workload === undefined).map(cannotRun),
      ...placement.unplaceable.map(({ reason, workload }) => `${workload} has no node: ${reason}`),
      ...serving.problems,
      ...bakingProblems(models, serving.plans),
      ...trainings.problems,
      ...overBudget(cost),
    ],
    warnings: [
      ...serving.warnings,
      ...vectors.warnings,
      ...embeddings.flatMap((job) => job.warnings),
      ...databases.flatMap((database) => databaseWarnings(database, region)),
      ...unmadeWarnings(nodeGroups),
      ...endingBlocks(spec, nodeGroups),
      ...trainings.warnings,
      ...estimatedPrices(cost, region),
      ...edgeWarnings(spec),
      ...observabilityWarnings(spec),
      ...scaledBeyondBudget(cost, serving.plans, models),
      ...(prod ? unsafeInProd(spec, models, nodeGroups) : []),
    ],
    explanations: [
      ...models.map(explainModel),
      ...serving.plans.flatMap(explainScaling),
      ...sizings.flatMap(explainRefusals),
      ...vectors.explanations,
      ...embeddings.flatMap((job) => job.explanations),
      ...databases.map((database) => explainDatabase(database, region)),
      explainPlacement(placement),
      ...trainings.explanations,
      ...nodeGroups.map(explainNodeGroup),
      ...explainNetwork(network).map((why) => ({ subject: "network", why })),
    ],
  };
}

/** Workloads with a node group that nothing stands in until a pod waits for it. */
function startingFromZero({ nodeGroups }: FoundationPlan): Set<string> {
  return new Set(nodeGroups.flatMap(({ size, workloads }) => (size.start === 0 ? workloads : [])));
}

function sharesOf(
  { nodes, options }: Placement,
  workloads: readonly Workload[],
  offers: readonly Offer[],
  region: string,
): Map<string, number> {
  const demands = new Map(
    workloads.map(({ name, options: all }) => [name, all.find(({ id }) => id === options.get(name))?.demand]),
  );
  return shareOfNodes(
    nodes,
    new Map(offers.map((offer) => [offer.id, offer])),
    (workload) => demands.get(workload),
    ({ instanceType, purchase }) => nodePrice(region, instanceType, purchase)?.usdPerHour ?? 0,
  );
}

function placedModel(
  sizing: ModelSizing,
  { nodes, options }: Placement,
  offers: readonly Offer[],
  shares: ReadonlyMap<string, number>,
): ModelPlan[] {
  const chosen = sizing.candidates.get(options.get(sizing.request.name) ?? "");
  return chosen === undefined ? [] : [modelPlan(sizing, chosen, { nodes, offers, shares })];
}

function overBudget({ budgetUsdPerMonth, usdPerMonth }: CostPlan): string[] {
  if (budgetUsdPerMonth === undefined || usdPerMonth <= budgetUsdPerMonth) return [];
  const over = usd(usdPerMonth - budgetUsdPerMonth);
  return [
    `costs ${usd(usdPerMonth)} a month, ${over} above the budget of ${usd(budgetUsdPerMonth)}: raise budget.usdPerMonth, or ask for less`,
  ];
}

/** What is within the budget as planned may not be when load has it grow. */
function scaledBeyondBudget(
  { budgetUsdPerMonth, usdPerMonth }: CostPlan,
  plans: PlannedServing["plans"],
  models: readonly ModelPlan[],
): string[] {
  const more = plans.map(({ model, replicas, scaling }) => {
    const each = (models.find(({ name }) => name === model)?.usdPerHour ?? 0) / Math.max(1, replicas);
    return each * Math.max(0, (scaling?.most ?? 0) - replicas);
  });
  const most = usdPerMonth + hoursPerMonth * more.reduce((sum, usdPerHour) => sum + usdPerHour, 0);
  if (budgetUsdPerMonth === undefined || usdPerMonth > budgetUsdPerMonth || most <= budgetUsdPerMonth)
    return [];
  return [
    `with every model at its autoscaling.most it would cost ${usd(most)} a month, more than the budget of ${usd(budgetUsdPerMonth)}`,
  ];
}

/** Until when there are nodes that were bought for a time. */
function endingBlocks({ capacity }: AwsPlatformSpec, nodeGroups: readonly NodeGroupPlan[]): string[] {
  return capacity.capacityBlocks.flatMap(({ endsAt, id }) => {
    const group = nodeGroups.find(({ reservation }) => reservation === id);
    if (group === undefined) return [];
    const last = new Date(Date.parse(endsAt) - blockEmptiedMinutes * 60_000)
      .toISOString()
      .replace(":00.000Z", "Z");
    const carried = Object.keys(group.pods).join(", ");
    return [`${id} ends ${endsAt}: EKS empties ${group.name} at ${last}, and with it goes ${carried}`];
  });
}

function estimatedPrices({ items }: CostPlan, region: string): string[] {
  const estimated = items.filter(({ basis }) => basis === "estimated").map(({ component }) => component);
  if (estimated.length === 0) return [];
  return [`prices in ${region} are estimates for ${estimated.join(", ")}`];
}

/** What nobody should find out by an outage. */
function unsafeInProd(
  { models: specs }: AwsPlatformSpec,
  models: readonly ModelPlan[],
  nodeGroups: readonly NodeGroupPlan[],
): string[] {
  const spot = nodeGroups
    .filter(({ purchase, size }) => purchase === "spot" && size.planned > 0)
    .map(({ name }) => name);
  const single = models.filter(({ replicas }) => replicas === 1).map(({ name }) => name);
  const together = models.filter(({ podsPerReplica }) => podsPerReplica > 1).map(({ name }) => name);
  const moving = models.filter(({ name }) => specs[name]?.revision === undefined).map(({ name }) => name);
  return [
    ...(spot.length > 0 ? [`spot nodes can be taken away at two minutes' notice: ${spot.join(", ")}`] : []),
    ...(single.length > 0 ? [`one replica only, so every rollout is an outage: ${single.join(", ")}`] : []),
    ...(together.length > 0 ? [`all nodes are in one zone, and gone with it: ${together.join(", ")}`] : []),
    ...(moving.length > 0
      ? [`no revision is pinned, so a restart may serve other weights: ${moving.join(", ")}`]
      : []),
  ];
}
