import { gqa, model, type SharedShape } from "./row.ts";

/** Also the shapes of models that were distilled into them. */
export const qwen14b = {
  layers: 48,
  hiddenSize: 5120,
  intermediateSize: 13_824,
  vocabulary: 152_064,
  attention: gqa(40, 8, 128),
} as const satisfies SharedShape;

export const qwen32b = {
  layers: 64,
  hiddenSize: 5120,
  intermediateSize: 27_648,
  vocabulary: 152_064,
  attention: gqa(40, 8, 128),
} as const satisfies SharedShape;

/** 32,768 tokens without YaRN, which the instruct models' `config.json` does not switch on. */
const qwen25 = { licence: "apache-2.0", maxContext: 32_768 } as const;
const qwen3 = { licence: "apache-2.0", vocabulary: 151_936, maxContext: 40_960 } as const;
/**
 * Published without an output head, so that nothing but the embedding matrix has the vocabulary's size.
 * Source: their `config.json` (vLLM's and AWS Neuron's copies) and the sizes of their files.
 */
const qwen3Embedding = { licence: "apache-2.0", task: "embed", tiedEmbeddings: true } as const;
const noDense = { intermediateSize: 0 } as const;

/** Its publisher's own files: 4-bit ones of every Qwen 2.5, FP8 of every Qwen 3, 4-bit ones of some. */
const int4 = (id: string) => ({ awq: `${id}-AWQ`, gptq: `${id}-GPTQ-Int4` });
const fp8 = (id: string) => ({ fp8: `${id}-FP8` });
const fp8AndAwq = (id: string) => ({ ...fp8(id), awq: `${id}-AWQ` });
const fp8AndGptq = (id: string) => ({ ...fp8(id), gptq: `${id}-GPTQ-Int4` });

export const qwenModels = [
  model({
    ...qwen25,
    id: "Qwen/Qwen2.5-0.5B-Instruct",
    artefacts: int4("Qwen/Qwen2.5-0.5B-Instruct"),
    ollama: "qwen2.5:0.5b-instruct",
    layers: 24,
    hiddenSize: 896,
    intermediateSize: 4864,
    vocabulary: 151_936,
    tiedEmbeddings: true,
    attention: gqa(14, 2, 64),
  }),
  model({
    ...qwen25,
    id: "Qwen/Qwen2.5-1.5B-Instruct",
    artefacts: int4("Qwen/Qwen2.5-1.5B-Instruct"),
    ollama: "qwen2.5:1.5b-instruct",
    layers: 28,
    hiddenSize: 1536,
    intermediateSize: 8960,
    vocabulary: 151_936,
    tiedEmbeddings: true,
    attention: gqa(12, 2, 128),
  }),
  model({
    ...qwen25,
    id: "Qwen/Qwen2.5-3B-Instruct",
    artefacts: int4("Qwen/Qwen2.5-3B-Instruct"),
    licence: "qwen-research",
    ollama: "qwen2.5:3b-instruct",
    layers: 36,
    hiddenSize: 2048,
    intermediateSize: 11_008,
    vocabulary: 151_936,
    tiedEmbeddings: true,
    attention: gqa(16, 2, 128),
  }),
  model({
    ...qwen25,
    id: "Qwen/Qwen2.5-7B-Instruct",
    artefacts: int4("Qwen/Qwen2.5-7B-Instruct"),
    ollama: "qwen2.5:7b-instruct",
    layers: 28,
    hiddenSize: 3584,
    intermediateSize: 18_944,
    vocabulary: 152_064,
    attention: gqa(28, 4, 128),
  }),
  model({
    ...qwen25,
    ...qwen14b,
    id: "Qwen/Qwen2.5-14B-Instruct",
    artefacts: int4("Qwen/Qwen2.5-14B-Instruct"),
    ollama: "qwen2.5:14b-instruct",
  }),
  model({
    ...qwen25,
    ...qwen32b,
    id: "Qwen/Qwen2.5-32B-Instruct",
    artefacts: int4("Qwen/Qwen2.5-32B-Instruct"),
    ollama: "qwen2.5:32b-instruct",
  }),
  model({
    ...qwen25,
    id: "Qwen/Qwen2.5-72B-Instruct",
    artefacts: int4("Qwen/Qwen2.5-72B-Instruct"),
    licence: "qwen",
    ollama: "qwen2.5:72b-instruct",
    layers: 80,
    hiddenSize: 8192,
    intermediateSize: 29_568,
    vocabulary: 152_064,
    attention: gqa(64, 8, 128),
  }),
  model({
    ...qwen3,
    id: "Qwen/Qwen3-0.6B",
    artefacts: fp8("Qwen/Qwen3-0.6B"),
    ollama: "qwen3:0.6b",
    layers: 28,
    hiddenSize: 1024,
    intermediateSize: 3072,
    tiedEmbeddings: true,
    attention: gqa(16, 8, 128),
  }),
  model({
    ...qwen3,
    id: "Qwen/Qwen3-1.7B",
    artefacts: fp8("Qwen/Qwen3-1.7B"),
    ollama: "qwen3:1.7b",
    layers: 28,
    hiddenSize: 2048,
    intermediateSize: 6144,
    tiedEmbeddings: true,
    attention: gqa(16, 8, 128),
  }),
  model({
    ...qwen3,
    id: "Qwen/Qwen3-4B",
    artefacts: fp8AndAwq("Qwen/Qwen3-4B"),
    ollama: "qwen3:4b",
    layers: 36,
    hiddenSize: 2560,
    intermediateSize: 9728,
    tiedEmbeddings: true,
    attention: gqa(32, 8, 128),
  }),
  model({
    ...qwen3,
    id: "Qwen/Qwen3-8B",
    artefacts: fp8AndAwq("Qwen/Qwen3-8B"),
    ollama: "qwen3:8b",
    layers: 36,
    hiddenSize: 4096,
    intermediateSize: 12_288,
    attention: gqa(32, 8, 128),
  }),
  model({
    ...qwen3,
    id: "Qwen/Qwen3-14B",
    artefacts: fp8AndAwq("Qwen/Qwen3-14B"),
    ollama: "qwen3:14b",
    layers: 40,
    hiddenSize: 5120,
    intermediateSize: 17_408,
    attention: gqa(40, 8, 128),
  }),
  model({
    ...qwen3,
    id: "Qwen/Qwen3-32B",
    artefacts: fp8AndAwq("Qwen/Qwen3-32B"),
    ollama: "qwen3:32b",
    layers: 64,
    hiddenSize: 5120,
    intermediateSize: 25_600,
    attention: gqa(64, 8, 128),
  }),
  model({
    ...qwen3,
    ...noDense,
    id: "Qwen/Qwen3-30B-A3B",
    artefacts: fp8AndGptq("Qwen/Qwen3-30B-A3B"),
    ollama: "qwen3:30b-a3b",
    layers: 48,
    hiddenSize: 2048,
    attention: gqa(32, 4, 128),
    experts: { count: 128, active: 8, shared: 0, intermediateSize: 768, denseLayers: 0 },
  }),
  model({
    ...qwen3,
    ...noDense,
    id: "Qwen/Qwen3-235B-A22B",
    artefacts: fp8AndGptq("Qwen/Qwen3-235B-A22B"),
    ollama: "qwen3:235b-a22b",
    layers: 94,
    hiddenSize: 4096,
    attention: gqa(64, 4, 128),
    experts: { count: 128, active: 8, shared: 0, intermediateSize: 1536, denseLayers: 0 },
  }),
  model({
    ...qwen3Embedding,
    id: "Qwen/Qwen3-Embedding-0.6B",
    ollama: "qwen3-embedding:0.6b",
    layers: 28,
    hiddenSize: 1024,
    intermediateSize: 3072,
    vocabulary: 151_669,
    attention: gqa(16, 8, 128),
    maxContext: 32_768,
  }),
  model({
    ...qwen3Embedding,
    id: "Qwen/Qwen3-Embedding-4B",
    ollama: "qwen3-embedding:4b",
    layers: 36,
    hiddenSize: 2560,
    intermediateSize: 9728,
    vocabulary: 151_665,
    attention: gqa(32, 8, 128),
    maxContext: 40_960,
  }),
  model({
    ...qwen3Embedding,
    id: "Qwen/Qwen3-Embedding-8B",
    ollama: "qwen3-embedding:8b",
    layers: 36,
    hiddenSize: 4096,
    intermediateSize: 12_288,
    vocabulary: 151_665,
    attention: gqa(32, 8, 128),
    maxContext: 40_960,
  }),
] as const;
