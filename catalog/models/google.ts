import { towerParameters } from "./parameters.ts";
import { gqa, model } from "./row.ts";

const gemma = { licence: "gemma", gated: true, tiedEmbeddings: true } as const;
const gemma2 = { ...gemma, vocabulary: 256_000, maxContext: 8192 } as const;

/** SigLIP 400M. */
const siglip = {
  layers: 27,
  hiddenSize: 1152,
  intermediateSize: 4304,
  patchSize: 14,
  imageSize: 896,
} as const;

/** With an embedding of 262,208 rows and a vision tower. */
const gemma3Vision = { ...gemma, vocabulary: 262_208, maxContext: 131_072 } as const;

export const googleModels = [
  model({
    ...gemma2,
    id: "google/gemma-2-2b-it",
    ollama: "gemma2:2b-instruct",
    layers: 26,
    hiddenSize: 2304,
    intermediateSize: 9216,
    attention: gqa(8, 4, 256),
    slidingWindow: { tokens: 4096, layers: 13 },
  }),
  model({
    ...gemma2,
    id: "google/gemma-2-9b-it",
    ollama: "gemma2:9b-instruct",
    layers: 42,
    hiddenSize: 3584,
    intermediateSize: 14_336,
    attention: gqa(16, 8, 256),
    slidingWindow: { tokens: 4096, layers: 21 },
  }),
  model({
    ...gemma2,
    id: "google/gemma-2-27b-it",
    ollama: "gemma2:27b-instruct",
    layers: 46,
    hiddenSize: 4608,
    intermediateSize: 36_864,
    attention: gqa(32, 16, 128),
    slidingWindow: { tokens: 4096, layers: 23 },
  }),
  model({
    ...gemma,
    id: "google/gemma-3-1b-it",
    ollama: "gemma3:1b-it",
    layers: 26,
    hiddenSize: 1152,
    intermediateSize: 6912,
    vocabulary: 262_144,
    attention: gqa(4, 1, 256),
    slidingWindow: { tokens: 512, layers: 22 },
    maxContext: 32_768,
  }),
  model({
    ...gemma3Vision,
    id: "google/gemma-3-4b-it",
    ollama: "gemma3:4b-it",
    layers: 34,
    hiddenSize: 2560,
    intermediateSize: 10_240,
    attention: gqa(8, 4, 256),
    slidingWindow: { tokens: 1024, layers: 29 },
    towerParameters: towerParameters(siglip, 2560),
  }),
  model({
    ...gemma3Vision,
    id: "google/gemma-3-12b-it",
    ollama: "gemma3:12b-it",
    layers: 48,
    hiddenSize: 3840,
    intermediateSize: 15_360,
    attention: gqa(16, 8, 256),
    slidingWindow: { tokens: 1024, layers: 40 },
    towerParameters: towerParameters(siglip, 3840),
  }),
  model({
    ...gemma3Vision,
    id: "google/gemma-3-27b-it",
    ollama: "gemma3:27b-it",
    layers: 62,
    hiddenSize: 5376,
    intermediateSize: 21_504,
    attention: gqa(32, 16, 128),
    slidingWindow: { tokens: 1024, layers: 52 },
    towerParameters: towerParameters(siglip, 5376),
  }),
] as const;
