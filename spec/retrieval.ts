import { z } from "zod";
import { dnsName, replicas } from "./fields.ts";

export const vectorStores = ["qdrant", "chroma", "pgvector"] as const;
export const vectorQuantizations = ["none", "scalar", "product", "binary", "turbo"] as const;
export type VectorQuantization = (typeof vectorQuantizations)[number];

const collection = z.strictObject({
  /** Vectors that it must hold. */
  vectors: z.int().min(1).max(100_000_000_000),
  /** Numbers per vector: the embedding model's output size. */
  dimensions: z.int().min(1).max(65_536),
  /** Compressed copy that is searched first. Default: `none` up to a million vectors, else `scalar`. */
  quantization: z.enum(vectorQuantizations).optional(),
  /** Where original vectors live: all in memory, or on NVMe with only the quantized ones in memory. Default: by size. */
  originals: z.enum(["memory", "disk"]).optional(),
  /** Bytes of payload per vector. Default 512. */
  payloadBytes: z.int().min(0).max(1_000_000).default(512),
  /** Copies of each shard. Default: 2 in prod, else 1. */
  replication: z.int().min(1).max(5).optional(),
  /** HNSW edges per node. Default 16, Qdrant's own. */
  hnswM: z.int().min(4).max(128).default(16),
});

export const retrievalSchema = z.strictObject({
  /** Default: Chroma in local and dev, Qdrant in staging and prod. */
  store: z.enum(vectorStores).optional(),
  /** Qdrant's servers. Default: 3, or more where the collections need them. */
  nodes: replicas.optional(),
  collections: z.record(dnsName, collection).default({}),
});

export type RetrievalSpec = z.output<typeof retrievalSchema>;
export type CollectionSpec = z.output<typeof collection>;
