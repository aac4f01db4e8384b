/** A model that turns text into one vector: an encoder as BERT's. */
export interface EmbeddingModel {
  /** Hugging Face id. */
  readonly id: string;
  readonly licence: string;
  /** Numbers per vector, also the encoder's width. */
  readonly dimensions: number;
  /** What sentence-transformers cuts a text to, in tokens. */
  readonly maxTokens: number;
  readonly layers: number;
  readonly intermediateSize: number;
  /** Parameters of tables: tokens and positions. They are looked up, not multiplied. */
  readonly tableParameters: number;
  /** Parameters that every token is multiplied with: a token costs about twice as many operations. */
  readonly layerParameters: number;
  /** All of them: four bytes each in 32 bits, one in 8. */
  readonly parameters: number;
}

interface Row extends Pick<EmbeddingModel, "id" | "maxTokens" | "layers" | "dimensions"> {
  readonly licence?: string;
  readonly vocabulary: number;
  /** Rows of the position table; 0 for rotary positions. */
  readonly positions: number;
  /** Default: 4 times the width, as in BERT. */
  readonly intermediateSize?: number;
  /** Matrices of the feed-forward network: 3 with a gate. Default 2. */
  readonly feedForwardMatrices?: number;
}

/**
 * Counts the matrices: (vocabulary + positions + 2 segments) * d, per layer 4 d^2 + 2 d * intermediate, and a pooler of
 * d^2. Norms and biases, less than 0.5 %, are left out.
 * Source: Hugging Face transformers 5.23.0, models/bert, models/xlm_roberta; nomic-bert-2048.
 */
function embedding(row: Row): EmbeddingModel {
  const { id, licence = "apache-2.0", dimensions: d, maxTokens, layers, vocabulary, positions } = row;
  const intermediateSize = row.intermediateSize ?? 4 * d;
  const tableParameters = (vocabulary + positions + 2) * d;
  const layerParameters =
    layers * (4 * d ** 2 + (row.feedForwardMatrices ?? 2) * d * intermediateSize) + d ** 2;
  return {
    id,
    licence,
    dimensions: d,
    maxTokens,
    layers,
    intermediateSize,
    tableParameters,
    layerParameters,
    parameters: tableParameters + layerParameters,
  };
}

const bert = { vocabulary: 30_522, positions: 512, maxTokens: 512 } as const;
const xlmRoberta = { vocabulary: 250_002, positions: 514, maxTokens: 512, licence: "mit" } as const;

const small = { layers: 12, dimensions: 384 } as const;
const base = { layers: 12, dimensions: 768 } as const;
const large = { layers: 24, dimensions: 1024 } as const;

/** Embedding models that jobs and retrieval may name, by Hugging Face id. Source: their config.json and model cards. */
export const embeddingModels: ReadonlyMap<string, EmbeddingModel> = new Map(
  [
    embedding({
      ...bert,
      layers: 6,
      dimensions: 384,
      id: "sentence-transformers/all-MiniLM-L6-v2",
      maxTokens: 256,
    }),
    embedding({ ...bert, ...small, id: "sentence-transformers/all-MiniLM-L12-v2", maxTokens: 128 }),
    embedding({
      ...base,
      id: "sentence-transformers/all-mpnet-base-v2",
      vocabulary: 30_527,
      positions: 514,
      maxTokens: 384,
    }),
    embedding({ ...bert, ...small, id: "BAAI/bge-small-en-v1.5", licence: "mit" }),
    embedding({ ...bert, ...base, id: "BAAI/bge-base-en-v1.5", licence: "mit" }),
    embedding({ ...bert, ...large, id: "BAAI/bge-large-en-v1.5", licence: "mit" }),
    embedding({ ...xlmRoberta, ...large, id: "BAAI/bge-m3", positions: 8194, maxTokens: 8192 }),
    embedding({ ...bert, ...small, id: "intfloat/e5-small-v2", licence: "mit" }),
    embedding({ ...bert, ...base, id: "intfloat/e5-base-v2", licence: "mit" }),
    embedding({ ...bert, ...large, id: "intfloat/e5-large-v2", licence: "mit" }),
    embedding({
      ...xlmRoberta,
      ...small,
      id: "intfloat/multilingual-e5-small",
      vocabulary: 250_037,
      positions: 512,
    }),
    embedding({ ...xlmRoberta, ...base, id: "intfloat/multilingual-e5-base" }),
    embedding({ ...xlmRoberta, ...large, id: "intfloat/multilingual-e5-large" }),
    embedding({ ...bert, ...large, id: "mixedbread-ai/mxbai-embed-large-v1" }),
    embedding({
      ...base,
      id: "nomic-ai/nomic-embed-text-v1.5",
      vocabulary: 30_528,
      positions: 0,
      maxTokens: 8192,
      feedForwardMatrices: 3,
    }),
  ].map((row) => [row.id, row]),
);

/** The embedding model of that Hugging Face id; undefined where the catalog doesn't have it. */
export function findEmbeddingModel(id: string): EmbeddingModel | undefined {
  return embeddingModels.get(id);
}
