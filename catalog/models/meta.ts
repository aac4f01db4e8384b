import { gqa, model, type SharedShape } from "./row.ts";

/** Also the shape of models that were distilled into it. */
export const llama8b = {
  layers: 32,
  hiddenSize: 4096,
  intermediateSize: 14_336,
  vocabulary: 128_256,
  attention: gqa(32, 8, 128),
} as const satisfies SharedShape;

export const llama70b = {
  layers: 80,
  hiddenSize: 8192,
  intermediateSize: 28_672,
  vocabulary: 128_256,
  attention: gqa(64, 8, 128),
} as const satisfies SharedShape;

export const metaModels = [
  model({
    id: "meta-llama/Meta-Llama-3-8B-Instruct",
    licence: "llama3",
    gated: true,
    ollama: "llama3:8b-instruct",
    ...llama8b,
    maxContext: 8192,
  }),
  model({
    id: "meta-llama/Meta-Llama-3-70B-Instruct",
    licence: "llama3",
    gated: true,
    ollama: "llama3:70b-instruct",
    ...llama70b,
    maxContext: 8192,
  }),
  model({
    id: "meta-llama/Llama-3.1-8B-Instruct",
    licence: "llama3.1",
    gated: true,
    ollama: "llama3.1:8b-instruct",
    ...llama8b,
    maxContext: 131_072,
  }),
  model({
    id: "meta-llama/Llama-3.1-70B-Instruct",
    licence: "llama3.1",
    gated: true,
    ollama: "llama3.1:70b-instruct",
    ...llama70b,
    maxContext: 131_072,
  }),
  model({
    id: "meta-llama/Llama-3.1-405B-Instruct",
    licence: "llama3.1",
    gated: true,
    ollama: "llama3.1:405b-instruct",
    layers: 126,
    hiddenSize: 16_384,
    intermediateSize: 53_248,
    vocabulary: 128_256,
    attention: gqa(128, 8, 128),
    maxContext: 131_072,
  }),
  model({
    id: "meta-llama/Llama-3.2-1B-Instruct",
    licence: "llama3.2",
    gated: true,
    ollama: "llama3.2:1b-instruct",
    layers: 16,
    hiddenSize: 2048,
    intermediateSize: 8192,
    vocabulary: 128_256,
    tiedEmbeddings: true,
    attention: gqa(32, 8, 64),
    maxContext: 131_072,
  }),
  model({
    id: "meta-llama/Llama-3.2-3B-Instruct",
    licence: "llama3.2",
    gated: true,
    ollama: "llama3.2:3b-instruct",
    layers: 28,
    hiddenSize: 3072,
    intermediateSize: 8192,
    vocabulary: 128_256,
    tiedEmbeddings: true,
    attention: gqa(24, 8, 128),
    maxContext: 131_072,
  }),
  model({
    id: "meta-llama/Llama-3.3-70B-Instruct",
    licence: "llama3.3",
    gated: true,
    ollama: "llama3.3:70b-instruct",
    ...llama70b,
    maxContext: 131_072,
  }),
] as const;
