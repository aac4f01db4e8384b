import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { allocatable } from "../../catalog/ec2/allocatable.ts";
import { findInstanceType } from "../../catalog/ec2/instances.ts";
import { Serving } from "../../components/serving/serving.ts";
import type { NodeGroupPlan } from "../../planning/infrastructure.ts";
import { type PlatformPlan, planPlatform } from "../../planning/plan.ts";
import { awsSpec } from "../support/foundation.ts";
import { eventually, kubectlOutput } from "../support/local.ts";
import { type Rendered, render } from "../support/render.ts";

/** A model over two reserved nodes, as it is planned and rendered, by the real API server and the real scheduler. */

const minutes = (count: number) => count * 60_000;

/** In place of the models' own, where the local platform's are. */
const namespace = "several-nodes";
const zone = "us-east-1b";
const elsewhere = "us-east-1a";
const nodes = ["several-a-1", "several-b-1", "several-b-2"] as const;
/** Nothing is mounted on nodes that KWOK plays. */
const kinds = ["PodDisruptionBudget", "Service", "ServiceAccount", "StatefulSet"];

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ nodeName: z.string().optional() }),
      status: z.object({
        phase: z.string(),
        conditions: z.array(z.object({ message: z.string().optional() })).default([]),
      }),
    }),
  ),
});

async function pods() {
  const asked = ["get", "pods", `--namespace=${namespace}`, "--output=json"];
  const { items } = podList.parse(JSON.parse(await kubectlOutput(...asked)));
  return items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    node: spec.nodeName,
    phase: status.phase,
    why: status.conditions.map(({ message }) => message ?? "").join(" "),
  }));
}

/** A node of the group as it joins, which KWOK plays. */
function nodeOf({ instanceTypes, labels, taints }: NodeGroupPlan, name: string, at: string) {
  const type = findInstanceType(instanceTypes[0]);
  if (type?.gpu === undefined) throw new Error("no GPU");
  const { memoryMiB, milliCpus, pods: most } = allocatable(type);
  const room = { cpu: `${milliCpus}m`, memory: `${memoryMiB}Mi`, pods: `${most}` };
  const size = { ...room, "ephemeral-storage": "1Ti", "nvidia.com/gpu": `${type.gpu.count}` };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake" },
      labels: {
        ...labels,
        "kubernetes.io/hostname": name,
        "node.kubernetes.io/instance-type": type.name,
        "topology.kubernetes.io/zone": at,
      },
    },
    // EKS has names of its own for the effect.
    spec: { taints: taints.map((taint) => ({ ...taint, effect: "NoSchedule" })) },
    status: { capacity: size, allocatable: size },
  };
}

describe.sequential("a model over two nodes", () => {
  let folder = "";
  let group: NodeGroupPlan;

  /** Creates, and never changes. */
  async function create(...objects: object[]): Promise<void> {
    const file = join(folder, "objects.json");
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    await kubectlOutput("create", `--filename=${file}`);
  }

  const joins = (name: (typeof nodes)[number], at: string) => create(nodeOf(group, name, at));

  /** Also what a run that was killed has left. */
  async function clear(): Promise<void> {
    const gone = ["--ignore-not-found", "--timeout=60s"];
    const within = ["--all", `--namespace=${namespace}`, ...gone];
    await kubectlOutput("delete", "statefulsets", ...within);
    await kubectlOutput("delete", "pods", ...within, "--force");
    await kubectlOutput("delete", "namespace", namespace, ...gone);
    await kubectlOutput("delete", "nodes", ...nodes, ...gone);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "several-nodes-"));
    const plan = await planPlatform(
      awsSpec("prod", {
        capacity: {
          reservations: [{ id: "cr-0a1b2c3d4e5f60718", instanceType: "p5.48xlarge", zone, count: 2 }],
        },
        models: {
          large: {
            model: "meta-llama/Llama-3.3-70B-Instruct",
            ...{ quantization: "bf16", gpus: ["H100"], tensorParallel: 8, pipelineParallel: 2, replicas: 1 },
          },
        },
      }),
    );
    expect(plan.problems).toEqual([]);
    const carrying = plan.infrastructure?.nodeGroups.find(({ pods: carried }) => "large" in carried);
    if (carrying === undefined) throw new Error("no node group carries it");
    group = carrying;
    // Made by the platform, once per cluster.
    await kubectlOutput("get", "priorityclass", "ai-platform-serving");
    await clear();
    const enforced = { "pod-security.kubernetes.io/enforce": "restricted" };
    await create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: enforced } });
    await create(...objectsOf(await rendered(plan)));
  }, minutes(3));

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await clear();
  }, minutes(2));

  test(
    "waits for its second node, also where one of another zone is free",
    async () => {
      await joins("several-b-1", zone);
      await joins("several-a-1", elsewhere);
      await eventually(60, async () => {
        const [running, waiting] = (await pods()).sort((a, b) => (a.phase > b.phase ? -1 : 1));
        expect([running?.phase, running?.node]).toEqual(["Running", "several-b-1"]);
        expect(waiting).toMatchObject({ phase: "Pending", node: undefined });
        expect(waiting?.why).toContain("Insufficient nvidia.com/gpu");
      });
    },
    minutes(2),
  );

  test(
    "has a pod on each when it is there",
    async () => {
      await joins("several-b-2", zone);
      await eventually(60, async () => {
        const found = await pods();
        expect(found.map(({ name }) => name).sort()).toEqual(["large-0-0", "large-0-1"]);
        expect(found.map(({ phase }) => phase)).toEqual(["Running", "Running"]);
        expect(found.map(({ node }) => node).sort()).toEqual(["several-b-1", "several-b-2"]);
      });
    },
    minutes(2),
  );
});

const rendered = ({ labels, serving }: PlatformPlan): Promise<Rendered[]> =>
  render(
    () =>
      new Serving("serving", {
        plans: serving.plans,
        namespace: "ai-models",
        labels,
        entrypoint: {},
        pull: "",
        imageOf: () => ({ ref: "example.com/vllm:v0", after: [] }),
        gateway: { namespace: "ai-gateway", app: "traefik" },
        clients: () => [],
        protectState: false,
        aws: { clusterName: "c", tags: {} },
      }),
  );

/** What runs, in the namespace of this test. */
const objectsOf = (resources: readonly Rendered[]): object[] =>
  resources
    .filter(({ inputs }) => kinds.includes(inputs.kind))
    .map(({ inputs }) => ({ ...inputs, metadata: { ...inputs.metadata, namespace } }));
