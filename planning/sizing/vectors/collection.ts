import type { Environment } from "../../../spec/platform.ts";
import type { CollectionSpec, VectorQuantization } from "../../../spec/retrieval.ts";

/** A collection with every default filled in. */
export interface Collection {
  readonly name: string;
  readonly vectors: number;
  readonly dimensions: number;
  readonly quantization: VectorQuantization;
  /** `memory`: all originals in memory. `disk`: only what searches touch is cached. */
  readonly originals: "memory" | "disk";
  readonly payloadBytes: number;
  /** Copies of each shard. */
  readonly replication: number;
  readonly hnswM: number;
}

/** Bytes of one number of an original vector: 32-bit floats in all three stores. */
export const floatBytes = 4;

/** Largest collection that is not quantized by default: what a quantized copy saves is then below 3 GB. */
const unquantizedVectors = 1_000_000;

/** Size from which quantized collections keep their originals on disk by default. */
const onDisk = { vectors: 100_000_000, bytes: 100e9 };

/**
 * Fills a collection's defaults: no quantization up to a million vectors, else scalar, which Qdrant's documentation
 * ("Quantization") gives the least loss; originals on disk where there is a quantized copy to search first and they are
 * more than 100 million, about where Qdrant's capacity planning ends one node, or 100 GB, from where memory is most of
 * what the servers cost; two copies in prod, unless there is one server.
 * @param nodes servers, where somebody said how many
 */
export function withDefaults(
  name: string,
  spec: CollectionSpec,
  environment: Environment,
  nodes?: number,
): Collection {
  const { vectors, dimensions, payloadBytes, hnswM } = spec;
  const quantization = spec.quantization ?? (vectors <= unquantizedVectors ? "none" : "scalar");
  const large = vectors > onDisk.vectors || vectors * dimensions * floatBytes > onDisk.bytes;
  return {
    name,
    vectors,
    dimensions,
    quantization,
    originals: spec.originals ?? (large && quantization !== "none" ? "disk" : "memory"),
    payloadBytes,
    replication: spec.replication ?? Math.min(environment === "prod" ? 2 : 1, nodes ?? 2),
    hnswM,
  };
}

/** The same for a store that keeps one unquantized copy in memory and knows nothing else. */
export function unquantized(name: string, spec: CollectionSpec): Collection {
  const { vectors, dimensions, payloadBytes, hnswM } = spec;
  return {
    name,
    vectors,
    dimensions,
    quantization: "none",
    originals: "memory",
    payloadBytes,
    replication: 1,
    hnswM,
  };
}
