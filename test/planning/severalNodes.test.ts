import { describe, expect, test } from "vitest";
import type { GpuName } from "../../catalog/gpus.ts";
import { findModel } from "../../catalog/models/models.ts";
import { nodesOfPipeline } from "../../catalog/models/parallelism.ts";
import { planPlatform } from "../../planning/plan.ts";
import { sizeModel } from "../../planning/sizing/models.ts";
import { renderPlan } from "../../report/plan/text.ts";
import { modelSchema } from "../../spec/models.ts";
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

  test("is refused without nodes that are reserved, and with too few in any zone", async () => {
    const without = await planned([]);
    expect(without.problems).toEqual([
      "models.large (meta-llama/Llama-3.3-70B-Instruct) fits nowhere: H100/bf16: no node has 16 of them, and no reservation or capacity block has several nodes",
    ]);
    const apart = await planned([reserved("a", "us-east-1a", 1), reserved("b", "us-east-1b", 1)]);
    expect(apart.problems.join("\n")).toMatch(
      /^large has no node: .*2 nodes needed in one zone, one for each pod; p5\.48xlarge\/reservation\/cr-\w+ has 1$/,
    );
    // Two replicas in two zones would be four pods of which any could take another's place.
    const both = [reserved("a", "us-east-1a", 2), reserved("b", "us-east-1b", 2)];
    const two = await planned(both, { replicas: 2 });
    expect(two.problems.join("\n")).toContain("4 nodes needed in one zone");
  }, 60_000);

  test("is placed where there are enough, also when there are some elsewhere", async () => {
    for (const zone of ["us-east-1a", "us-east-1b"]) {
      const other = zone === "us-east-1a" ? "us-east-1b" : "us-east-1a";
      const { models, problems } = await planned([reserved("a", other, 1), reserved("b", zone, 2)]);
      expect(problems).toEqual([]);
      expect(models).toMatchObject([{ podsPerReplica: 2, zone }]);
    }
  }, 60_000);

  test("is split by the nodes that are reserved, in whatever way its environment buys others", async () => {
    const smaller = { ...reserved("a", "us-east-1a", 4), instanceType: "g6e.12xlarge" };
    const capacity = { reservations: [smaller] };
    const large = { ...model, gpus: ["L40S" as const], tensorParallel: 4, pipelineParallel: 4 };
    const { models, problems, serving } = await planPlatform(awsSpec("dev", { capacity, models: { large } }));
    expect(problems).toEqual([]);
    expect(models).toMatchObject([{ podsPerReplica: 4, gpu: { name: "L40S", count: 16 } }]);
    const [served] = serving.plans;
    // Four processes and the server's own on each node, and 2 GiB of shared memory for each GPU.
    expect(served?.resources.requests).toMatchObject({ "nvidia.com/gpu": "4", memory: "16384Mi" });
    expect(served?.volumes).toContainEqual(expect.objectContaining({ name: "shm", sizeMiB: 8192 }));
    const uneven = { ...large, pipelineParallel: 5 };
    const refused = await planPlatform(
      awsSpec("dev", {
        capacity: { reservations: [reserved("a", "us-east-1a", 3)] },
        models: { large: { ...uneven, gpus: ["H100"] } },
      }),
    );
    expect(refused.problems.join("\n")).toContain("5 groups of 4 don't come out even on nodes of 8");
  }, 60_000);

  test("tells people of both numbers, and of its zone in prod", async () => {
    const plan = await planned([reserved("a", "us-east-1b", 2)]);
    expect(renderPlan(plan, { color: false, why: false })).toContain("1 x 2 x 8 H100");
    expect(plan.warnings).toContain("all nodes are in one zone, and gone with it: large");
  }, 60_000);

  test("keeps to one node where another kind of GPU has room on one", () => {
    const spec = modelSchema.parse({ ...model, gpus: ["A100-80", "H100"] });
    const known = findModel(model.model);
    if (known === undefined) throw new Error("not in the catalog");
    const request = {
      name: "m",
      spec,
      architecture: known,
      known,
      prod: false,
      purchase: ["on-demand" as const],
    };
    const supply = new Map<GpuName, number>([
      ["A100-80", 16],
      ["H100", 8],
    ]);
    const there = { gpu: "H100" as const, perNode: 8, zone: "us-east-1b" };
    const { candidates, refusals } = sizeModel({ ...request, reserved: [there] }, supply);
    expect([...candidates.keys()]).toEqual(["16xA100-80/bf16"]);
    expect(refusals).toEqual([{ id: "16xH100/bf16@us-east-1b", reason: "takes 2 nodes, others take 1" }]);
  });
});

test.each<[string, string, Partial<NonNullable<AwsPlatformInput["models"]>[string]>]>([
  ["by Triton", "all must be in one", { server: "triton" }],
  [
    "with a group on more than one",
    "those of one group must be in one",
    { tensorParallel: 16, pipelineParallel: 1 },
  ],
  ["without their size", "name tensorParallel too", { tensorParallel: undefined, pipelineParallel: 16 }],
])("groups of GPUs on several nodes %s are refused by the description: %s", (_, why, more) => {
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
  expect(said).toContain(why);
});
