import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromHuggingFace, ModelConfigError, readHuggingFace } from "../../catalog/models/huggingFace.ts";
import { findModel } from "../../catalog/models/models.ts";
import { configs } from "./support/huggingFaceConfigs.ts";

const llama = {
  model_type: "llama",
  num_hidden_layers: 32,
  hidden_size: 4096,
  intermediate_size: 14_336,
  vocab_size: 128_256,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  max_position_embeddings: 8192,
};
const experts = { num_local_experts: 8, num_experts_per_tok: 2 };

function faultsOf(config: unknown): string[] {
  return readHuggingFace(config).faults.map(({ field, problem }) => `${field}: ${problem}`);
}

describe("a model of the catalog, read from its own config.json, is what the catalog says", () => {
  test.each(configs)("%s", (id, config) => {
    expect(findModel(id)).toMatchObject(fromHuggingFace(config));
  });
});

describe("what a config may leave out or say otherwise", () => {
  test("a type that nobody knows will do if the fields are there", () => {
    const { architecture } = readHuggingFace({ ...llama, model_type: "something_new" });
    expect(architecture?.attention).toEqual({ kind: "gqa", heads: 32, kvHeads: 8, headDim: 128 });
    expect(architecture?.slidingWindow).toBeUndefined();
  });

  test("without key-value heads every head has its own", () => {
    const { num_key_value_heads: _, ...multiHead } = llama;
    expect(fromHuggingFace(multiHead).attention).toMatchObject({ heads: 32, kvHeads: 32 });
  });

  test("queries of latent attention need not be compressed: DeepSeek V2 Lite has 15.7 billion", () => {
    const v2Lite = {
      ...llama,
      model_type: "deepseek_v2",
      num_hidden_layers: 27,
      hidden_size: 2048,
      intermediate_size: 10_944,
      vocab_size: 102_400,
      num_attention_heads: 16,
      num_key_value_heads: 16,
      q_lora_rank: null,
      kv_lora_rank: 512,
      qk_rope_head_dim: 64,
      qk_nope_head_dim: 128,
      v_head_dim: 128,
      n_routed_experts: 64,
      n_shared_experts: 2,
      num_experts_per_tok: 6,
      moe_intermediate_size: 1408,
      first_k_dense_replace: 1,
    };
    expect(fromHuggingFace(v2Lite).parameters / 1e9).toBeCloseTo(15.7, 1);
  });

  test("a window as long as the context is none", () => {
    expect(fromHuggingFace({ ...llama, model_type: "mistral", sliding_window: 8192 }).slidingWindow).toBe(
      undefined,
    );
    expect(fromHuggingFace({ ...llama, model_type: "mistral", sliding_window: 4096 }).slidingWindow).toEqual({
      tokens: 4096,
      layers: 32,
    });
  });

  test("Qwen's window counts only where it is switched on, and from a layer on", () => {
    const qwen = { ...llama, model_type: "qwen2", sliding_window: 4096, max_window_layers: 20 };
    expect(fromHuggingFace(qwen).slidingWindow).toBeUndefined();
    expect(fromHuggingFace({ ...qwen, use_sliding_window: true }).slidingWindow).toEqual({
      tokens: 4096,
      layers: 12,
    });
  });

  test.each([
    ["awq", { quant_method: "awq", bits: 4 }, "awq"],
    ["gptq", { quant_method: "gptq" }, "gptq"],
    ["gptq without groups", { quant_method: "gptq", bits: 4, group_size: -1 }, "gptq"],
    ["fp8 in blocks", { quant_method: "fp8", weight_block_size: [128, 128] }, "fp8"],
    ["8-bit floats of llm-compressor", compressed("float", 8), "fp8"],
    ["8-bit integers of llm-compressor", compressed("int", 8), "int8"],
    ["4-bit integers of llm-compressor, as large as GPTQ", compressed("int", 4), "gptq"],
  ])("published in %s", (_, quantization_config, published) => {
    expect(fromHuggingFace({ ...llama, quantization_config }).published).toBe(published);
  });
});

function compressed(type: string, num_bits: number, group_size: number | null = null) {
  const weights = { type, num_bits, group_size };
  return { quant_method: "compressed-tensors", config_groups: { group_0: { weights } } };
}

describe("faults", () => {
  test.each([
    ["no object", 7],
    ["nothing in it", {}],
    ["a number as text and a head too many", { ...llama, hidden_size: "4096", num_attention_heads: 0 }],
    ["heads that don't divide", { ...llama, num_key_value_heads: 7, hidden_size: 4097 }],
    ["latent attention that is half there", { ...llama, kv_lora_rank: 512, v_head_dim: 128 }],
    ["experts of which nobody is asked", { ...llama, num_experts: 8 }],
    ["more experts asked than there are", { ...llama, ...experts, num_experts_per_tok: 9 }],
    ["experts in some layers", { ...llama, ...experts, decoder_sparse_step: 2, mlp_only_layers: [3] }],
    ["experts that no layer has", { ...llama, ...experts, first_k_dense_replace: 32 }],
    ["8 bits by GPTQ", { ...llama, quantization_config: { quant_method: "gptq", bits: 8 } }],
    ["small groups", { ...llama, quantization_config: { quant_method: "awq", bits: 4, group_size: 32 } }],
    ["small groups of llm-compressor", { ...llama, quantization_config: compressed("int", 4, 64) }],
    ["layers of another kind", { ...llama, layer_types: ["linear_attention", "full_attention"] }],
    ["windows of no size", { ...llama, layer_types: Array.from({ length: 32 }, () => "sliding_attention") }],
    ["a format that no server of ours loads", { ...llama, quantization_config: { quant_method: "exl2" } }],
    ["a vision tower without a size", { ...llama, vision_config: { hidden_size: 1152 } }],
    ["faults in a nested config", { text_config: { ...llama, vocab_size: 1.5 } }],
  ])("%s", (_, config) => {
    expect(faultsOf(config)).toMatchSnapshot();
  });

  test("are thrown together by fromHuggingFace", () => {
    expect(() => fromHuggingFace({ ...llama, vocab_size: -1, hidden_size: undefined })).toThrow(
      new ModelConfigError([
        { field: "hidden_size", problem: "is missing: a whole number above 0 is expected" },
        { field: "vocab_size", problem: "is -1: a whole number above 0 is expected" },
      ]),
    );
  });

  test("whatever is in the file, the answer is an architecture of finite numbers or a list of faults", () => {
    const value = fc.oneof(fc.integer({ min: -2, max: 1_000_000 }), fc.anything());
    const fields = Object.keys({
      ...llama,
      ...experts,
      kv_lora_rank: 0,
      layer_types: 0,
      vision_config: 0,
      text_config: 0,
    });
    const config = fc.record(Object.fromEntries(fields.map((field) => [field, value])), { requiredKeys: [] });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          config,
          config.map((some) => ({ ...llama, ...some })),
        ),
        (input) => {
          const { architecture, faults } = readHuggingFace(input);
          if (architecture === undefined) {
            expect(faults.length).toBeGreaterThan(0);
            for (const { problem } of faults) expect(problem).not.toBe("");
          } else {
            expect(faults).toEqual([]);
            expect(Number.isFinite(architecture.parameters)).toBe(true);
            expect(architecture.parameters).toBeGreaterThan(0);
            expect(architecture.activeParameters).toBeLessThanOrEqual(architecture.parameters);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
