import { defaultKubernetesVersion } from "../../catalog/eks.ts";
import type { ModelSpec } from "../../spec/models.ts";
import type { AwsPlatformSpec, PlatformSpec } from "../../spec/platform.ts";
import { bucketNameOf } from "../data/buckets.ts";
import { serverImage } from "../data/mirrors.ts";
import type { ModelPlan } from "../models.ts";
import { ollamaParts, planStore } from "./engines/ollama.ts";
import {
  cacheFolder,
  type EngineInput,
  type EngineParts,
  type GroupPlan,
  weightsFolder,
} from "./engines/parts.ts";
import { tgiLegacy, tgiParts } from "./engines/tgi.ts";
import { tritonParts } from "./engines/triton.ts";
import { vllmParts } from "./engines/vllm.ts";
import { servingNamespace } from "./namespaces.ts";
import { planResources, planVolumes } from "./resources.ts";
import { servingRole } from "./role.ts";
import { planRoute } from "./route.ts";
import { planScaling } from "./scaling.ts";
import { planScheduling } from "./scheduling.ts";
import type { Server, ServingPlan } from "./servingPlan.ts";
import { planStaging, type StagingPlan } from "./staging.ts";
import { planStreaming } from "./streaming.ts";
import { planTiming } from "./timing.ts";
import { libraryTag, planWeights, type WeightsPlan } from "./weights.ts";

export interface ServingOptions {
  /** Models whose nodes start from zero. Default: none. */
  readonly fromZero?: ReadonlySet<string>;
}

export interface PlannedServing {
  /** In the order of the models. */
  readonly plans: readonly ServingPlan[];
  /** What fills the models bucket before they start; empty without one. */
  readonly staging: readonly StagingPlan[];
  /** Why a model can't be served as described. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** How each planned model is served. Pure: the same plan gives the same servers. */
export function planServing(
  spec: PlatformSpec,
  models: readonly ModelPlan[],
  options: ServingOptions = {},
): PlannedServing {
  const outcomes = models.map((model) => planModel(spec, model, options));
  const plans = outcomes.flatMap((outcome) => (typeof outcome === "string" ? [] : [outcome]));
  return {
    plans,
    staging: spec.environment === "local" ? [] : planStaging(spec, models),
    problems: [
      ...outcomes.filter((outcome) => typeof outcome === "string"),
      ...sameObjects(models),
      ...groupsOfOthers(plans),
    ],
    warnings: [
      ...plans.flatMap(({ legacy, model }) => (legacy === undefined ? [] : [`models.${model}: ${legacy}`])),
      ...plans.flatMap(({ scaling }) => scaling?.warnings ?? []),
      ...plans.flatMap((plan) => unscaled(plan, spec.models[plan.model])),
      ...(spec.access.forwardAuth === undefined ? [] : askedAbout(plans, spec.access)),
      ...(spec.environment === "local" ? [] : plans.flatMap((plan) => unpinned(plan, spec))),
    ],
  };
}

/** Name of a model's objects: those of Services and containers have no dots. Source: RFC 1123, "label". */
const objectName = (model: string) => model.replaceAll(".", "-");

function sameObjects(models: readonly ModelPlan[]): string[] {
  const names = models.map(({ name }) => name);
  return names.flatMap((name, index) => {
    const other = names.slice(0, index).find((earlier) => objectName(earlier) === objectName(name));
    if (other === undefined) return [];
    return [
      `models.${name} and models.${other} would both be ${objectName(name)} in Kubernetes: rename one of them`,
    ];
  });
}

/** The Service of a replica's pods has the model's name and a word behind it, which may be another model's name. */
function groupsOfOthers(plans: readonly ServingPlan[]): string[] {
  return plans.flatMap(({ model, name, podsPerReplica }) => {
    const other = plans.find((plan) => podsPerReplica > 1 && plan.name === groupServiceName(name));
    if (other === undefined) return [];
    return [
      `models.${other.model} would be ${other.name} in Kubernetes, which is the Service of the pods of models.${model}: rename one of them`,
    ];
  });
}

/** Who is asked knows people, and nothing of teams, which only the adapter does. */
function askedAbout(plans: readonly ServingPlan[], { teams = {} }: PlatformSpec["access"]): string[] {
  const asked = plans.filter(({ route }) => route?.auth === "forward");
  if (asked.length === 0)
    return ["access.forwardAuth: every server checks keys of its own, so nobody is asked"];
  if (Object.values(teams).every(({ models }) => models === undefined)) return [];
  return asked.map(
    ({ model, route }) =>
      `models.${model}: whoever access.forwardAuth lets in asks it at ${route?.prefix}, whatever access.teams says of models and tokens`,
  );
}

/** Kubernetes could make more pods of a group, but none that has a place in it. */
function unscaled(
  { model, podsPerReplica, replicas }: ServingPlan,
  described: ModelSpec | undefined,
): string[] {
  if (described?.autoscaling === undefined || podsPerReplica === 1) return [];
  const { least, most } = described.autoscaling;
  return [
    `models.${model}.autoscaling asks for ${least} to ${most} replicas, but each is ${podsPerReplica} pods on several nodes, which Kubernetes doesn't scale: there are ${replicas}, set models.${model}.replicas`,
  ];
}

function unpinned({ image, model, server, store }: ServingPlan, { models }: PlatformSpec): string[] {
  if (server !== "ollama" || models[model]?.digest !== undefined) return [];
  const pin = `pin its manifest's digest in models.${model}.digest`;
  return image.kind === "baked"
    ? [
        `models.${model}: its image has what Ollama's tag points to when it is first built, in each environment: ${pin}`,
      ]
    : [`models.${model}: Ollama's tag ${store?.tag} may point to other files tomorrow: ${pin}`];
}

function serverOf({ engine, name }: ModelPlan, specs: Readonly<Record<string, ModelSpec>>): Server {
  return engine === "vllm" && specs[name]?.server === "triton" ? "triton" : engine;
}

/** @returns what is wrong, where it can't be served */
function planModel(spec: PlatformSpec, model: ModelPlan, options: ServingOptions): ServingPlan | string {
  const server = serverOf(model, spec.models);
  if (server === "ollama") return planOllama(spec, model, options);
  const aws = spec.environment === "local" ? undefined : spec;
  const baked = isBaked(spec, model);
  const weights = planWeights(model, aws && !baked ? bucketNameOf(aws, "models") : undefined);
  const streaming = server === "vllm" && weights.prefix !== undefined ? planStreaming(model) : undefined;
  const streamed = streaming !== undefined;
  const from = baked ? "image" : weights.prefix === undefined ? "hub" : "s3";
  const timing = planTiming(model, { server, from, streamed: streamed || server === "triton" });
  const group = groupOf(model);
  const input: EngineInput = { model, weights, baked, streaming, group, timing };
  const parts = partsOf[server](input);
  const pods = group?.size ?? 1;
  // Triton reads the bucket as a folder, or has vLLM fetch into its cache.
  const volumes = planVolumes(
    model,
    server,
    { weights: server === "triton" ? `${cacheFolder}/huggingface` : weightsFolder, cache: cacheFolder },
    streamed || baked || (server === "triton" && weights.prefix !== undefined),
  );
  return {
    ...common(spec, model, server, parts, timing, options),
    gated: weights.gated && weights.prefix === undefined && !baked,
    launchFiles: launchFilesOf(objectName(model.name), parts.launches, group?.size),
    podsPerReplica: pods,
    resources: planResources(model, pods, volumes),
    volumes,
    store: undefined,
    bucketFolder: server === "triton" ? bucketFolder(model, weights, aws) : undefined,
    role: server === "triton" ? undefined : roleOf(model, weights, aws),
  };
}

const partsOf = { vllm: vllmParts, tgi: tgiParts, triton: tritonParts } as const;

/** No node was planned for it: it takes the processors that are free, and must fit beside everything else on a laptop. */
const localCpu = "100m";

function planOllama(spec: PlatformSpec, model: ModelPlan, options: ServingOptions): ServingPlan | string {
  const tag = libraryTag(model);
  if (tag === undefined)
    return `models.${model.name}: Ollama's library has no ${model.model} in ${model.deployment.quantization} that the catalog knows of`;
  const baked = isBaked(spec, model);
  const timing = planTiming(model, { server: "ollama", from: baked ? "image" : "volume", streamed: false });
  const resources = planResources(model, 1, []);
  return {
    ...common(spec, model, "ollama", ollamaParts(model, tag, { baked, timing }), timing, options),
    gated: false,
    launchFiles: {},
    podsPerReplica: 1,
    resources: {
      ...resources,
      requests: { ...resources.requests, ...(spec.environment === "local" ? { cpu: localCpu } : {}) },
    },
    volumes: [],
    store: baked ? undefined : planStore(model, tag, spec.models[model.name]?.digest),
    bucketFolder: undefined,
    role: undefined,
  };
}

function common(
  spec: PlatformSpec,
  model: ModelPlan,
  server: Server,
  { image, ...parts }: EngineParts,
  timing: ServingPlan["timing"],
  { fromZero }: ServingOptions,
) {
  const aws = spec.environment !== "local";
  return {
    ...parts,
    name: objectName(model.name),
    model: model.name,
    server,
    legacy: server === "tgi" ? tgiLegacy : undefined,
    namespace: servingNamespace,
    image: imageOf(spec, model, image),
    replicas: model.replicas,
    clients: spec.models[model.name]?.clients ?? [],
    scheduling: planScheduling(model, aws),
    timing,
    // Each of several pods in a group has its place in it: Kubernetes makes no more of them by itself.
    scaling:
      parts.ports.group === undefined
        ? planScaling(model.name, server, spec.models[model.name]?.autoscaling, {
            timing,
            usdPerHour: model.usdPerHour / Math.max(1, model.replicas),
            version:
              spec.environment === "local" ? undefined : (spec.cluster.version ?? defaultKubernetesVersion),
          })
        : undefined,
    awaited: !(fromZero?.has(model.name) ?? false),
    route: planRoute(model, server, spec),
  };
}

function isBaked({ models }: PlatformSpec, { name }: ModelPlan): boolean {
  return models[name]?.weights === "baked";
}

function imageOf(spec: PlatformSpec, model: ModelPlan, image: EngineParts["image"]): ServingPlan["image"] {
  if (isBaked(spec, model)) return { kind: "baked", model: model.name };
  return serverImage(image, spec.environment !== "local" && spec.images.mirror);
}

function groupOf({ name, podsPerReplica, replicas }: ModelPlan): GroupPlan | undefined {
  if (podsPerReplica === 1) return undefined;
  const objects = objectName(name);
  const leader = (replica: number) =>
    `${podName(objects, replica, 0)}.${groupServiceName(objects)}.${servingNamespace}.svc.cluster.local`;
  return {
    size: podsPerReplica,
    leaders: Array.from({ length: replicas }, (_, replica) => leader(replica)),
  };
}

/** URL of a model's server inside the cluster. */
export function serverUrl({ name, namespace, ports: { http } }: ServingPlan): string {
  return `http://${name}.${namespace}.svc.cluster.local:${http}`;
}

/** Name of a pod of a replica: each replica is a StatefulSet, `<name>-<replica>`, whose pods have their rank behind. */
const podName = (name: string, replica: number, rank: number) => `${name}-${replica}-${rank}`;

/** Service that gives such pods their host names. */
export const groupServiceName = (name: string) => `${name}-group`;

function launchFilesOf(
  name: string,
  launches: EngineParts["launches"],
  size: number | undefined,
): Record<string, string> {
  const fileName = (index: number) =>
    size === undefined ? "launch.json" : `${podName(name, Math.floor(index / size), index % size)}.json`;
  return Object.fromEntries(
    launches.map((launch, index) => [fileName(index), `${JSON.stringify(launch, undefined, 2)}\n`]),
  );
}

function bucketFolder(
  { name }: ModelPlan,
  { prefix }: WeightsPlan,
  aws: AwsPlatformSpec | undefined,
): ServingPlan["bucketFolder"] {
  if (aws === undefined || prefix === undefined) return undefined;
  return {
    path: `${weightsFolder}/${name}`,
    bucket: bucketNameOf(aws, "models"),
    region: aws.cloud.region,
    prefix,
  };
}

function roleOf({ name }: ModelPlan, { prefix }: WeightsPlan, aws: AwsPlatformSpec | undefined) {
  if (aws === undefined || prefix === undefined) return undefined;
  return servingRole(aws, { name: objectName(name), namespace: servingNamespace, prefix });
}
