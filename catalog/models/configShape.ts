import type { Attention, Experts, ModelShape, PublishedFormat } from "./architecture.ts";
import type { ConfigFault, ConfigFields } from "./configFields.ts";
import { towerParameters } from "./parameters.ts";

/** A shape, or what of it can't be told. */
type Part<T> = { readonly value: T; readonly faults: readonly ConfigFault[] };

/** Turns the fields of a `config.json` into a shape. Every part is read, so that all faults come at once. */
export function shapeOf(fields: ConfigFields): Part<ModelShape> {
  const attention = attentionOf(fields);
  const slidingWindow = slidingWindowOf(fields);
  const experts = expertsOf(fields);
  const published = publishedFormat(fields);
  const { value: routed } = experts;
  return {
    faults: [...attention.faults, ...slidingWindow.faults, ...experts.faults, ...published.faults],
    value: {
      layers: fields.num_hidden_layers,
      hiddenSize: fields.hidden_size,
      intermediateSize: routed && routed.denseLayers === 0 ? 0 : fields.intermediate_size,
      vocabulary: fields.vocab_size,
      tiedEmbeddings: fields.tie_word_embeddings ?? fields.model_type.startsWith("gemma"),
      attention: attention.value,
      maxContext: fields.max_position_embeddings,
      slidingWindow: slidingWindow.value,
      experts: routed,
      towerParameters: towerOf(fields),
      nextTokenLayers: fields.num_nextn_predict_layers ?? 0,
      published: published.value,
    },
  };
}

function attentionOf(fields: ConfigFields): Part<Attention> {
  const { num_attention_heads: heads, hidden_size, num_key_value_heads, kv_lora_rank: kvLoraRank } = fields;
  if (kvLoraRank) return latentAttention(fields, heads, kvLoraRank);
  const kvHeads = num_key_value_heads ?? heads;
  const headDim = fields.head_dim ?? hidden_size / heads;
  const faults: ConfigFault[] = [];
  if (heads % kvHeads !== 0) {
    faults.push(
      fault("num_key_value_heads", `is ${kvHeads}: a divisor of num_attention_heads, ${heads}, is expected`),
    );
  }
  if (!Number.isInteger(headDim)) {
    faults.push(fault("head_dim", `is missing, and ${hidden_size} is no multiple of ${heads} heads`));
  }
  return { value: { kind: "gqa", heads, kvHeads, headDim }, faults };
}

function latentAttention(fields: ConfigFields, heads: number, kvLoraRank: number): Part<Attention> {
  const needed = ["qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"] as const;
  return {
    faults: needed
      .filter((field) => !fields[field])
      .map((field) => fault(field, "is missing: with kv_lora_rank, a whole number above 0 is expected")),
    value: {
      kind: "mla",
      heads,
      qLoraRank: fields.q_lora_rank ?? undefined,
      kvLoraRank,
      ropeHeadDim: fields.qk_rope_head_dim ?? 0,
      nopeHeadDim: fields.qk_nope_head_dim ?? 0,
      valueHeadDim: fields.v_head_dim ?? 0,
    },
  };
}

const windowed = "sliding_attention";
const whole = "full_attention";

/**
 * Which layers have a window: those that `layer_types` lists, or, in configs from before it, what the model's code
 * does. Source: transformers 5.23.0, models/{gemma2,gemma3,gpt_oss,mistral,phi3,qwen2}/configuration_*.py.
 */
function slidingWindowOf(fields: ConfigFields): Part<ModelShape["slidingWindow"]> {
  const { layer_types: types, sliding_window: tokens, num_hidden_layers, max_position_embeddings } = fields;
  const unknown = [...new Set(types ?? [])].filter((type) => type !== windowed && type !== whole);
  const faults = unknown.map((type) =>
    fault("layer_types", `has ${type}: only ${windowed} and ${whole} are understood`),
  );
  if (types && types.length !== num_hidden_layers) {
    faults.push(
      fault("layer_types", `has ${types.length} entries: ${num_hidden_layers} are expected, one per layer`),
    );
  }
  const layers = types ? types.filter((type) => type === windowed).length : layersByType(fields);
  if (layers > 0 && types && !tokens) faults.push(fault("sliding_window", "is missing, but layers have one"));
  const value = tokens && layers > 0 && tokens < max_position_embeddings ? { tokens, layers } : undefined;
  return { value, faults };
}

function layersByType(fields: ConfigFields): number {
  const { model_type, num_hidden_layers: layers } = fields;
  switch (model_type) {
    case "gemma2":
    case "gpt_oss":
      return Math.ceil(layers / 2);
    case "gemma3_text":
      return (
        layers - Math.floor(layers / (fields.sliding_window_pattern ?? fields._sliding_window_pattern ?? 6))
      );
    case "qwen2":
    case "qwen3":
    case "qwen3_moe":
      return fields.use_sliding_window ? Math.max(0, layers - (fields.max_window_layers ?? layers)) : 0;
    case "mistral":
    case "mixtral":
    case "phi3":
      return layers;
    default:
      // Nobody knows: memory for whole layers is enough for either.
      return 0;
  }
}

function expertsOf(fields: ConfigFields): Part<Experts | undefined> {
  const count = fields.num_local_experts ?? fields.n_routed_experts ?? fields.num_experts ?? 0;
  if (count <= 1) return { value: undefined, faults: [] };
  const active = fields.num_experts_per_tok ?? 0;
  const faults: ConfigFault[] = [];
  if (active === 0 || active > count) {
    const is = active === 0 ? "is missing" : `is ${active}`;
    faults.push(
      fault("num_experts_per_tok", `${is}: a whole number up to ${count}, the experts, is expected`),
    );
  }
  for (const field of ["decoder_sparse_step", "moe_layer_freq"] as const) {
    const step = fields[field] ?? 1;
    if (step !== 1) faults.push(fault(field, `is ${step}: only 1, experts in every layer, is understood`));
  }
  if (fields.mlp_only_layers && fields.mlp_only_layers.length > 0) {
    faults.push(
      fault(
        "mlp_only_layers",
        "lists layers: only layers at the start, first_k_dense_replace, may lack experts",
      ),
    );
  }
  const denseLayers = fields.first_k_dense_replace ?? 0;
  if (denseLayers >= fields.num_hidden_layers) {
    const problem = `is ${denseLayers}: less than num_hidden_layers, ${fields.num_hidden_layers}, is expected`;
    faults.push(fault("first_k_dense_replace", problem));
  }
  const intermediateSize = fields.moe_intermediate_size ?? fields.intermediate_size;
  const shared = fields.n_shared_experts ?? (fields.shared_expert_intermediate_size ?? 0) / intermediateSize;
  return {
    value: { count, active, shared, intermediateSize, denseLayers },
    faults,
  };
}

function towerOf({ vision_config: vision, hidden_size }: ConfigFields): number {
  if (!vision) return 0;
  const tower = {
    layers: vision.num_hidden_layers ?? vision.depth ?? 0,
    hiddenSize: vision.hidden_size,
    intermediateSize: vision.intermediate_size ?? 4 * vision.hidden_size,
    patchSize: vision.patch_size,
    imageSize: vision.image_size ?? 0,
  };
  return towerParameters(tower, hidden_size);
}

/**
 * Formats by their name in `quantization_config`; pack-quantized integers of 4 bits are as large as GPTQ's. Smaller
 * groups than 128 have more scales: 11 % more memory in groups of 32.
 */
function publishedFormat({ quantization_config: quantized }: ConfigFields): Part<PublishedFormat> {
  if (!quantized) return { value: "bf16", faults: [] };
  const groups = Object.values(quantized.config_groups ?? {});
  const weights = groups.map((group) => group.weights).find((found) => found);
  const name = formatName(quantized.quant_method, quantized.bits, weights);
  const value = publishedFormats.get(name);
  if (value === undefined) {
    const known = [...new Set(publishedFormats.values())].join(", ");
    const problem = `is ${name}: one of ${known} is expected, or no quantization_config`;
    return { value: "bf16", faults: [fault("quantization_config.quant_method", problem)] };
  }
  const groupSize = weights?.group_size ?? quantized.group_size ?? 128;
  const tooSmall = (value === "awq" || value === "gptq") && groupSize > 0 && groupSize < 128;
  const problem = `is ${groupSize}: groups of 128 or more are expected`;
  return { value, faults: tooSmall ? [fault("quantization_config.group_size", problem)] : [] };
}

function formatName(
  method: string,
  bits: number | null | undefined,
  weights: { readonly type: string; readonly num_bits: number } | null | undefined,
): string {
  if (method === "compressed-tensors" && weights) return `${weights.type}${weights.num_bits}`;
  const narrow = method === "awq" || method === "gptq";
  return narrow && bits && bits !== 4 ? `${method} of ${bits} bits` : method;
}

const publishedFormats: ReadonlyMap<string, PublishedFormat> = new Map([
  ["fp8", "fp8"],
  ["fbgemm_fp8", "fp8"],
  ["float8", "fp8"],
  ["int8", "int8"],
  ["awq", "awq"],
  ["gptq", "gptq"],
  ["int4", "gptq"],
  ["mxfp4", "mxfp4"],
]);

function fault(field: string, problem: string): ConfigFault {
  return { field, problem };
}
