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
  /**
   * Compressed copy that is searched first, Qdrant only: `scalar` takes a quarter of the memory at hardly any loss;
   * `binary` a thirty-second, for wide vectors (1,024 and more), fast on CPUs with AVX-512; `turbo` an eighth; `product`
   * a sixteenth, slower than the others and with the greatest loss. Default: `none` up to a million vectors, else `scalar`.
   */
  quantization: z.enum(vectorQuantizations).optional(),
  /**
   * Where original vectors live, Qdrant only: all in memory, or on disk with only the compressed ones in memory. Default:
   * on disk from 100 million vectors or 100 GB, where there is a compressed copy.
   */
  originals: z.enum(["memory", "disk"]).optional(),
  /** Bytes of payload per vector. Default 512. */
  payloadBytes: z.int().min(0).max(1_000_000).default(512),
  /** Copies of each shard on different servers, Qdrant only. Default: 2 in prod, else 1. */
  replication: z.int().min(1).max(5).optional(),
  /** Edges of a vector in the HNSW graph: more find better and take more memory. Default 16, Qdrant's own. */
  hnswM: z.int().min(4).max(128).default(16),
});

export const retrievalSchema = z.strictObject({
  /**
   * Where vectors are kept. Default: Chroma in local and dev, where one small server does; Qdrant in staging and prod.
   * pgvector keeps them in the platform's PostgreSQL.
   */
  store: z.enum(vectorStores).optional(),
  /** Qdrant's servers. Default: 3, so that one may go, or more where the collections need them. */
  nodes: replicas.optional(),
  /** Collections to make room for, by name. Default: none. */
  collections: z.record(dnsName, collection).default({}),
});

export type RetrievalSpec = z.output<typeof retrievalSchema>;
export type CollectionSpec = z.output<typeof collection>;
