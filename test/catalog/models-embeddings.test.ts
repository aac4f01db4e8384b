import { describe, expect, test } from "vitest";
import { embeddingModels, findEmbeddingModel } from "../../catalog/models/embeddings.ts";

/** Millions of parameters as Hugging Face counts them in the files, and numbers per vector. */
const published: readonly (readonly [id: string, millions: number, dimensions: number])[] = [
  ["sentence-transformers/all-MiniLM-L6-v2", 22.7, 384],
  ["sentence-transformers/all-MiniLM-L12-v2", 33.4, 384],
  ["sentence-transformers/all-mpnet-base-v2", 109, 768],
  ["BAAI/bge-small-en-v1.5", 33.4, 384],
  ["BAAI/bge-base-en-v1.5", 109, 768],
  ["BAAI/bge-large-en-v1.5", 335, 1024],
  ["BAAI/bge-m3", 568, 1024],
  ["intfloat/e5-small-v2", 33.4, 384],
  ["intfloat/e5-base-v2", 109, 768],
  ["intfloat/e5-large-v2", 335, 1024],
  ["intfloat/multilingual-e5-small", 118, 384],
  ["intfloat/multilingual-e5-base", 278, 768],
  ["intfloat/multilingual-e5-large", 560, 1024],
  ["mixedbread-ai/mxbai-embed-large-v1", 335, 1024],
  ["nomic-ai/nomic-embed-text-v1.5", 137, 768],
];

describe("embedding models", () => {
  test("every one has a published count to be held against", () => {
    expect([...embeddingModels.keys()].sort()).toEqual(published.map(([id]) => id).sort());
  });

  test.each(published)(
    "%s has %f million parameters, within 1 %, and vectors of %d",
    (id, millions, dimensions) => {
      const model = findEmbeddingModel(id);
      expect(Math.abs((model?.parameters ?? 0) / 1e6 / millions - 1)).toBeLessThan(0.01);
      expect(model?.dimensions).toBe(dimensions);
    },
  );

  test("what is looked up and what is multiplied adds up to all of them", () => {
    for (const { parameters, tableParameters, layerParameters } of embeddingModels.values()) {
      expect(tableParameters + layerParameters).toBe(parameters);
    }
  });

  test("bge-m3 spends most on its tables: 250,002 tokens of 1,024 are 256 of 568 million", () => {
    const { tableParameters = 0, layerParameters = 0 } = findEmbeddingModel("BAAI/bge-m3") ?? {};
    expect(tableParameters / 1e6).toBeCloseTo(264, 0);
    expect(layerParameters / 1e6).toBeCloseTo(303, 0);
  });

  test("an id that isn't there is not found", () => {
    expect(findEmbeddingModel("bge-m3")).toBeUndefined();
  });
});
