import type { InfrastructurePlan } from "../../planning/infrastructure.ts";
import type { ModelPlan } from "../../planning/models.ts";
import type { PlatformPlan } from "../../planning/plan.ts";
import type { ServingPlan } from "../../planning/serving/servingPlan.ts";
import { type PlanDocument, planDocumentSchema } from "./schema.ts";

/** A plan as the documented JSON. Unknown values are absent, not null. */
export function planDocument(plan: PlatformPlan): PlanDocument {
  return planDocumentSchema.parse({
    environment: plan.environment,
    ok: plan.problems.length === 0,
    problems: plan.problems,
    warnings: plan.warnings,
    models: plan.models.map((model) => modelDocument(model, plan.serving.plans)),
    infrastructure: plan.infrastructure && infrastructureDocument(plan.infrastructure),
    explanations: plan.explanations,
  });
}

function modelDocument(
  { alternatives, deployment, memory, ...model }: ModelPlan,
  plans: readonly ServingPlan[],
) {
  const { concurrency, context, tokensPerRequest } = deployment;
  return {
    name: model.name,
    model: model.model,
    revision: model.revision,
    engine: model.engine,
    image: model.image,
    quantization: deployment.quantization,
    kvCacheType: deployment.kvCacheType,
    gpu: model.gpu,
    tensorParallel: deployment.tensorParallel,
    pipelineParallel: deployment.pipelineParallel,
    gpuMemoryUtilization: deployment.gpuMemoryUtilization,
    batch: model.batch,
    replicas: model.replicas,
    podsPerReplica: model.podsPerReplica > 1 ? model.podsPerReplica : undefined,
    spread: model.spread,
    context,
    concurrency: { wanted: concurrency, held: memory.concurrency, tokensPerRequest },
    kvTokens: memory.kvTokens,
    largestContext: memory.largestContext,
    memory: memory.shares,
    pod: {
      milliCpus: model.milliCpus / model.podsPerReplica,
      memoryMiB: model.memoryMiB / model.podsPerReplica,
      diskGiB: model.diskGiB,
    },
    nodes: model.nodes,
    usdPerHour: model.usdPerHour,
    serving: servingDocument(plans.find((plan) => plan.model === model.name)),
    alternatives: alternatives.map(({ id, ...rest }) => ({ option: id, ...rest })),
  };
}

function servingDocument(plan: ServingPlan | undefined) {
  if (plan === undefined) return undefined;
  const { legacy, route, scaling, server, timing } = plan;
  return {
    server,
    legacy,
    path: route?.prefix,
    startSeconds: timing.startSeconds,
    coldStart: { seconds: timing.coldStartSeconds, parts: timing.parts },
    scaling: scaling && {
      least: scaling.least,
      most: scaling.most,
      metrics: scaling.metrics.map(({ metric, target }) => ({ name: metric.name, target })),
    },
  };
}

function infrastructureDocument({ cost, network, nodeGroups, placement, ...rest }: InfrastructurePlan) {
  return {
    region: rest.region,
    network: {
      cidr: network.cidr,
      zones: network.zones,
      subnets: network.subnets.map(({ cidr, name, tier, zone }) => ({ name, tier, zone, cidr })),
    },
    nodeGroups: nodeGroups.map((group) => ({
      name: group.name,
      role: group.role,
      instanceTypes: group.instanceTypes,
      purchase: group.purchase,
      reservation: group.reservation,
      fallbacks: group.fallbacks,
      zones: group.zones,
      size: group.size,
      gpu: group.gpu,
      pods: group.pods,
      usdPerHour: group.usdPerHour,
    })),
    training: rest.training.map((job) => ({
      name: job.name,
      gpu: job.gpu,
      precision: job.precision,
      memory: {
        capacity: job.memory.capacity,
        weights: job.memory.weights,
        gradients: job.memory.gradients,
        optimizer: job.memory.optimizer,
        activations: job.memory.activations,
        runtime: job.memory.runtime,
      },
      instanceType: job.instanceType,
      purchase: job.purchase,
      usdPerHour: job.usdPerHour,
      usdAtMost: job.usdAtMost,
    })),
    placement: {
      usdPerHour: placement.usdPerHour,
      lowerBound: placement.lowerBound,
      gap: placement.gap,
    },
    cost,
    quotas: rest.quotas,
  };
}
