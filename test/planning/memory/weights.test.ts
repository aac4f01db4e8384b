import { describe, expect, test } from "vitest";
import { gpus } from "../../../catalog/gpus.ts";
import { quantizations } from "../../../catalog/quantizations.ts";
import { diskMiB, weightBytesPerGpu } from "../../../planning/memory/weights.ts";
import { knownModel } from "../../catalog/support/knownModel.ts";
import { deployment } from "./support/deployment.ts";

const mib = 1024 ** 2;
const gib = 1024 ** 3;

const llama8b = knownModel("meta-llama/Llama-3.1-8B-Instruct");
const r1 = knownModel("deepseek-ai/DeepSeek-R1");

/** Bytes of `tensorParallel` x `pipelineParallel` shares of a model. */
function share(
  id: string,
  name: keyof typeof quantizations,
  tensorParallel = 1,
  pipelineParallel = 1,
): number {
  return weightBytesPerGpu(knownModel(id), quantizations[name], { tensorParallel, pipelineParallel });
}

describe("weights on the fullest GPU", () => {
  test("Llama 3.1 8B in bf16: 8.030 billion * 2 B = 14.96 GiB", () => {
    expect(share(llama8b.id, "bf16") / gib).toBeCloseTo(14.96, 2);
  });

  test("Llama 3.1 8B in fp8: 6.979 billion * 1 B, and 1.051 billion of embedding and head * 2 B = 8.46 GiB", () => {
    expect(share(llama8b.id, "fp8") / gib).toBeCloseTo((6.979e9 + 1.0507e9 * 2) / gib, 2);
  });

  test("a tied matrix is there once: Llama 3.2 1B has 1.236 billion * 2 B = 2.30 GiB", () => {
    expect(share("meta-llama/Llama-3.2-1B-Instruct", "bf16") / gib).toBeCloseTo(2.3, 2);
  });

  test("on 2 GPUs each has half, when heads divide", () => {
    expect(share(llama8b.id, "bf16", 2)).toBe(share(llama8b.id, "bf16") / 2);
  });

  test("16 GPUs of 8 key heads copy each: 32 layers * 2 * 4,096 * 128 * 2 B more than a sixteenth, times 1/2", () => {
    const extra = share(llama8b.id, "bf16", 16) - share(llama8b.id, "bf16") / 16;
    expect(extra).toBeCloseTo((32 * 2 * 4096 * 128 * 2) / 2, 0);
  });

  test("2 stages of Llama 3.1 8B have 16 layers and one of the two matrices: half", () => {
    expect(share(llama8b.id, "bf16", 1, 2)).toBe(share(llama8b.id, "bf16") / 2);
  });

  test("the fullest of 3 stages has 11 of 32 layers", () => {
    const matrix = llama8b.vocabulary * llama8b.hiddenSize * 2;
    const layers = share(llama8b.id, "bf16") - 2 * matrix;
    expect(share(llama8b.id, "bf16", 1, 3)).toBeCloseTo((layers * 11) / 32 + matrix, 0);
  });

  test("a stage of a model with tied embeddings has all of them", () => {
    const llama1b = knownModel("meta-llama/Llama-3.2-1B-Instruct");
    const matrix = llama1b.vocabulary * llama1b.hiddenSize * 2;
    const layers = share(llama1b.id, "bf16") - matrix;
    expect(share(llama1b.id, "bf16", 1, 2)).toBe(layers / 2 + matrix);
  });

  // HabanaAI/vllm-fork issue 809: 79.41 GiB on each of 8.
  test("DeepSeek R1 in fp8 has 79.4 GiB on each of 8 GPUs, within 0.5 %", () => {
    expect(Math.abs(share(r1.id, "fp8", 8) / gib / 79.41 - 1)).toBeLessThan(0.005);
  });

  test("every GPU has DeepSeek R1's down-projections whole: more than an eighth on 8 GPUs", () => {
    const alone = share(r1.id, "fp8");
    expect(share(r1.id, "fp8", 8)).toBeGreaterThan(alone / 8);
    expect(share(r1.id, "fp8", 8)).toBeLessThan((alone / 8) * 1.02);
  });

  // vLLM logs: 13.72 GiB (0.19.0 on A100), 65.97 GiB (vllm issue 23278).
  test.each([
    ["openai/gpt-oss-20b", 13.72],
    ["openai/gpt-oss-120b", 65.97],
  ])("%s in mxfp4 has its experts widened: %f GiB as logged, within 1 %", (id, logged) => {
    expect(Math.abs(share(id, "mxfp4") / gib / logged - 1)).toBeLessThan(0.01);
  });

  test("gpt-oss-20b on 4 GPUs is widened to 768 for each 720, 3,072 for 2,880: 13.8 % more, not 9 %", () => {
    const { expertParameters } = knownModel("openai/gpt-oss-20b");
    const even = share("openai/gpt-oss-20b", "mxfp4") / 4;
    const experts = (expertParameters * 4.25) / 8 / 4;
    const more = experts * ((768 / 720) * (3072 / 2880) - (2944 / 2880) * (3072 / 2880));
    expect((share("openai/gpt-oss-20b", "mxfp4", 4) - even) / mib).toBeCloseTo(more / mib, 3);
  });

  test("a vision tower stays 16 bits wide: Gemma 3 4B in int8 has 0.42 billion * 2 B of it", () => {
    const gemma = knownModel("google/gemma-3-4b-it");
    const withoutTower = {
      ...gemma,
      parameters: gemma.parameters - gemma.towerParameters,
      towerParameters: 0,
    };
    const split = { tensorParallel: 1, pipelineParallel: 1 };
    const tower = share(gemma.id, "int8") - weightBytesPerGpu(withoutTower, quantizations.int8, split);
    expect(tower).toBeCloseTo(gemma.towerParameters * 2, 0);
    expect(gemma.towerParameters / 1e9).toBeCloseTo(0.42, 2);
  });
});

describe("weights on disk", () => {
  // KAITO's model catalog and ollama pull request 6279, in GiB.
  test.each([
    ["meta-llama/Llama-3.1-8B-Instruct", "bf16", 14.96],
    ["Qwen/Qwen3-8B", "awq", 5.68],
    ["meta-llama/Llama-3.1-70B-Instruct", "q4_0", 37.22],
    ["google/gemma-3-4b-it", "bf16", 8.01],
  ] as const)("%s in %s has files of %f GiB, within 0.5 %", (id, quantization, size) => {
    const files = diskMiB(deployment(id, { quantization })) / 1024;
    expect(Math.abs(files / size - 1)).toBeLessThan(0.005);
  });

  test("fp8 that vLLM makes at start is on disk as published", () => {
    const made = diskMiB(deployment(llama8b.id, { quantization: "fp8" }));
    expect(made).toBe(diskMiB(deployment(llama8b.id, { quantization: "bf16" })));
  });

  // Hugging Face lists 688.6 GB of safetensors for DeepSeek V3: fp8, with 14 billion of multi-token prediction.
  test("DeepSeek V3's files hold the layer that isn't loaded: 688.6 GB, within 1 %", () => {
    const bytes = diskMiB(deployment("deepseek-ai/DeepSeek-V3", { gpu: gpus.H200 })) * mib;
    expect(Math.abs(bytes / 688.6e9 - 1)).toBeLessThan(0.01);
  });
});
