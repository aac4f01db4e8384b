import type { VectorQuantization } from "../../../spec/retrieval.ts";
import { type Collection, floatBytes } from "./collection.ts";

/**
 * Bytes of one number of a quantized vector. Product quantization at 16x and TurboQuant at 4 bits, as set below.
 * Source: Qdrant documentation, "Quantization", "How to choose the right quantization method", as of 1.19.
 */
const quantizedBytes: Readonly<Record<VectorQuantization, number>> = {
  none: 0,
  scalar: 1,
  product: floatBytes / 16,
  binary: 1 / 8,
  turbo: 1 / 2,
};

/**
 * Part of a payload that is in fields with an index: those that searches filter by, a few keys and dates of a document.
 * A tenth, and never more than 256 bytes: what makes a payload long is text, which no filter is on.
 */
const indexed = { share: 0.1, bytes: 256 };

/** Parts of a collection in bytes, over all copies. */
export interface QdrantBytes {
  readonly originals: number;
  readonly quantized: number;
  readonly graph: number;
  readonly ids: number;
  readonly payload: number;
  readonly payloadIndexes: number;
}

/**
 * Sizes of a collection's structures. With points = vectors x copies:
 *
 * - originals: points x dimensions x 4
 * - quantized: points x dimensions x bytes per number
 * - graph: points x m x 2 x 4 x 1.2; level 0 of HNSW has 2 m links of 4 bytes, 1.2 is for the levels above
 * - ids: points x 52
 * - payload: points x payload x 1.5
 * - payload indexes: twice the indexed part of the payload
 *
 * Source: Qdrant documentation, "Capacity Planning", "Calculating RAM and Disk Size", as of 1.19.
 */
export function qdrantBytes(collection: Collection): QdrantBytes {
  const { dimensions, hnswM, payloadBytes, quantization, replication, vectors } = collection;
  const points = vectors * replication;
  return {
    originals: points * dimensions * floatBytes,
    quantized: points * dimensions * quantizedBytes[quantization],
    graph: points * hnswM * 2 * 4 * 1.2,
    ids: points * 52,
    payload: points * payloadBytes * 1.5,
    payloadIndexes: points * Math.min(payloadBytes * indexed.share, indexed.bytes) * 2,
  };
}

type Memory = "cold" | "cached" | "pinned";

/** What Qdrant is asked to create, by its REST API's names (qdrant-client 1.20, `CreateCollection`). */
export interface QdrantCollection {
  readonly vectors: { readonly size: number; readonly distance: "Cosine"; readonly memory: Memory };
  readonly shard_number: number;
  readonly replication_factor: number;
  readonly hnsw_config: { readonly m: number; readonly memory: Memory };
  readonly payload: { readonly memory: Memory };
  readonly quantization_config?:
    | { readonly scalar: { readonly type: "int8"; readonly memory: Memory } }
    | { readonly product: { readonly compression: "x16"; readonly memory: Memory } }
    | { readonly binary: { readonly memory: Memory } }
    | { readonly turbo: { readonly bits: "bits4"; readonly memory: Memory } };
}

/**
 * Settings of a collection. Cosine, because sentence embeddings are compared by angle. Quantized vectors are pinned:
 * left to themselves they would follow cold originals to disk. With cold originals the graph is pinned too, or their
 * pages would push it out of the page cache; else it stays cached, Qdrant's default. Payloads are read by id only.
 * Source: Qdrant documentation, "Memory Tiers", as of 1.19, which deprecates `on_disk` and `always_ram`.
 */
export function qdrantSettings(collection: Collection, shards: number): QdrantCollection {
  const cold = collection.originals === "disk";
  const quantization = quantizationSettings(collection.quantization);
  return {
    vectors: { size: collection.dimensions, distance: "Cosine", memory: cold ? "cold" : "cached" },
    shard_number: shards,
    replication_factor: collection.replication,
    hnsw_config: { m: collection.hnswM, memory: cold ? "pinned" : "cached" },
    payload: { memory: "cold" },
    ...(quantization && { quantization_config: quantization }),
  };
}

function quantizationSettings(kind: VectorQuantization): QdrantCollection["quantization_config"] {
  const memory = "pinned";
  switch (kind) {
    case "none":
      return undefined;
    case "scalar":
      return { scalar: { type: "int8", memory } };
    case "product":
      return { product: { compression: "x16", memory } };
    case "binary":
      return { binary: { memory } };
    case "turbo":
      return { turbo: { bits: "bits4", memory } };
  }
}
