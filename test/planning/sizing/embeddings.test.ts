import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type EmbeddingModel,
  embeddingModels,
  findEmbeddingModel,
} from "../../../catalog/models/embeddings.ts";
import { operationsPerToken, planEmbeddings, sizeEmbeddings } from "../../../planning/sizing/embeddings.ts";
import type { EmbeddingJobSpec } from "../../../spec/sections.ts";
import { nlpSchema } from "../../../spec/sections.ts";

const minilm = model("sentence-transformers/all-MiniLM-L6-v2");
const bge = model("BAAI/bge-base-en-v1.5");

function model(id: string): EmbeddingModel {
  const found = findEmbeddingModel(id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
}

function job(change: Partial<EmbeddingJobSpec> = {}): EmbeddingJobSpec {
  return { model: minilm.id, documentsPerHour: 100_000, tokensPerDocument: 256, cpus: 4, ...change };
}

describe("a token's operations", () => {
  test("MiniLM-L6 at 256 tokens: 2 x 10.76M parameters and 4 x 6 x 384 x 256 for attention = 23.9M", () => {
    expect(operationsPerToken(minilm, 256) / 1e6).toBeCloseTo(23.9, 1);
  });

  test("BERT-base at 256 tokens: 2 x 85.5M and 4 x 12 x 768 x 256 = 180M", () => {
    expect(operationsPerToken(bge, 256) / 1e6).toBeCloseTo(180.5, 1);
  });
});

describe("held to what sentence-transformers measured on 8 cores, 16 vCPUs, with passages of 76 tokens", () => {
  const passages = (layers: number, width: number) => {
    const layerParameters = layers * 12 * width ** 2;
    const shape = { ...bge, layers, dimensions: width, layerParameters };
    return sizeEmbeddings("j", job({ cpus: 16, tokensPerDocument: 76 }), shape, []).tokensPerSecond;
  };

  test.each([
    ["msmarco-MiniLM-L6-cos-v5: 180 a second", 6, 384, 180],
    ["msmarco-MiniLM-L12-cos-v5: 90", 12, 384, 90],
    ["msmarco-distilbert-cos-v5: 70", 6, 768, 70],
    ["msmarco-bert-base-dot-v5: 30", 12, 768, 30],
  ])("%s, at least three fifths of it, and hardly more", (_, layers, width, measured) => {
    const ratio = passages(layers, width) / 76 / measured;
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.1);
  });
});

describe("a job", () => {
  test("100,000 documents of 256 tokens: 7,111 tokens a second, of which 4 CPUs encode 3,350 x 0.8: 3 replicas", () => {
    const plan = sizeEmbeddings("docs", job(), minilm, ["spot", "on-demand"]);
    expect(plan.tokensPerSecond).toBeCloseTo((4 * 20e9) / operationsPerToken(minilm, 256), 6);
    expect(plan).toMatchObject({ replicas: 3, threads: 4, model: minilm.id });
    expect(plan.workload).toMatchObject({
      name: "embed-docs",
      role: "embeddings",
      replicas: 3,
      spread: "none",
      purchase: ["spot", "on-demand"],
    });
    expect(plan.workload.options[0].demand).toMatchObject({
      milliCpus: 4000,
      gpus: 0,
      memoryMiB: plan.memoryMiB,
    });
  });

  test("MiniLM: 768 MiB, 22.7M parameters x 4 bytes = 87 MiB, and 16,384 tokens x 16 x 384 x 4 = 384 MiB", () => {
    expect(sizeEmbeddings("docs", job(), minilm, []).memoryMiB).toBe(768 + 87 + 384);
  });

  test("a batch is 16,384 tokens of documents twice the average, or as long as the model takes", () => {
    const of = (tokensPerDocument: number, which = minilm) =>
      sizeEmbeddings("docs", job({ tokensPerDocument }), which, []).batchSize;
    expect(of(64)).toBe(128);
    expect(of(256)).toBe(64);
    expect(of(8192, model("BAAI/bge-m3"))).toBe(2);
  });

  test("what is beyond the model's longest text costs nothing, and is warned of", () => {
    const long = sizeEmbeddings("docs", job({ tokensPerDocument: 1000 }), minilm, []);
    const whole = sizeEmbeddings("docs", job(), minilm, []);
    expect(long.replicas).toBe(whole.replicas);
    expect(whole.warnings).toEqual([]);
    expect(long.warnings).toEqual([
      "nlp.embeddings.docs: documents of 1,000 tokens are cut to 256 by sentence-transformers/all-MiniLM-L6-v2: split them first",
    ]);
  });

  test("is explained, with int8 as the runner-up", () => {
    const [explanation] = sizeEmbeddings("docs", job({ documentsPerHour: 1e6 }), bge, []).explanations;
    expect(explanation).toEqual({
      subject: "embeddings/docs",
      why: "1,000,000 documents an hour of 256 tokens are 71,111 tokens a second; BAAI/bge-base-en-v1.5 encodes 443 on 4 CPUs in 32 bits, so 201 x 4 CPUs. Runner-up: int8 on CPUs with VNNI, 101 x 4, for some accuracy.",
    });
  });
});

describe("whatever the job", () => {
  const jobs = fc.record({
    model: fc.constant(minilm.id),
    documentsPerHour: fc.integer({ min: 1, max: 1e9 }),
    tokensPerDocument: fc.integer({ min: 1, max: 32_768 }),
    cpus: fc.integer({ min: 1, max: 64 }),
  });
  const models = fc.constantFrom(...embeddingModels.values());

  test("its replicas keep up, and one less would not", () => {
    fc.assert(
      fc.property(jobs, models, (spec, which) => {
        const { replicas, tokensPerSecond } = sizeEmbeddings("j", spec, which, []);
        const tokens = Math.min(spec.tokensPerDocument, which.maxTokens);
        const needed = (spec.documentsPerHour * tokens) / 3600 / 0.8;
        expect(replicas * tokensPerSecond).toBeGreaterThanOrEqual(needed * (1 - 1e-9));
        expect((replicas - 1) * tokensPerSecond).toBeLessThan(needed * (1 + 1e-9));
      }),
      { numRuns: 1000 },
    );
  });

  test("more documents never need fewer replicas", () => {
    fc.assert(
      fc.property(jobs, models, fc.integer({ min: 1, max: 1e8 }), (spec, which, more) => {
        const bigger = { ...spec, documentsPerHour: spec.documentsPerHour + more };
        expect(sizeEmbeddings("j", bigger, which, []).replicas).toBeGreaterThanOrEqual(
          sizeEmbeddings("j", spec, which, []).replicas,
        );
      }),
      { numRuns: 500 },
    );
  });
});

describe("all jobs of an environment", () => {
  const entry = { model: minilm.id, documentsPerHour: 1000 };
  const plan = (embeddings: Record<string, { model: string; documentsPerHour: number }>) =>
    planEmbeddings({ nlp: nlpSchema.parse({ embeddings }) }, ["on-demand"]);

  test("come in the order of their names", () => {
    expect(plan({ b: entry, a: entry }).map(({ name }) => name)).toEqual(["a", "b"]);
    expect(plan({})).toEqual([]);
  });

  test("name models of the catalog", () => {
    expect(() => plan({ a: { ...entry, model: "org/unknown" } })).toThrow(
      "the catalog has no embedding model org/unknown",
    );
  });
});
