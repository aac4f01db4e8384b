import type { Explanation } from "../../explain.ts";
import type { Workload } from "../../placement/problem.ts";
import type { Collection } from "./collection.ts";
import type { QdrantCollection } from "./qdrantCollection.ts";

/** A collection as it is to be made. */
export interface CollectionPlan extends Collection {
  /** What all copies keep in memory, headroom excluded. */
  readonly memoryBytes: number;
  /** What all copies keep on disk, headroom excluded. */
  readonly diskBytes: number;
  /** Qdrant's shards; undefined for the other stores. */
  readonly shards: number | undefined;
  /** Body of Qdrant's `PUT /collections/<name>`; undefined for the other stores. */
  readonly qdrant: QdrantCollection | undefined;
}

/** The vector store and what it runs on. */
export interface VectorStorePlan {
  readonly store: "qdrant" | "chroma" | "pgvector";
  /** Pods; 0 for pgvector, which is part of PostgreSQL. */
  readonly servers: number;
  readonly milliCpus: number;
  /** Of each server; for pgvector, what PostgreSQL needs on top. */
  readonly memoryMiB: number;
  /** Where the data of each server lies, and how much room it needs; for pgvector, on top of PostgreSQL's volume. */
  readonly disk: { readonly kind: "instance-store" | "volume"; readonly gib: number };
  readonly collections: readonly CollectionPlan[];
  /** Undefined for pgvector. */
  readonly workload: Workload | undefined;
  readonly explanations: readonly Explanation[];
  /** What works but should be looked at. */
  readonly warnings: readonly string[];
}

/** Decimal, as disks and vectors are counted: "76.8 GB". */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** "100,000,000 x 768": vectors and dimensions of a collection. */
export function shapeOf({ vectors, dimensions }: Collection): string {
  return `${vectors.toLocaleString("en-US")} x ${dimensions}`;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
