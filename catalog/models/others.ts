import { gqa, model } from "./row.ts";

/** Experts in MXFP4, the rest in bf16; every other layer looks back 128 tokens. */
const gptOss = {
  licence: "apache-2.0",
  hiddenSize: 2880,
  intermediateSize: 0,
  vocabulary: 201_088,
  attention: gqa(64, 8, 64),
  maxContext: 131_072,
  published: "mxfp4",
} as const;

export const otherModels = [
  model({
    ...gptOss,
    id: "openai/gpt-oss-20b",
    ollama: "gpt-oss:20b",
    layers: 24,
    slidingWindow: { tokens: 128, layers: 12 },
    experts: { count: 32, active: 4, shared: 0, intermediateSize: 2880, denseLayers: 0 },
  }),
  model({
    ...gptOss,
    id: "openai/gpt-oss-120b",
    ollama: "gpt-oss:120b",
    layers: 36,
    slidingWindow: { tokens: 128, layers: 18 },
    experts: { count: 128, active: 4, shared: 0, intermediateSize: 2880, denseLayers: 0 },
  }),
  model({
    id: "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    licence: "apache-2.0",
    ollama: "tinyllama:1.1b-chat-v1",
    layers: 22,
    hiddenSize: 2048,
    intermediateSize: 5632,
    vocabulary: 32_000,
    attention: gqa(32, 4, 64),
    maxContext: 2048,
  }),
] as const;
