import { expect, test } from "vitest";
import { planServices } from "../../planning/services.ts";
import { planVectors } from "../../planning/sizing/vectors.ts";
import { planVolumes } from "../../planning/volumes.ts";
import type { AwsPlatformInput } from "../../spec/platform.ts";
import { awsSpec } from "../support/foundation.ts";

type Store = "qdrant" | "chroma" | "pgvector";
const inCluster = { deployment: "in-cluster", storageGi: 100 } as const;

function volumes(store: Store, vectors: number, postgres: AwsPlatformInput["postgres"] = inCluster) {
  const collections = { docs: { vectors, dimensions: 768 } };
  const spec = awsSpec("staging", { retrieval: { store, collections }, postgres });
  return planVolumes(planServices(spec), planVectors(spec, [])).filter(({ name }) => name !== "prometheus");
}

test("each Prometheus has one: two in prod, in two zones", () => {
  const of = (environment: "dev" | "staging" | "prod") => {
    const spec = awsSpec(environment, {});
    return planVolumes(planServices(spec), planVectors(spec, [])).filter(({ name }) => name === "prometheus");
  };
  expect(of("dev")).toEqual([{ name: "prometheus", count: 1, gib: 10 }]);
  expect(of("prod")).toEqual([{ name: "prometheus", count: 2, gib: 20 }]);
});

test("PostgreSQL in the cluster has one, and each server of the vector store", () => {
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

test("what lies on instance stores or in RDS is on no volume", () => {
  expect(volumes("qdrant", 200_000_000)).toEqual([{ name: "postgres", count: 1, gib: 100 }]);
  expect(volumes("pgvector", 1_000_000, {})).toEqual([]);
});
