import { expect } from "vitest";
import type { PlatformPlan } from "../../../planning/plan.ts";
import type { SimulatedAws } from "../../../sandbox/aws/server.ts";
import type { ClusterApi, KubeObject } from "../../sandbox/support/cluster-api.ts";
import { openCluster } from "./cluster.ts";
import { gpuResource, nameLabel, type Placed, placedPods, servedBy } from "./models.ts";

const namespace = "shrunk";
const pods = `/api/v1/namespaces/${namespace}/pods`;
/** Label of nodes that are made here. */
const madeFor = "test/made-for";

/**
 * No pod fits by luck. A copy of each model's pod that may go to nodes like its own, but one with a GPU less, or a CPU less on
 * CPUs, and one with a MiB less than it asks for, stays pending, and the scheduler says what is missing on which; it runs as
 * soon as there is one whole node of the planned type.
 */
export async function expectNoLuck(aws: SimulatedAws, plan: PlatformPlan): Promise<void> {
  const api = await openCluster(aws);
  const placed = await placedPods(api, plan);
  await api.create("/api/v1/namespaces", { metadata: { name: namespace } });
  for (const model of plan.models) {
    const { name } = servedBy(plan.serving.plans, model);
    const own = placed.find(({ pod }) => pod.metadata.labels[nameLabel] === name);
    if (own === undefined) throw new Error(`${name} has no pod`);
    const scarce = model.gpu ? gpuResource(model.gpu) : "cpu";
    await makeNode(api, name, own, scarce);
    await makeNode(api, name, own, "memory");
    await api.create(pods, copyOf(name, own));
    const { status } = await api.waitFor(`${pods}/${name}`, judgedOn);
    const message = status?.conditions?.find(({ type }) => type === "PodScheduled")?.message ?? "";
    for (const short of [scarce, "memory"]) expect(message, name).toContain(`1 Insufficient ${short}`);
    await makeNode(api, name, own);
    await api.waitFor(`${pods}/${name}`, (pod) => pod.status?.phase === "Running");
  }
  await api.remove(`/api/v1/nodes?labelSelector=${encodeURIComponent(madeFor)}`);
  await api.remove(`/api/v1/namespaces/${namespace}`);
}

/** Whether the scheduler has looked at both nodes that were made for a pod. */
function judgedOn({ status }: KubeObject): boolean {
  const message = status?.conditions?.find(({ type }) => type === "PodScheduled")?.message;
  return message?.match(/1 Insufficient /g)?.length === 2;
}

/** A node like the one that a pod runs on, with less of a resource than the pod asks for, or whole. */
async function makeNode(api: ClusterApi, name: string, { node, pod }: Placed, short?: string): Promise<void> {
  const requested = pod.spec.containers[0].resources.requests[short ?? ""];
  const { allocatable } = node.status;
  const left =
    short === undefined || requested === undefined
      ? allocatable
      : { ...allocatable, [short]: lessThan(requested) };
  await api.create("/api/v1/nodes", {
    metadata: {
      name: `${name}-${short?.split("/").at(-1) ?? "whole"}`,
      labels: { ...node.metadata.labels, [madeFor]: name },
      // Without those of its cards: no device plugin corrects what it offers.
      annotations: { "kwok.x-k8s.io/node": "fake" },
    },
    spec: { taints: node.spec.taints },
    status: { capacity: left, allocatable: left },
  });
}

/** `7168Mi` is one MiB too much for `7167Mi`, `4` GPUs for `3`, `2000m` of CPU for `1999m`, `4` for `3`. */
const lessThan = (quantity: string) => quantity.replace(/^\d+/, (number) => String(Number(number) - 1));

/** What the scheduler reads of a pod, without volumes and neighbours, for the nodes that were made for it. */
function copyOf(name: string, { pod }: Placed) {
  const { requests } = pod.spec.containers[0].resources;
  return {
    metadata: { name },
    spec: {
      nodeSelector: { ...pod.spec.nodeSelector, [madeFor]: name },
      tolerations: pod.spec.tolerations,
      containers: [{ name: "model", image: "model", resources: { requests, limits: requests } }],
    },
  };
}
