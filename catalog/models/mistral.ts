import { gqa, model } from "./row.ts";

export const mistralModels = [
  model({
    id: "mistralai/Mistral-7B-Instruct-v0.3",
    licence: "apache-2.0",
    ollama: "mistral:7b-instruct-v0.3",
    layers: 32,
    hiddenSize: 4096,
    intermediateSize: 14_336,
    vocabulary: 32_768,
    attention: gqa(32, 8, 128),
    maxContext: 32_768,
  }),
  model({
    id: "mistralai/Mixtral-8x7B-Instruct-v0.1",
    licence: "apache-2.0",
    ollama: "mixtral:8x7b-instruct-v0.1",
    layers: 32,
    hiddenSize: 4096,
    intermediateSize: 0,
    vocabulary: 32_000,
    attention: gqa(32, 8, 128),
    experts: { count: 8, active: 2, shared: 0, intermediateSize: 14_336, denseLayers: 0 },
    maxContext: 32_768,
  }),
  model({
    id: "mistralai/Mixtral-8x22B-Instruct-v0.1",
    licence: "apache-2.0",
    ollama: "mixtral:8x22b-instruct-v0.1",
    layers: 56,
    hiddenSize: 6144,
    intermediateSize: 0,
    vocabulary: 32_768,
    attention: gqa(48, 8, 128),
    experts: { count: 8, active: 2, shared: 0, intermediateSize: 16_384, denseLayers: 0 },
    maxContext: 65_536,
  }),
] as const;
