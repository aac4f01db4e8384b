import type { PurchaseOption } from "../../../spec/capacity.ts";
import { gibibytes } from "../../text.ts";
import { type Collection, floatBytes } from "./collection.ts";
import { gigabytes, shapeOf, sum, type VectorStorePlan } from "./store.ts";

/** Chroma's own advice ("Single-Node Performance"): no less than 2 GB, of which one for everything but the index. */
const least = { memoryMiB: 2048, diskGiB: 10 };
const processMiB = 1024;

/** An hnswlib index that is full grows to 1.2 times its capacity (Chroma, `hnsw:resize_factor`). */
const growth = 1.2;

/** Where Chroma's stress tests ended ("Single-Node Performance"). */
const testedVectors = 7_000_000;

/**
 * One Chroma server. Its index is in memory as a whole, and unusable once it is swapped.
 *
 * Memory of a vector in hnswlib: 4 bytes per dimension, 2 m links of 4 bytes and their count on level 0, a label of 8,
 * times the growth; and a GiB for the rest. Chroma measured 4.08 GB for a million vectors of 1,024 dimensions (N = 0.245
 * R); this formula gives 5.1 GB. Disk: the index, once more while it is persisted, and twice the payload for SQLite with
 * its full-text index; within Chroma's rule of 2 to 4 times the memory. CPU: a query takes one for a few milliseconds,
 * so one for each 8 GiB of index.
 */
export function planChroma(
  collections: readonly Collection[],
  purchase: readonly PurchaseOption[],
): VectorStorePlan {
  const sized = collections.map((collection) => ({
    ...collection,
    ...chromaBytes(collection),
    shards: undefined,
    qdrant: undefined,
  }));
  const memoryBytes = sum(sized.map((collection) => collection.memoryBytes));
  const memoryMiB = Math.max(least.memoryMiB, processMiB + Math.ceil(memoryBytes / 2 ** 20));
  const diskGiB = Math.max(least.diskGiB, Math.ceil(sum(sized.map(({ diskBytes }) => diskBytes)) / 2 ** 30));
  const milliCpus = Math.max(500, 1000 * Math.floor(memoryMiB / 1024 / 8));
  const vectors = sum(collections.map((collection) => collection.vectors));
  return {
    store: "chroma",
    servers: 1,
    milliCpus,
    memoryMiB,
    disk: { kind: "volume", gib: diskGiB },
    collections: sized,
    workload: {
      name: "chroma",
      role: "cpu",
      replicas: 1,
      spread: "none",
      purchase,
      options: [
        {
          id: "server",
          demand: { gpu: undefined, gpus: 0, milliCpus, memoryMiB, diskGiB: 1 },
          needs: [],
          penalty: 0,
        },
      ],
    },
    explanations: [
      {
        subject: "vectors",
        why: `one Chroma server of ${gibibytes(memoryMiB)} and a ${diskGiB} GiB gp3 volume: it can't be more than one.`,
      },
      ...sized.map((collection) => ({
        subject: `vectors/${collection.name}`,
        why: `${shapeOf(collection)}: an index of ${gigabytes(collection.memoryBytes)} in memory.`,
      })),
    ],
    warnings:
      vectors > testedVectors
        ? [
            `retrieval: ${vectors.toLocaleString("en-US")} vectors in Chroma, which was tested up to 7 million`,
          ]
        : [],
  };
}

function chromaBytes({ vectors, dimensions, hnswM, payloadBytes }: Collection) {
  const memoryBytes = vectors * (dimensions * floatBytes + 2 * hnswM * 4 + 4 + 8) * growth;
  return { memoryBytes, diskBytes: 2 * memoryBytes + 2 * vectors * payloadBytes };
}
