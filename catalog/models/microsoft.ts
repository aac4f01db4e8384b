import { gqa, model, type SharedShape } from "./row.ts";

/** Every head has keys and values of its own: 384 KiB of KV cache per token, three times that of Llama 3.1 8B. */
const phi3Mini = {
  layers: 32,
  hiddenSize: 3072,
  intermediateSize: 8192,
  vocabulary: 32_064,
  attention: gqa(32, 32, 96),
} as const satisfies SharedShape;

const phi14b = {
  layers: 40,
  hiddenSize: 5120,
  intermediateSize: 17_920,
  attention: gqa(40, 10, 128),
} as const;

export const microsoftModels = [
  model({
    id: "microsoft/Phi-3-mini-4k-instruct",
    licence: "mit",
    ollama: "phi3:3.8b-mini-4k-instruct",
    ...phi3Mini,
    slidingWindow: { tokens: 2047, layers: 32 },
    maxContext: 4096,
  }),
  model({
    id: "microsoft/Phi-3.5-mini-instruct",
    licence: "mit",
    ollama: "phi3.5:3.8b-mini-instruct",
    ...phi3Mini,
    maxContext: 131_072,
  }),
  model({
    id: "microsoft/Phi-3-medium-128k-instruct",
    licence: "mit",
    ollama: "phi3:14b-medium-128k-instruct",
    ...phi14b,
    vocabulary: 32_064,
    maxContext: 131_072,
  }),
  model({
    id: "microsoft/phi-4",
    licence: "mit",
    ollama: "phi4:14b",
    ...phi14b,
    vocabulary: 100_352,
    maxContext: 16_384,
  }),
  model({
    id: "microsoft/Phi-4-mini-instruct",
    licence: "mit",
    ollama: "phi4-mini:3.8b",
    layers: 32,
    hiddenSize: 3072,
    intermediateSize: 8192,
    vocabulary: 200_064,
    tiedEmbeddings: true,
    attention: gqa(24, 8, 128),
    maxContext: 131_072,
  }),
] as const;
