import { expect, test } from "vitest";
import { planVectors } from "../../planning/sizing/vectors.ts";
import { planVolumes } from "../../planning/volumes.ts";
import { retrievalSchema } from "../../spec/retrieval.ts";

const postgres = { storageGi: 100 };

function volumes(store: "qdrant" | "chroma" | "pgvector", vectors: number) {
  const collections = { docs: { vectors, dimensions: 768 } };
  const retrieval = retrievalSchema.parse({ store, collections });
  return planVolumes({ postgres }, planVectors({ environment: "staging", retrieval }, []));
}

test("PostgreSQL has one, and each server of the vector store", () => {
  expect(volumes("qdrant", 1000)).toEqual([
    { name: "postgres", count: 1, gib: 100 },
    { name: "qdrant", count: 3, gib: 20 },
  ]);
  expect(volumes("chroma", 1000)).toEqual([
    { name: "postgres", count: 1, gib: 100 },
    { name: "chroma", count: 1, gib: 10 },
  ]);
});

test("pgvector's data makes PostgreSQL's larger: a million vectors take 12 GiB", () => {
  expect(volumes("pgvector", 1_000_000)).toEqual([{ name: "postgres", count: 1, gib: 112 }]);
});

test("what lies on instance stores is on no volume", () => {
  expect(volumes("qdrant", 200_000_000)).toEqual([{ name: "postgres", count: 1, gib: 100 }]);
});
