import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bakingProblems, planBaked } from "../../../planning/data/baked.ts";
import type { ModelPlan } from "../../../planning/models.ts";
import { fitName } from "../../../planning/names.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import { modelSchema } from "../../../spec/models.ts";
import { awsSpec } from "../../support/foundation.ts";
import { anyModel, planned } from "../../support/servingModels.ts";

const revision = "c0ffee".padEnd(40, "0");

/** A model in prod whose weights are in its image. */
function served(model: ModelPlan) {
  const spec = {
    ...awsSpec("prod"),
    models: { [model.name]: modelSchema.parse({ model: model.model, weights: "baked" }) },
  };
  const { plans, staging, warnings } = planServing(spec, [model]);
  return { spec, staging, warnings, plans, baked: () => planBaked(spec, [model], plans, ["linux/amd64"]) };
}

describe("a model in an image", () => {
  test("needs no volume, no Job, no bucket, no right and no stream", () => {
    fc.assert(
      fc.property(anyModel, (model) => {
        fc.pre(model.engine !== "tgi");
        const { plans, staging } = served(model);
        for (const plan of plans) {
          expect(plan.image).toEqual({ kind: "baked", model: model.name });
          expect([plan.store, plan.role, plan.bucketFolder, plan.gated]).toEqual([
            undefined,
            undefined,
            undefined,
            false,
          ]);
          expect(plan.volumes.map(({ name }) => name)).not.toContain("weights");
          expect(plan.resources.requests["ephemeral-storage"]).toBeUndefined();
          for (const { arguments: flags, weights } of plan.launches) {
            expect(weights).toEqual({ directory: `/opt/models/${model.name}`, source: "hub" });
            expect(flags["load-format"]).toBeUndefined();
          }
        }
        expect(staging).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test("is named by what the model is, and built from what is pinned", () => {
    const model = planned("chat", { model: "Qwen/Qwen3-8B", engine: "vllm", revision });
    if (model === undefined) throw new Error("it fits");
    expect(served(model).baked()).toMatchObject([
      {
        repository: "ai-platform-prod/vllm/qwen/qwen3-8b",
        version: "c0ffee000000-bf16",
        source: "m2m/images/vllm",
        contexts: { bake: "m2m/bake", entrypoint: "m2m/entrypoint" },
        buildArgs: { MODEL: "Qwen/Qwen3-8B", REVISION: revision, DIRECTORY: "/opt/models/chat" },
        gated: false,
      },
    ]);
  });

  test("of Ollama's library is named by its tag there", () => {
    const model = planned("tiny", {
      model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
      engine: "ollama",
      quantization: "q4_K_M",
    });
    if (model === undefined) throw new Error("it fits");
    const { baked, plans, warnings } = served(model);
    const [image] = baked();
    expect(image).toMatchObject({
      repository: "ai-platform-prod/ollama/tinyllama",
      version: "1.1b-chat-v1-q4_K_M",
      source: "m2m/images/ollama",
      contexts: {},
      buildArgs: {
        MODEL: "tinyllama:1.1b-chat-v1-q4_K_M",
        MANIFEST: "/opt/models/manifests/registry.ollama.ai/library/tinyllama/1.1b-chat-v1-q4_K_M",
        DIGEST: "",
      },
    });
    expect(fitName("ecr-repository", image?.repository ?? "")).toBe(image?.repository);
    expect(plans[0]?.env.OLLAMA_MODELS).toBe("/opt/models");
    expect(warnings.join()).toContain("its image has what Ollama's tag points to when it is first built");
  });

  test("is refused where ECR takes no layer of that size", () => {
    const model = planned("chat", { model: "Qwen/Qwen3-8B", engine: "vllm", revision });
    if (model === undefined) throw new Error("it fits");
    const { plans } = served(model);
    const weighing = (diskMiB: number) =>
      bakingProblems([{ ...model, memory: { ...model.memory, diskMiB } }], plans);
    expect(weighing(52_000)).toEqual([]);
    expect(weighing(52_001)).toEqual([
      "models.chat.weights: baked makes one layer of 52001 MiB, and ECR takes at most 52000: leave it at fetched",
    ]);
  });

  test("takes a node's disk twice, packed and unpacked", () => {
    const disk = (weights?: "baked") =>
      planned("chat", { model: "Qwen/Qwen3-8B", engine: "vllm", revision, ...(weights ? { weights } : {}) });
    const [fetched, baked] = [disk(), disk("baked")].map((model) => model?.diskGiB ?? 0);
    expect(baked).toBeGreaterThan(1.9 * (fetched ?? 0));
  });
});
