/** What memory and speed depend on: the numbers of a model's Hugging Face `config.json`, under one set of names. */
export interface ModelArchitecture {
  /** All parameters, embeddings included. */
  readonly parameters: number;
  /** Parameters that one token touches; less than `parameters` in a mixture of experts. */
  readonly activeParameters: number;
  /** Parameters of the token embedding and, where it is not the same matrix, the output head. */
  readonly embeddingParameters: number;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly vocabulary: number;
  readonly attention: Attention;
  /** Longest sequence the model was made for. */
  readonly maxContext: number;
  /** Layers that look back only so many tokens; undefined where all look at everything. */
  readonly slidingWindow: { readonly tokens: number; readonly layers: number } | undefined;
  /** Undefined for a dense model. */
  readonly experts: { readonly count: number; readonly active: number } | undefined;
  /** Format in which the weights were published. */
  readonly published: "bf16" | "fp8" | "mxfp4";
}

/** Grouped queries (multi-head and multi-query are its ends), or DeepSeek's compressed latent. */
export type Attention =
  | { readonly kind: "gqa"; readonly heads: number; readonly kvHeads: number; readonly headDim: number }
  | {
      readonly kind: "mla";
      readonly heads: number;
      readonly kvLoraRank: number;
      readonly ropeHeadDim: number;
    };

/** A model that the catalog knows. */
export interface CatalogModel extends ModelArchitecture {
  /** Hugging Face id. */
  readonly id: string;
  readonly licence: string;
  /** Whether Hugging Face wants a token for it. */
  readonly gated: boolean;
  /** Name in Ollama's library without a quantization, such as `llama3.1:8b`; undefined where it has none. */
  readonly ollama: string | undefined;
  /** Made by distillation, or small enough (under 2 billion parameters) for a CPU. */
  readonly distilled: boolean;
}
