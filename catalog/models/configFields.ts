import { z } from "zod";

/** A field of a `config.json` that is wrong or missing. */
export interface ConfigFault {
  /** As written there: `num_hidden_layers`, `vision_config.patch_size`. Empty for the whole. */
  readonly field: string;
  /** What is there and what would be expected. */
  readonly problem: string;
}

const count = number(1, "a whole number above 0");
const countOrZero = number(0, "a whole number");

const visionConfig = z.looseObject({
  num_hidden_layers: count.optional(),
  depth: count.optional(),
  hidden_size: count,
  intermediate_size: count.optional(),
  patch_size: count,
  image_size: count.optional(),
});

const quantizationConfig = z.looseObject({
  quant_method: z.string({ error: expected("a text such as fp8") }),
  bits: count.nullish(),
  group_size: z.number().nullish(),
  config_groups: z
    .record(
      z.string(),
      z.looseObject({
        weights: z
          .looseObject({ num_bits: count, type: z.string(), group_size: z.number().nullish() })
          .nullish(),
      }),
    )
    .optional(),
});

/** The fields that shapes are read from, whatever the model. Anything else is allowed and not looked at. */
const configFields = z.looseObject({
  model_type: z.string({ error: expected("a text such as llama") }),
  num_hidden_layers: count,
  hidden_size: count,
  intermediate_size: count,
  vocab_size: count,
  num_attention_heads: count,
  max_position_embeddings: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  tie_word_embeddings: z.boolean({ error: expected("true or false") }).optional(),
  // Windows.
  layer_types: z.array(z.string()).nullish(),
  sliding_window: countOrZero.nullish(),
  use_sliding_window: z.boolean().nullish(),
  max_window_layers: countOrZero.nullish(),
  sliding_window_pattern: count.nullish(),
  _sliding_window_pattern: count.nullish(),
  // Latent attention.
  q_lora_rank: count.nullish(),
  kv_lora_rank: count.nullish(),
  qk_rope_head_dim: count.nullish(),
  qk_nope_head_dim: count.nullish(),
  v_head_dim: count.nullish(),
  // Experts.
  num_local_experts: count.nullish(),
  n_routed_experts: count.nullish(),
  num_experts: count.nullish(),
  num_experts_per_tok: count.nullish(),
  moe_intermediate_size: count.nullish(),
  n_shared_experts: countOrZero.nullish(),
  shared_expert_intermediate_size: countOrZero.nullish(),
  first_k_dense_replace: countOrZero.nullish(),
  moe_layer_freq: count.nullish(),
  decoder_sparse_step: count.nullish(),
  mlp_only_layers: z.array(countOrZero).nullish(),
  // What else is in the files.
  num_nextn_predict_layers: countOrZero.nullish(),
  quantization_config: quantizationConfig.nullish(),
  vision_config: visionConfig.nullish(),
});

export type ConfigFields = z.output<typeof configFields>;

/**
 * What transformers assumes where a config says nothing, for types whose published configs rely on it.
 * Source: transformers 5.23.0, models/gemma3/configuration_gemma3.py.
 */
const defaults: Readonly<Record<string, object>> = {
  gemma3_text: {
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 256,
    vocab_size: 262_208,
    max_position_embeddings: 131_072,
    sliding_window: 4096,
    sliding_window_pattern: 6,
  },
};

/** The fields, or why they can't be read. */
type FieldsReading =
  | { readonly fields: ConfigFields }
  | { readonly fields: undefined; readonly faults: readonly ConfigFault[] };

/** Checks a `config.json`, and lays a nested `text_config` over what surrounds it. */
export function readFields(config: unknown): FieldsReading {
  const outer = z.looseObject({ text_config: z.looseObject({}).nullish() }).safeParse(config);
  if (!outer.success) {
    const problem = "is no JSON object: a model's config.json is expected";
    return { fields: undefined, faults: [{ field: "", problem }] };
  }
  const { text_config: text, ...rest } = outer.data;
  const type = z.looseObject({ model_type: z.string() }).safeParse({ ...rest, ...text });
  const parsed = configFields.safeParse({
    ...(type.success ? defaults[type.data.model_type] : undefined),
    ...rest,
    ...text,
  });
  if (parsed.success) return { fields: parsed.data };
  const faults = parsed.error.issues.map(({ path, message }) => ({
    field: path.map(String).join("."),
    problem: message,
  }));
  return { fields: undefined, faults };
}

function number(least: number, what: string) {
  const error = expected(what);
  return z.int({ error }).min(least, { error });
}

function expected(what: string) {
  return ({ input }: { readonly input?: unknown }) =>
    input === undefined ? `is missing: ${what} is expected` : `is ${shown(input)}: ${what} is expected`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}
