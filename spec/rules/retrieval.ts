import { vectorStore } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import { number } from "../faults/wording.ts";
import type { Rule } from "./rule.ts";

/**
 * Vectors that one Chroma server is asked to hold. Its index must be in memory; by its own measurements 64 GiB hold
 * some 15 million vectors of 1,024 dimensions, and latency grows on the way there (Chroma docs, "Single-Node
 * Performance").
 */
const mostInChroma = 10_000_000;

/** Limits of the index on a `vector` column (pgvector 0.8, src/hnsw.h, `HNSW_MAX_DIM` and `HNSW_MAX_M`). */
const mostInPgvector = { dimensions: 2000, hnswM: 100 };

/** Chroma is one server whose index is in memory: beyond some size it is the wrong store. */
export const chroma: Rule = ({ environment, retrieval }) => {
  if (!environment || !retrieval || vectorStore(retrieval, environment) !== "chroma") return [];
  const vectors = Object.values(retrieval.collections).reduce(
    (sum, collection) => sum + collection.vectors,
    0,
  );
  if (vectors <= mostInChroma) return [];
  const byDefault = retrieval.store === undefined ? `, ${environment}'s default` : "";
  return [
    {
      path: retrieval.store === undefined ? ["retrieval", "collections"] : ["retrieval", "store"],
      problem: `${number(vectors)} vectors are too many for Chroma${byDefault}: it is one server with its index in memory, good for ${number(mostInChroma)}. Set retrieval.store to qdrant`,
    },
  ];
};

/** pgvector's index has limits of its own. */
export const pgvector: Rule = ({ environment, retrieval }) => {
  if (!environment || !retrieval || vectorStore(retrieval, environment) !== "pgvector") return [];
  return Object.entries(retrieval.collections).flatMap(([name, { dimensions, hnswM }]) => {
    const beyond = (field: string, value: number, most: number): Finding[] =>
      value <= most
        ? []
        : [
            {
              path: ["retrieval", "collections", name, field],
              problem: `pgvector indexes with at most ${number(most)}: set retrieval.store to qdrant, or take less`,
            },
          ];
    return [
      ...beyond("dimensions", dimensions, mostInPgvector.dimensions),
      ...beyond("hnswM", hnswM, mostInPgvector.hnswM),
    ];
  });
};

/** Only Qdrant runs on several servers. */
export const servers: Rule = ({ environment, retrieval }) => {
  if (!environment || !retrieval?.nodes || retrieval.nodes === 1) return [];
  const store = vectorStore(retrieval, environment);
  if (store === "qdrant") return [];
  const problem = `${store} is one server: leave it out, or set retrieval.store to qdrant`;
  return [{ path: ["retrieval", "nodes"], problem }];
};

/** Copies of a shard are on different servers, so there are no more copies than servers. */
export const replication: Rule = ({ environment, retrieval }) => {
  if (!environment || !retrieval?.nodes || vectorStore(retrieval, environment) !== "qdrant") return [];
  const { collections, nodes } = retrieval;
  return Object.entries(collections).flatMap(([name, { replication: copies = 1 }]): Finding[] =>
    copies <= nodes
      ? []
      : [
          {
            path: ["retrieval", "collections", name, "replication"],
            problem: `retrieval.nodes is ${nodes}: each copy needs a server of its own`,
          },
        ],
  );
};
