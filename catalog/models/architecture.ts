import type { QuantizationName } from "../quantizations.ts";

/** The numbers of a model's Hugging Face `config.json` that memory and speed depend on, under one set of names. */
export interface ModelShape {
  readonly layers: number;
  readonly hiddenSize: number;
  /** Width of the feed-forward network in layers without experts; 0 where every layer has experts. */
  readonly intermediateSize: number;
  readonly vocabulary: number;
  /** Whether the output head is the embedding matrix itself. */
  readonly tiedEmbeddings: boolean;
  readonly attention: Attention;
  /** Longest sequence the model was made for. */
  readonly maxContext: number;
  /** Layers that look back only so many tokens; undefined where all look at everything. */
  readonly slidingWindow: { readonly tokens: number; readonly layers: number } | undefined;
  /** Undefined for a dense model. */
  readonly experts: Experts | undefined;
  /** Parameters of a vision or audio tower and its projector, which are loaded but never quantized; mostly 0. */
  readonly towerParameters: number;
  /** Layers for multi-token prediction: in the files, but loaded only for speculative decoding; mostly 0. */
  readonly nextTokenLayers: number;
  /** Format in which the weights were published. */
  readonly published: PublishedFormat;
}

export type PublishedFormat = Extract<QuantizationName, "bf16" | "fp8" | "int8" | "awq" | "gptq" | "mxfp4">;

/** Grouped queries (multi-head and multi-query are its ends), or DeepSeek's compressed latent. */
export type Attention = GroupedQueryAttention | LatentAttention;

/** A transformer beside the language model that turns images into its embeddings. */
export interface VisionTower {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly patchSize: number;
  readonly imageSize: number;
}

export interface GroupedQueryAttention {
  readonly kind: "gqa";
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Multi-head latent attention, as in DeepSeek V2 and V3. */
export interface LatentAttention {
  readonly kind: "mla";
  readonly heads: number;
  /** Rank to which queries are compressed; undefined where they are not. */
  readonly qLoraRank: number | undefined;
  /** Rank to which keys and values are compressed: what the cache holds, with the rotary part. */
  readonly kvLoraRank: number;
  /** Dimensions of each head's key that carry the position; shared by all heads. */
  readonly ropeHeadDim: number;
  readonly nopeHeadDim: number;
  readonly valueHeadDim: number;
}

export interface Experts {
  /** Routed experts per layer. */
  readonly count: number;
  /** Routed experts that see one token. */
  readonly active: number;
  /** Experts that see every token. */
  readonly shared: number;
  readonly intermediateSize: number;
  /** Layers at the start that have a plain feed-forward network instead. */
  readonly denseLayers: number;
}

/** A shape with what it adds up to. Made by `architectureOf`, never by hand. */
export interface ModelArchitecture extends ModelShape {
  /** All parameters that a server loads, embeddings included. */
  readonly parameters: number;
  /**
   * Parameters that one token is multiplied with: all but the experts that it is not routed to and an input
   * embedding that is not also the output head.
   */
  readonly activeParameters: number;
  /** Parameters of the token embedding and, where it is not the same matrix, the output head. */
  readonly embeddingParameters: number;
  /** Parameters of all routed experts; 0 for a dense model. */
  readonly expertParameters: number;
  /** Parameters that are in the files but not loaded: the multi-token prediction layers. */
  readonly draftParameters: number;
}

/** What a model makes of a text: more text, or one vector. */
export const modelTasks = ["generate", "embed"] as const;
export type ModelTask = (typeof modelTasks)[number];

/** A model that the catalog knows. */
export interface CatalogModel extends ModelArchitecture {
  /** Hugging Face id. */
  readonly id: string;
  /** What it was trained for. */
  readonly task: ModelTask;
  /** Hugging Face's name of the licence. */
  readonly licence: string;
  /** Whether Hugging Face wants a token for it. */
  readonly gated: boolean;
  /**
   * Name in Ollama's library up to the quantization, such as `llama3.1:8b-instruct`, of which `ollamaTag` makes
   * `llama3.1:8b-instruct-q4_K_M`; undefined where it has none.
   */
  readonly ollama: string | undefined;
  /** Made by distillation, or small enough (under 2 billion parameters) for a CPU. */
  readonly distilled: boolean;
  /** Hugging Face ids of ready-made files in other formats, by its publisher or a known quantizer. */
  readonly artefacts: Readonly<Partial<Record<QuantizationName, string>>>;
}
