import { describe, expect, test } from "vitest";
import { nodesOfPipeline } from "../../catalog/models/parallelism.ts";
import { planPlatform } from "../../planning/plan.ts";
import type { AwsPlatformInput } from "../../spec/platform.ts";
import { saidOf } from "../support/faults.ts";
import { awsSpec } from "../support/foundation.ts";

/** Models of which each replica is spread over several nodes. */

const model = {
  model: "meta-llama/Llama-3.3-70B-Instruct",
  quantization: "bf16" as const,
  gpus: ["H100" as const],
  tensorParallel: 8,
  pipelineParallel: 2,
  replicas: 1,
};
const reserved = (letter: string, zone: string, count: number) => ({
  id: `cr-0a1b2c3d4e5f6071${letter}`,
  instanceType: "p5.48xlarge",
  zone,
  count,
});

const planned = (reservations: readonly ReturnType<typeof reserved>[], more: Partial<typeof model> = {}) =>
  planPlatform(
    awsSpec("prod", {
      capacity: { reservations: [...reservations] },
      models: { large: { ...model, ...more } },
    }),
  );

test.each([
  [8, 2, 8, 2],
  [4, 4, 8, 2],
  [2, 3, 8, undefined],
  [4, 2, 8, undefined],
  [8, 3, 8, 3],
  // Three stages on two nodes would be one and a half each.
  [4, 3, 8, undefined],
  [16, 2, 8, undefined],
])("%i GPUs by %i stages on nodes of %i take %s nodes", (tensor, pipeline, most, nodes) => {
  expect(nodesOfPipeline(tensor, pipeline, most)).toBe(nodes);
});

describe("a model over two nodes", () => {
  test("is placed on as many as are reserved in one zone, served by a pod on each, and held to that zone", async () => {
    const plan = await planned([reserved("a", "us-east-1b", 4)], { replicas: 2 });
    expect(plan.problems).toEqual([]);
    expect(plan.models).toMatchObject([
      {
        name: "large",
        replicas: 2,
        podsPerReplica: 2,
        zone: "us-east-1b",
        spread: "none",
        gpu: { name: "H100", count: 16 },
        nodes: [{ instanceType: "p5.48xlarge", purchase: "reservation" }],
      },
    ]);
    const nodes = plan.infrastructure?.placement.nodes.filter(({ pods }) => pods.includes("large")) ?? [];
    expect(nodes.map(({ pods, zone }) => [pods, zone])).toEqual(
      Array.from({ length: 4 }, () => [["large"], "us-east-1b"]),
    );
    const [served] = plan.serving.plans;
    expect(served).toMatchObject({ replicas: 2, podsPerReplica: 2 });
    expect(served?.scheduling.nodeSelector).toMatchObject({
      "ai-platform/gpu": "H100",
      "topology.kubernetes.io/zone": "us-east-1b",
    });
    expect(served?.resources.requests).toMatchObject({ "nvidia.com/gpu": "8", cpu: "9000m" });
    const group = plan.infrastructure?.nodeGroups.find(({ pods }) => "large" in pods);
    expect(group?.pods).toEqual({ large: 4 });
    expect(group?.zones).toEqual(["us-east-1b"]);
    // Nodes on demand may come up in any zone.
    expect(group?.fallbacks).toEqual([]);
  }, 60_000);

  test("is refused without nodes that are in one zone, and with too few in any", async () => {
    const without = await planned([]);
    expect(without.problems.join("\n")).toContain(
      "large has no node: no offer with H100 has all its nodes in one zone, as a reservation and a capacity block do",
    );
    const few = await planned([reserved("a", "us-east-1b", 1)]);
    expect(few.problems.join("\n")).toMatch(/large has no node/);
    const apart = await planned([reserved("a", "us-east-1a", 1), reserved("b", "us-east-1b", 1)]);
    expect(apart.problems).toEqual([
      "models.large: 2 nodes serve a replica together and must be in one zone: reserve 2 in one",
    ]);
  }, 60_000);

  test("keeps to one node where another of its GPUs has room on one", async () => {
    const { models } = await planned([reserved("a", "us-east-1b", 2)], {
      tensorParallel: 4,
    });
    expect(models).toMatchObject([{ podsPerReplica: 1, zone: undefined, gpu: { count: 8 } }]);
  }, 60_000);
});

test.each<[string, Partial<NonNullable<AwsPlatformInput["models"]>[string]>]>([
  ["by Triton", { server: "triton" }],
  ["with a layer over more GPUs than a node has", { tensorParallel: 16, pipelineParallel: 1 }],
  ["without saying how many GPUs a layer takes", { tensorParallel: undefined, pipelineParallel: 16 }],
])("several nodes %s are refused by the description", (_, more) => {
  const { replicas: _replicas, ...rest } = model;
  const said = saidOf(
    {
      environment: "prod",
      ownership: { owner: "t", costCenter: "c" },
      cloud: { region: "us-east-1" },
      gateway: { host: "ai.example.com" },
      models: { large: { ...rest, ...more } },
    },
    "test",
  );
  expect(said).toContain("makes 16 GPUs, and no node has more than 8");
});
