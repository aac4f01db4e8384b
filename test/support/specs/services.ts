import fc from "fast-check";
import { embeddingModels } from "../../../catalog/models/embeddings.ts";
import { databaseClasses } from "../../../catalog/prices.ts";
import { vectorQuantizations } from "../../../spec/retrieval.ts";

const label = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,20}[A-Za-z0-9])?$/);
export const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,12}[a-z0-9])?$/);

/** Up to so many by name. */
export function named<T>(values: fc.Arbitrary<T>, most: number): fc.Arbitrary<Record<string, T>> {
  return fc.dictionary(name, values, { maxKeys: most });
}

function collection(mostVectors: number) {
  return fc.record(
    {
      vectors: fc.integer({ min: 1, max: mostVectors }),
      dimensions: fc.constantFrom(384, 768, 1024, 1536),
      quantization: fc.constantFrom(...vectorQuantizations),
      originals: fc.constantFrom("memory" as const, "disk" as const),
      payloadBytes: fc.integer({ min: 0, max: 4096 }),
      replication: fc.integer({ min: 1, max: 3 }),
      hnswM: fc.constantFrom(8, 16, 32),
    },
    { requiredKeys: ["vectors", "dimensions"] },
  );
}

/** Few enough vectors for any store, or many in Qdrant. */
const retrieval = fc.oneof(
  fc.record(
    {
      store: fc.constantFrom("chroma" as const, "pgvector" as const),
      collections: named(collection(1_000_000), 3),
    },
    { requiredKeys: ["collections"] },
  ),
  fc.record(
    {
      store: fc.constant("qdrant" as const),
      nodes: fc.integer({ min: 3, max: 6 }),
      collections: named(collection(300_000_000), 3),
    },
    { requiredKeys: ["store"] },
  ),
);

const embeddingJob = fc.record(
  {
    model: fc.constantFrom(...embeddingModels.keys()),
    documentsPerHour: fc.integer({ min: 1, max: 1_000_000 }),
    tokensPerDocument: fc.integer({ min: 1, max: 1000 }),
    cpus: fc.constantFrom(2, 4, 8),
  },
  { requiredKeys: ["model", "documentsPerHour"] },
);

/** Sections that every environment may have. */
export const services = {
  ownership: fc.record(
    { project: name, owner: label, costCenter: label },
    { requiredKeys: ["owner", "costCenter"] },
  ),
  retrieval,
  nlp: fc.record(
    {
      spacyModel: fc.constantFrom("en_core_web_sm" as const, "en_core_web_trf" as const),
      replicas: fc.integer({ min: 1, max: 4 }),
      embeddings: named(embeddingJob, 2),
    },
    { requiredKeys: [] },
  ),
  pipelines: fc.record(
    { airflow: fc.boolean(), prefect: fc.boolean(), parallelism: fc.integer({ min: 1, max: 100 }) },
    { requiredKeys: [] },
  ),
  tracking: fc.record({ replicas: fc.integer({ min: 1, max: 4 }) }, { requiredKeys: [] }),
  postgres: fc.record(
    { deployment: fc.constant("in-cluster" as const), storageGi: fc.integer({ min: 1, max: 500 }) },
    { requiredKeys: ["deployment"] },
  ),
};

/** PostgreSQL where there is RDS. */
export const managedPostgres = fc.record(
  {
    deployment: fc.constant("rds" as const),
    storageGi: fc.integer({ min: 20, max: 500 }),
    instanceClass: fc.constantFrom(...Object.keys(databaseClasses)),
    multiAz: fc.boolean(),
    backupRetentionDays: fc.integer({ min: 1, max: 35 }),
  },
  { requiredKeys: [] },
);
