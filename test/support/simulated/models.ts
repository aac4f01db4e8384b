import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { z } from "zod";
import type { ModelPlan } from "../../../planning/models.ts";
import type { PlatformPlan } from "../../../planning/plan.ts";
import type { ServingPlan } from "../../../planning/serving/servingPlan.ts";
import { resourceOf, sharingLabel, sharingName } from "../../../planning/sharing.ts";
import type { SimulatedAws } from "../../../sandbox/aws/server.ts";
import type { ClusterApi } from "../../sandbox/support/cluster-api.ts";
import { listed, openCluster } from "./cluster.ts";

const labels = z.record(z.string(), z.string());
const podSchema = z.object({
  metadata: z.object({ name: z.string(), labels }),
  /** All of what the scheduler reads. */
  spec: z.looseObject({
    nodeName: z.string().optional(),
    nodeSelector: labels.default({}),
    containers: z.tuple([z.object({ resources: z.object({ requests: labels }) })]),
  }),
  status: z.object({
    phase: z.string(),
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
      .default([]),
  }),
});
type Pod = z.infer<typeof podSchema>;
const nodeSchema = z.object({
  metadata: z.object({ name: z.string(), labels }),
  spec: z.object({
    taints: z
      .array(z.object({ key: z.string(), effect: z.string(), value: z.string().optional() }))
      .default([]),
  }),
  status: z.object({ allocatable: labels }),
});
type Node = z.infer<typeof nodeSchema>;

export const nameLabel = "app.kubernetes.io/name";
const typeLabel = "node.kubernetes.io/instance-type";
const zoneLabel = "topology.kubernetes.io/zone";

/** Each pod of each model with the node that it runs on. */
export interface Placed {
  readonly pod: Pod;
  readonly node: Node;
}

/**
 * Every model's pods run, as many as planned, each on a node of a type that the plan has them on, in as many zones and on
 * as many nodes as their spread asks for; GPU nodes are tainted, and no more GPUs are given out than a node has.
 */
export async function expectModelsPlaced(aws: SimulatedAws, plan: PlatformPlan): Promise<void> {
  const api = await openCluster(aws);
  const { plans, staging } = plan.serving;
  const placed = await placedPods(api, plan);
  for (const model of plan.models) {
    const served = servedBy(plans, model);
    const own = placed.filter(({ pod }) => pod.metadata.labels[nameLabel] === served.name);
    expect([model.name, own.length]).toEqual([model.name, model.replicas * served.podsPerReplica]);
    const types = own.map(({ node }) => node.metadata.labels[typeLabel] ?? "");
    const planned = model.nodes.map(({ instanceType }) => instanceType);
    expect(planned, model.name).toEqual(expect.arrayContaining(types));
    expectSpread(model, own);
    expectGpus(model, own);
  }
  for (const { name, status } of await listed(api, "/apis/batch/v1/namespaces/ai-weights/jobs", jobSchema)) {
    expect([name, status.succeeded]).toEqual([name, 1]);
  }
  expect(await listed(api, "/apis/batch/v1/namespaces/ai-weights/jobs", jobSchema)).toHaveLength(
    staging.length,
  );
  for (const node of new Set(placed.map((each) => each.node))) expectRoom(node, placed);
}

const jobSchema = z
  .object({
    metadata: z.object({ name: z.string() }),
    status: z.object({ succeeded: z.number().optional() }),
  })
  .transform(({ metadata, status }) => ({ name: metadata.name, status }));

function expectSpread({ name, spread }: ModelPlan, own: readonly Placed[]): void {
  const nodes = new Set(own.map(({ node }) => node.metadata.name));
  const zones = count(own.map(({ node }) => node.metadata.labels[zoneLabel] ?? ""));
  if (spread === "none") return;
  expect([name, nodes.size]).toEqual([name, own.length]);
  if (spread === "node") return;
  // No zone has two more than another that could have taken them; two replicas are in two.
  expect(Math.max(...zones.values()), name).toBeLessThanOrEqual(Math.ceil(own.length / zones.size));
  expect(zones.size, name).toBeGreaterThanOrEqual(Math.min(2, own.length));
}

function expectGpus({ gpu, name }: ModelPlan, own: readonly Placed[]): void {
  for (const { node, pod } of own) {
    const { requests } = pod.spec.containers[0].resources;
    const devices = Object.keys(requests).filter((resource) => resource.startsWith("nvidia.com/"));
    const requested = Number(requests[gpuResource(gpu)] ?? 0);
    const tainted = node.spec.taints.some(
      ({ effect, key }) => [key, effect].join() === "nvidia.com/gpu,NoSchedule",
    );
    const { "ai-platform/gpu": card, [sharingLabel]: sharing } = node.metadata.labels;
    expect([name, requested, card, sharing, tainted]).toEqual([
      name,
      gpu?.count ?? 0,
      gpu?.name,
      gpu?.sharing && sharingName(gpu.sharing),
      gpu !== undefined,
    ]);
    expect([name, devices]).toEqual([name, gpu ? [gpuResource(gpu)] : []]);
  }
}

function expectRoom(node: Node, placed: readonly Placed[]): void {
  const taken = new Map<string, number>();
  for (const { pod } of placed.filter((each) => each.node === node)) {
    for (const [resource, amount] of Object.entries(pod.spec.containers[0].resources.requests)) {
      if (resource.startsWith("nvidia.com/"))
        taken.set(resource, (taken.get(resource) ?? 0) + Number(amount));
    }
  }
  for (const [resource, amount] of taken) {
    const there = Number(node.status.allocatable[resource] ?? 0);
    expect(amount, `${resource} of ${node.metadata.name}`).toBeLessThanOrEqual(there);
  }
}

/** What its pods ask for. */
export const gpuResource = (gpu: ModelPlan["gpu"]) => resourceOf(gpu?.sharing);

/** How a model is served. */
export function servedBy(plans: readonly ServingPlan[], { name }: Pick<ModelPlan, "name">): ServingPlan {
  const served = plans.find(({ model }) => model === name);
  if (served === undefined) throw new Error(`${name} is not served`);
  return served;
}

/** Waits until every pod of every model runs: nodes may have to come for them. */
export async function placedPods(api: ClusterApi, { serving }: PlatformPlan): Promise<Placed[]> {
  const wanted = serving.plans.reduce(
    (sum, { podsPerReplica, replicas }) => sum + podsPerReplica * replicas,
    0,
  );
  const names = new Set(serving.plans.map(({ name }) => name));
  const until = Date.now() + 90_000;
  for (;;) {
    const nodes = await listed(api, "/api/v1/nodes", nodeSchema);
    const pods = (await listed(api, "/api/v1/namespaces/ai-models/pods", podSchema)).filter(
      ({ metadata, status }) => names.has(metadata.labels[nameLabel] ?? "") && status.phase !== "Succeeded",
    );
    const placed = pods.flatMap((pod) => {
      const node = nodes.find(({ metadata }) => metadata.name === pod.spec.nodeName);
      return node === undefined || pod.status.phase !== "Running" ? [] : [{ node, pod }];
    });
    if (placed.length === wanted && pods.length === wanted) return placed;
    if (Date.now() > until) {
      throw new Error(`${placed.length} of ${wanted} pods run: ${pods.map(stateOf).join("; ")}`);
    }
    await sleep(500);
  }
}

const stateOf = ({ metadata, status }: Pod) =>
  `${metadata.name} ${status.phase} ${status.conditions.map(({ message }) => message ?? "").join(" ")}`;

function count(values: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
