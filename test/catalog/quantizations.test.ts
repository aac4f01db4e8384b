import { describe, expect, test } from "vitest";
import type { ModelArchitecture } from "../../catalog/models/architecture.ts";
import {
  kvCacheFormats,
  kvCacheTypes,
  type QuantizationName,
  quantizationNames,
  quantizations,
} from "../../catalog/quantizations.ts";
import { knownModel } from "./support/knownModel.ts";

const mib = 1024 ** 2;
const gib = 1024 ** 3;

/** Bytes of the matrices: layers, embedding and head, each with its own bits. */
function sizes(
  { parameters, embeddingParameters, tiedEmbeddings }: ModelArchitecture,
  name: QuantizationName,
) {
  const { bits } = quantizations[name];
  const matrix = tiedEmbeddings ? embeddingParameters : embeddingParameters / 2;
  return {
    layers: ((parameters - embeddingParameters) * bits.layers) / 8,
    embedding: (matrix * bits.embedding) / 8,
    head: (matrix * bits.head) / 8,
  };
}

function fileBytes(model: ModelArchitecture, name: QuantizationName): number {
  const { layers, embedding, head } = sizes(model, name);
  return layers + head + (model.tiedEmbeddings ? 0 : embedding);
}

const llama8b = knownModel("meta-llama/Llama-3.1-8B-Instruct");
const llama70b = knownModel("meta-llama/Llama-3.1-70B-Instruct");

describe("sizes of GGUF types", () => {
  // llama.cpp tools/quantize/README.md (311c2c9f), bits per weight of the whole file of Llama-3.1-8B.
  test.each([
    ["q2_K", 3.1593],
    ["q4_K_S", 4.6672],
    ["q4_K_M", 4.8944],
    ["q5_K_M", 5.7036],
    ["q6_K", 6.5633],
    ["q8_0", 8.5008],
    ["f16", 16.0005],
  ] as const)("%s makes a file of Llama 3.1 8B of %f bits per weight, within 0.1 %", (name, bits) => {
    const average = (fileBytes(llama8b, name) * 8) / llama8b.parameters;
    expect(Math.abs(average / bits - 1)).toBeLessThan(0.001);
  });

  test("q3_K_M lies between Q3_K_S with 3.6429 bits and Q3_K_L with 4.2979, near the file of 4.02 GB", () => {
    const bytes = fileBytes(llama8b, "q3_K_M");
    expect((bytes * 8) / llama8b.parameters).toBeGreaterThan(3.6429);
    expect((bytes * 8) / llama8b.parameters).toBeLessThan(4.2979);
    expect(Math.abs(bytes / 4.02e9 - 1)).toBeLessThan(0.005);
  });

  // llama.cpp's log: what lies on the GPU (layers and head), and what in host memory (the embedding).
  test.each([
    [8, 4403.49, 281.81],
    [70, 39_979.48, 563.63],
  ])(
    "Llama 3 of %d billion in q4_K_M has %f MiB in GPU buffers and %f MiB in the host's",
    (billions, onGpu, onHost) => {
      const { layers, head, embedding } = sizes(billions === 8 ? llama8b : llama70b, "q4_K_M");
      expect(Math.abs((layers + head) / mib / onGpu - 1)).toBeLessThan(0.003);
      expect(embedding / mib).toBeCloseTo(onHost, 1);
    },
  );

  test("Llama 3.1 70B in q4_0 has 37.22 GiB (ollama pull request 6279)", () => {
    expect(fileBytes(llama70b, "q4_0") / gib).toBeCloseTo(37.22, 1);
  });
});

describe("sizes of safetensors files", () => {
  // KAITO, presets/workspace/models/model_catalog.yaml (2026-08).
  test("Qwen3-8B-AWQ has 5.68 GiB", () => {
    expect(fileBytes(knownModel("Qwen/Qwen3-8B"), "awq") / gib).toBeCloseTo(5.68, 2);
  });

  test("4 bits in groups of 128 with a scale of 16 and a zero of 4: 4 + 20 / 128 = 4.15625", () => {
    expect(quantizations.gptq.bits.layers).toBe(4.15625);
    expect(quantizations.awq.bits.layers).toBe(4.15625);
  });

  test("MXFP4 has a scale of 8 for 32 weights of 4 bits: 4 + 8 / 32 = 4.25", () => {
    expect(quantizations.mxfp4.bits.layers).toBe(4.25);
  });

  test.each(quantizationNames.filter((name) => quantizations[name].file === "safetensors"))(
    "%s leaves embedding and head 16 bits wide",
    (name) => {
      expect(quantizations[name].bits).toMatchObject({ embedding: 16, head: 16 });
    },
  );
});

describe("who can load a format", () => {
  test.each(quantizationNames)("%s stands in the table under its name and has an engine", (name) => {
    expect(quantizations[name].name).toBe(name);
    expect(quantizations[name].engines).not.toHaveLength(0);
  });

  test("Ollama loads GGUF, vLLM and TGI load safetensors, and MXFP4 has both", () => {
    const byOllama = quantizationNames.filter((name) => quantizations[name].engines.includes("ollama"));
    const byVllm = quantizationNames.filter((name) => quantizations[name].engines.includes("vllm"));
    const gguf = quantizationNames.filter((name) => quantizations[name].file === "gguf");
    expect(byOllama.filter((name) => name !== "mxfp4")).toEqual(gguf);
    expect(byOllama.filter((name) => byVllm.includes(name))).toEqual(["mxfp4"]);
  });

  test("a T4 (7.5) loads all but MXFP4, and a GPU multiplies in FP8 from an L4 (8.9) on", () => {
    const notOnT4 = quantizationNames.filter((name) => quantizations[name].minComputeCapability > 7.5);
    expect(notOnT4).toEqual(["mxfp4"]);
    expect(quantizations.fp8.nativeComputeCapability).toBe(8.9);
  });

  test("no GPU multiplies in a format that it can't load", () => {
    for (const name of quantizationNames) {
      const { minComputeCapability, nativeComputeCapability } = quantizations[name];
      expect(nativeComputeCapability).toBeGreaterThanOrEqual(minComputeCapability);
    }
  });

  test("a CPU runs what Ollama loads, and only that", () => {
    for (const name of quantizationNames) {
      expect(quantizations[name].cpu).toBe(quantizations[name].engines.includes("ollama"));
    }
  });

  test("only FP8 can be made while loading", () => {
    expect(quantizationNames.filter((name) => quantizations[name].online)).toEqual(["fp8"]);
  });
});

describe("formats of the KV cache", () => {
  test("8 and 4 bits of llama.cpp have a scale of 16 bits for 32: 34 and 18 bytes per 32 numbers", () => {
    expect(kvCacheFormats.q8_0.bytesPerElement * 32).toBe(34);
    expect(kvCacheFormats.q4_0.bytesPerElement * 32).toBe(18);
  });

  test("FP8 is not for A100 (8.0) and A10G (8.6), but for L4 (8.9)", () => {
    expect(kvCacheFormats.fp8.minComputeCapability).toBeGreaterThan(8.6);
    expect(kvCacheFormats.fp8.minComputeCapability).toBeLessThanOrEqual(8.9);
  });

  test("every engine has one narrower than 16 bits, and all have 16", () => {
    for (const engine of ["vllm", "tgi", "ollama"] as const) {
      const formats = kvCacheTypes.filter((type) => kvCacheFormats[type].engines.includes(engine));
      expect(formats).toContain("auto");
      expect(formats.some((type) => kvCacheFormats[type].bytesPerElement < 2)).toBe(true);
    }
  });
});
