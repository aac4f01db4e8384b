import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findInstanceType } from "../../../catalog/ec2/instances.ts";
import { gpu } from "../../../catalog/gpus.ts";
import type { ModelPlan } from "../../../planning/models.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import type { ServingPlan } from "../../../planning/serving/servingPlan.ts";
import { resourceOf } from "../../../planning/sharing.ts";
import type { ModelSpec } from "../../../spec/models.ts";
import { modelSchema } from "../../../spec/models.ts";
import { anyTeam } from "../../../spec/sections.ts";
import { awsSpec, identityService } from "../../support/foundation.ts";
import { propertyRuns } from "../../support/properties.ts";
import { anyModel, overTwoNodes, planned } from "../../support/servingModels.ts";

const numRuns = propertyRuns(300);
const spec = awsSpec("prod");

const { access: asking } = awsSpec("prod", { access: { forwardAuth: identityService } });

const specOf = (model: ModelPlan, more: Partial<ModelSpec> = {}) => ({
  ...spec,
  models: { [model.name]: { ...modelSchema.parse({ model: model.model }), ...more } },
});

function served(model: ModelPlan, more: Partial<ModelSpec> = {}): ServingPlan {
  const { plans, problems } = planServing(specOf(model, more), [model]);
  const [plan] = plans;
  if (plan === undefined) throw new Error(problems.join());
  return plan;
}

/** Those that Ollama's library has, or that Ollama doesn't serve. */
const anyServed = anyModel.filter((model) => planServing(specOf(model), [model]).plans.length === 1);

const mebibytes = (quantity: string | undefined) => {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity ?? "") ?? [];
  return Number(number) * (unit === "Gi" ? 1024 : 1);
};

const holds = (property: (model: ModelPlan, plan: ServingPlan) => void) =>
  fc.assert(
    fc.property(anyServed, (model) => property(model, served(model))),
    { numRuns },
  );

describe("any model", () => {
  test("asks for what placement counted with, to the last unit", () => {
    holds((model, { podsPerReplica, resources }) => {
      const { limits, requests } = resources;
      expect(podsPerReplica).toBe(1);
      expect(requests.cpu).toBe(`${model.milliCpus}m`);
      expect(mebibytes(requests.memory)).toBe(model.memoryMiB);
      const gpus = resourceOf(model.gpu?.sharing);
      expect(Number(requests[gpus] ?? 0)).toBe(model.gpu?.count ?? 0);
      expect(limits[gpus]).toBe(requests[gpus]);
      expect(limits).not.toHaveProperty("cpu");
    });
  });

  test("may write to memory-backed folders without coming near its limit of memory", () => {
    holds(({ memoryMiB }, { resources, volumes }) => {
      const inMemory = volumes.filter(({ medium }) => medium === "memory");
      const written = inMemory.reduce((sum, { sizeMiB }) => sum + sizeMiB, 0);
      expect(mebibytes(resources.limits.memory)).toBeGreaterThanOrEqual(memoryMiB + written);
    });
  });

  test("has a disk for its weights, and says why each folder is there", () => {
    holds((model, { bucketFolder, launches, store, volumes }) => {
      const weights = volumes.find(({ name }) => name === "weights");
      const streamed = launches.length > 0 && launches[0]?.weights.directory === null;
      expect(
        [weights !== undefined, store !== undefined, streamed, bucketFolder !== undefined].filter(Boolean),
      ).toHaveLength(1);
      if (weights) expect(weights.sizeMiB).toBeGreaterThan(model.memory.diskMiB);
      if (store) expect(store.sizeGiB * 1024).toBeGreaterThan(model.memory.diskMiB);
      for (const { why } of volumes) expect(why).toMatch(/\w/);
      expect(new Set(volumes.map(({ path }) => path)).size).toBe(volumes.length);
    });
  });

  test("that embeds is served for that and nothing else, and Ollama starts it with a text", () => {
    holds(({ task }, { health, launches, route, server }) => {
      for (const { engine, arguments: flags } of launches) {
        expect(flags.runner).toBe(engine === "vllm" && task === "embed" ? "pooling" : undefined);
      }
      if (server !== "ollama") return;
      expect(health.startCommand?.at(-1) === "").toBe(task === "generate");
      const paths = route?.allowed.map(({ path }) => path) ?? [];
      expect(paths.some((path) => path.includes("embed"))).toBe(route !== undefined && task === "embed");
    });
  });

  test("is waited for at least twice as long as it takes, and stops within what Kubernetes gives it", () => {
    holds((model, { launches, timing }) => {
      expect(timing.startLimitSeconds).toBeGreaterThanOrEqual(2 * timing.startSeconds);
      expect(timing.coldStartSeconds).toBeGreaterThan(timing.startSeconds);
      expect(timing.preStopSeconds + timing.drainSeconds).toBeLessThan(timing.graceSeconds);
      const spot = model.nodes.some(({ purchase }) => purchase === "spot");
      if (spot) expect(timing.graceSeconds).toBeLessThanOrEqual(120);
      for (const { engine, arguments: flags } of launches) {
        if (engine === "vllm") expect(flags["shutdown-timeout"]).toBe(timing.drainSeconds);
      }
    });
  });

  test("takes longer to start than its weights take through the node's whole network card", () => {
    holds((model, plan) => {
      const [node] = model.nodes;
      const gbps = findInstanceType(node?.instanceType ?? "")?.networkGbps ?? 0;
      if (plan.store !== undefined || node === undefined) return;
      const least = (model.memory.diskMiB * 2 ** 20 * 8) / (gbps * 1e9);
      expect(plan.timing.startSeconds).toBeGreaterThan(least);
    });
  });

  test("goes to nodes of its GPU only, tolerates their taint and no other, and prefers the planned types", () => {
    holds((model, { scheduling }) => {
      expect(scheduling.nodeSelector["ai-platform/gpu"]).toBe(model.gpu?.name);
      expect(scheduling.nodeSelector["ai-platform/role"]).toBe(model.gpu ? "gpu" : "cpu");
      expect(scheduling.tolerations.map(({ key }) => key)).toEqual(model.gpu ? ["nvidia.com/gpu"] : []);
      expect(scheduling.preferredTypes).toEqual(model.nodes.map(({ instanceType }) => instanceType));
      expect(scheduling.surge).toBe(model.gpu ? 0 : 1);
    });
  });

  test("is launched with what its memory was counted with", () => {
    holds(({ batch, deployment, gpu: planned }, { launches }) => {
      for (const { arguments: flags, engine, hardware } of launches) {
        expect(hardware.gpus).toBe(planned?.count);
        if (planned) {
          const { mig, memoryMiB } = gpu(planned.name);
          const slice = planned.sharing?.kind === "mig" ? mig[planned.sharing.profile] : undefined;
          expect(hardware.gpuMemoryMiB).toBe(slice?.memoryMiB ?? memoryMiB);
        }
        if (engine === "vllm") {
          expect(flags).toMatchObject({
            "gpu-memory-utilization": deployment.gpuMemoryUtilization,
            "max-model-len": deployment.context,
            "max-num-batched-tokens": batch?.tokens,
            "max-num-seqs": batch?.sequences,
          });
          const split =
            Number(flags["tensor-parallel-size"] ?? 1) * Number(flags["pipeline-parallel-size"] ?? 1);
          expect(split).toBe(hardware.gpus);
        } else {
          expect(flags["max-total-tokens"]).toBe(deployment.context);
          expect(Number(flags["max-input-tokens"])).toBeLessThan(deployment.context);
          expect(Number(flags["num-shard"] ?? 1)).toBe(hardware.gpus);
        }
      }
    });
  });

  test("is routed only below its own path, and never to what changes or tells of the server", () => {
    fc.assert(
      fc.property(anyServed, (model) => {
        const described = { ...specOf(model), access: asking };
        const [plan] = planServing(described, [model]).plans;
        expect(plan?.route?.prefix).toBe(`/models/${model.name}`);
        const open = plan?.route?.allowed ?? [];
        const reaches = (path: string) =>
          open.some(({ path: allowed, type }) =>
            type === "Exact" ? path === allowed : path === allowed || path.startsWith(`${allowed}/`),
          );
        for (const path of [
          "/api/delete",
          "/api/pull",
          "/api/create",
          "/api/push",
          "/api/copy",
          "/api/blobs/x",
        ])
          expect(reaches(path)).toBe(false);
        for (const path of [
          "/metrics",
          "/health",
          "/invocations",
          "/tokenize",
          "/sleep",
          "/v2/repository/index",
        ])
          expect(reaches(path)).toBe(false);
        expect(open.length).toBeGreaterThan(0);
      }),
      { numRuns },
    );
  });

  test("is routed without a key nowhere", () => {
    holds((_, { keyEnv, route }) => {
      expect(route === undefined).toBe(keyEnv === undefined);
      if (route) expect(route.auth).toBe("server");
    });
  });

  test("reads its own weights in AWS and nothing else", () => {
    holds((_, { launches, role }) => {
      const sources = [...new Set(launches.map(({ weights }) => weights.source))];
      expect(role !== undefined).toBe(sources.length > 0);
      for (const source of sources) {
        const prefix = source.replace("s3://ai-platform-prod-models/", "");
        expect(prefix).toMatch(/^weights\/[^/]+\/[^/]+\/(main|[0-9a-f]{40})$/);
        const text = JSON.stringify(role?.policies);
        expect(text).toContain(`:::ai-platform-prod-models/${prefix}/*"`);
        expect(text).not.toMatch(/s3:(Put|Delete)|:::ai-platform-prod-models\/\*/);
      }
    });
  });
});

describe("a revision", () => {
  const revision = "0123456789abcdef0123456789abcdef01234567";

  test("is that of the model's own files, not of somebody's copy of them", () => {
    const launchOf = (quantization: "awq" | "bf16") => {
      const model = planned("m", {
        model: "meta-llama/Llama-3.1-8B-Instruct",
        quantization,
        revision,
        gpus: ["L40S"],
      });
      if (model === undefined) throw new Error("it fits");
      return served({ ...model, nodes: [{ instanceType: "g6e.xlarge", purchase: "spot" }] }).launches[0];
    };
    expect(launchOf("bf16")).toMatchObject({ model: "meta-llama/Llama-3.1-8B-Instruct", revision });
    expect(launchOf("awq")).toMatchObject({
      model: "hugging-quants/Meta-Llama-3.1-8B-Instruct-AWQ-INT4",
      revision: null,
    });
  });
});

describe("one model", () => {
  const eight = planned("chat", { model: "Qwen/Qwen3-8B", gpus: ["L4"], quantization: "fp8" });
  if (eight === undefined) throw new Error("it fits");
  const on = (instanceType: string) => ({
    ...eight,
    nodes: [{ instanceType, purchase: "on-demand" as const }],
  });

  test("comes by way of local disk where there is one, else straight from S3", () => {
    expect(served(on("g6.xlarge")).launches[0]?.weights.directory).toBe("/models/chat");
    const streamed = served(on("m7i.large"));
    const [launch] = streamed.launches;
    expect(launch?.weights.directory).toBeNull();
    expect(launch?.arguments["load-format"]).toBe("runai_streamer");
    expect(streamed.resources.requests).not.toHaveProperty("ephemeral-storage");
  });

  test("that is large goes straight from S3, through buffers that hold its largest tensor and fit the pod", () => {
    const large = planned("large", {
      model: "meta-llama/Llama-3.3-70B-Instruct",
      gpus: ["A100-40"],
      quantization: "fp8",
    });
    if (large === undefined) throw new Error("it fits");
    const { launches, resources } = served({
      ...large,
      nodes: [{ instanceType: "p4d.24xlarge", purchase: "on-demand" }],
    });
    const loader = launches[0]?.arguments["model-loader-extra-config"];
    expect(loader).toMatchObject({ concurrency: 16, distributed: true });
    const buffer = Number(/"memory_limit":(\d+)/.exec(JSON.stringify(loader))?.[1]);
    expect(buffer).toBeGreaterThan(2 * 128_256 * 8192);
    expect(4 * buffer).toBeLessThan((mebibytes(resources.requests.memory) * 2 ** 20) / 2 + 1);
  });

  test("whose format vLLM makes while loading says so, one whose files are in it doesn't", () => {
    const flags = served(on("g6.xlarge")).launches[0]?.arguments ?? {};
    const made = planned("m", { model: "Qwen/Qwen2.5-7B-Instruct", gpus: ["L4"], quantization: "awq" });
    expect(made && served({ ...made, nodes: eight.nodes }).launches[0]?.arguments).not.toHaveProperty(
      "quantization",
    );
    expect(flags.quantization).toBe(
      served(on("g6.xlarge")).launches[0]?.model === "Qwen/Qwen3-8B" ? "fp8" : undefined,
    );
  });

  test("that needs more GPUs than a node has gets pods that find each other, each with its rank", () => {
    const two = overTwoNodes("large", 1);
    const plan = served(two);
    expect(plan.podsPerReplica).toBe(2);
    const asked = planServing(specOf(two, { autoscaling: { least: 1, most: 4 } }), [two]);
    expect(asked.plans[0]?.scaling).toBeUndefined();
    expect(asked.warnings.join()).toContain(
      "models.large.autoscaling asks for 1 to 4 replicas, but each is 2 pods on several nodes",
    );
    expect(plan.resources.limits["nvidia.com/gpu"]).toBe("8");
    expect(plan.launches.map(({ arguments: flags }) => [flags["node-rank"], flags.headless])).toEqual([
      [0, undefined],
      [1, true],
    ]);
    expect(Object.keys(plan.launchFiles)).toEqual(["large-0-0.json", "large-0-1.json"]);
    for (const { arguments: flags, hardware } of plan.launches) {
      expect(hardware.gpus).toBe(8);
      expect(flags).toMatchObject({
        nnodes: 2,
        "master-addr": "large-0-0.large-group.ai-models.svc.cluster.local",
      });
    }
  });

  test("without keys is asked about where somebody is named, who knows nothing of teams", () => {
    const warned = (model: ModelPlan, access: typeof asking) =>
      planServing({ ...specOf(model, { digest: "a".repeat(64) }), access }, [model]).warnings.filter((line) =>
        line.includes("access.forwardAuth"),
      );
    const teams = { a: { ...anyTeam, models: ["chat"] } };
    const ollama = planned("small", { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", engine: "ollama" });
    if (ollama === undefined || eight === undefined) throw new Error("they fit");
    expect(warned(ollama, asking)).toEqual([]);
    expect(warned(ollama, { ...asking, teams })).toEqual([
      `models.${ollama.name}: whoever access.forwardAuth lets in asks it at /models/${ollama.name}, whatever access.teams says of models and tokens`,
    ]);
    expect(warned(eight, asking)).toEqual([
      "access.forwardAuth: every server checks keys of its own, so nobody is asked",
    ]);
  });

  test("whose pods have a Service of their own leaves its name to no other model", () => {
    const two = overTwoNodes("large", 1);
    const other = { ...eight, name: "large-group" };
    expect(planServing({ ...spec, models: {} }, [two, other]).problems).toEqual([
      "models.large-group would be large-group in Kubernetes, which is the Service of the pods of models.large: rename one of them",
    ]);
    expect(
      planServing({ ...spec, models: {} }, [eight, { ...eight, name: `${eight.name}-group` }]).problems,
    ).toEqual([]);
  });

  test("behind Triton is a model repository and reads the bucket as a folder", () => {
    const plan = served(on("g6.xlarge"), { server: "triton" });
    expect(plan.server).toBe("triton");
    expect(Object.keys(plan.files)).toEqual([
      "/etc/triton/chat/config.pbtxt",
      "/etc/triton/chat/1/model.json",
    ]);
    expect(plan.bucketFolder).toMatchObject({ path: "/models/chat", bucket: "ai-platform-prod-models" });
    expect(JSON.parse(plan.files["/etc/triton/chat/1/model.json"] ?? "")).toMatchObject({
      model: "/models/chat",
      max_model_len: 8192,
    });
  });

  test("scales by what waits; from zero only where Kubernetes can, and says what a cold start costs", () => {
    const autoscaling = { least: 0, most: 4 };
    const described = specOf(eight, { autoscaling });
    const { plans, warnings } = planServing(described, [on("g6.xlarge")]);
    expect(plans[0]?.scaling).toMatchObject({ least: 1, most: 4 });
    expect(plans[0]?.scaling?.metrics.map(({ metric, target }) => [metric.name, target])).toEqual([
      ["vllm_requests_waiting", 25],
      ["vllm_queue_seconds_p95", 5],
    ]);
    expect(warnings.join()).toMatch(
      /keeps one replica .* a start from no node takes some \d+ s \(node 180 s/,
    );
    expect(served(on("g6.xlarge")).scaling).toBeUndefined();
    expect(plans[0]?.scaling?.down.stableSeconds).toBeGreaterThanOrEqual(
      plans[0]?.timing.coldStartSeconds ?? 0,
    );
  });

  test("has objects without dots in their names, which no other model's may have", () => {
    const named = (name: string) => ({ ...eight, name });
    const models = [named("qwen3.8b"), named("qwen3-8b")];
    const { plans, problems } = planServing({ ...spec, models: {} }, models);
    expect(plans.map(({ model, name, route }) => [model, name, route?.prefix])).toEqual([
      ["qwen3.8b", "qwen3-8b", "/models/qwen3.8b"],
      ["qwen3-8b", "qwen3-8b", "/models/qwen3-8b"],
    ]);
    expect(problems).toEqual([
      "models.qwen3-8b and models.qwen3.8b would both be qwen3-8b in Kubernetes: rename one of them",
    ]);
  });

  test("is waited for unless its nodes start from zero", () => {
    const of = (...fromZero: string[]) =>
      planServing(specOf(eight), [eight], { fromZero: new Set(fromZero) }).plans.map(
        ({ awaited }) => awaited,
      );
    expect([of(), of("another"), of(eight.name)]).toEqual([[true], [true], [false]]);
  });

  test("is told to be legacy on TGI, and unpinned where Ollama's tag is not pinned", () => {
    const tgi = planned("old", {
      model: "mistralai/Mixtral-8x7B-Instruct-v0.1",
      engine: "tgi",
      gpus: ["A100-40"],
    });
    const small = planned("small", { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", engine: "ollama" });
    if (tgi === undefined || small === undefined) throw new Error("they fit");
    expect(planServing(specOf(tgi), [tgi]).warnings.join()).toContain("archived");
    expect(planServing(specOf(small), [small]).warnings.join()).toContain("pin its manifest's digest");
    const digest = "a".repeat(64);
    const pinned = planServing(specOf(small, { digest }), [small]);
    expect(pinned.warnings).toEqual([]);
    expect(pinned.plans[0]?.store).toMatchObject({ digest, tag: "tinyllama:1.1b-chat-v1-q4_K_M" });
  });
});
