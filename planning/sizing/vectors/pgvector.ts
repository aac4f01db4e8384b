import { type Collection, floatBytes } from "./collection.ts";
import { gigabytes, shapeOf, sum, type VectorStorePlan } from "./store.ts";

/** PostgreSQL's page, without its header of 24 bytes and HNSW's own 8 at the end. */
const page = { bytes: 8192, room: 8192 - 24 - 8 };

/** What a page spends on every tuple to find it. */
const itemId = 4;

/**
 * Bytes of pgvector's HNSW index.
 *
 * A vector has an element tuple, 72 bytes of header, 8 of the vector's and 4 per dimension, and a neighbour tuple, 4
 * bytes and m references of 6 for each level and once more for level 0; the average element reaches 1 / (m - 1) levels
 * above it. Both lie on one page, and no tuple crosses pages: a page holds a whole number of pairs, so that 1,024
 * dimensions fill one page each, as do 2,000. Where no pair fits, elements and neighbours have pages of their own.
 *
 * Source: pgvector 0.8, src/hnsw.h (`HnswElementTupleData`, `HNSW_NEIGHBOR_TUPLE_SIZE`) and src/hnswbuild.c.
 */
export function pgvectorIndexBytes({ vectors, dimensions, hnswM }: Collection): number {
  const element = aligned(72 + 8 + floatBytes * dimensions) + itemId;
  const neighbours = aligned(4 + (2 + 1 / (hnswM - 1)) * hnswM * 6) + itemId;
  const pairs = Math.floor(page.room / (element + neighbours));
  const pages = pairs > 0 ? 1 / pairs : 1 + neighbours / page.room;
  return Math.ceil(vectors * pages) * page.bytes;
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}

/**
 * Rows of a table: 24 bytes of header and 4 to find it, the vector, the payload; a fifth more for free space and TOAST,
 * where vectors above 2 KB go.
 */
function rowBytes({ vectors, dimensions, payloadBytes }: Collection): number {
  return vectors * (24 + itemId + 8 + dimensions * floatBytes + payloadBytes) * 1.2;
}

/**
 * What collections add to the platform's PostgreSQL: memory for the whole index, because a search jumps all over it;
 * disk for the rows and two indexes, because `REINDEX CONCURRENTLY` builds the new one beside the old.
 */
export function planPgvector(collections: readonly Collection[]): VectorStorePlan {
  const sized = collections.map((collection) => {
    const index = pgvectorIndexBytes(collection);
    return {
      ...collection,
      memoryBytes: index,
      diskBytes: rowBytes(collection) + 2 * index,
      shards: undefined,
      qdrant: undefined,
    };
  });
  return {
    store: "pgvector",
    servers: 0,
    milliCpus: 0,
    memoryMiB: Math.ceil(sum(sized.map(({ memoryBytes }) => memoryBytes)) / 2 ** 20),
    disk: { kind: "volume", gib: Math.ceil(sum(sized.map(({ diskBytes }) => diskBytes)) / 2 ** 30) },
    collections: sized,
    workload: undefined,
    explanations: sized.map((collection) => ({
      subject: `vectors/${collection.name}`,
      why: `${shapeOf(collection)} in PostgreSQL: an HNSW index of ${gigabytes(collection.memoryBytes)}, to be held in memory.`,
    })),
    warnings: [],
  };
}
