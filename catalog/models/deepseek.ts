import { llama8b, llama70b } from "./meta.ts";
import { qwen14b, qwen32b } from "./qwen.ts";
import { model } from "./row.ts";

const distilled = { licence: "mit", distilled: true, maxContext: 131_072 } as const;

const v3 = {
  licence: "mit",
  layers: 61,
  hiddenSize: 7168,
  intermediateSize: 18_432,
  vocabulary: 129_280,
  attention: {
    kind: "mla",
    heads: 128,
    qLoraRank: 1536,
    kvLoraRank: 512,
    ropeHeadDim: 64,
    nopeHeadDim: 128,
    valueHeadDim: 128,
  },
  experts: { count: 256, active: 8, shared: 1, intermediateSize: 2048, denseLayers: 3 },
  maxContext: 163_840,
  nextTokenLayers: 1,
  published: "fp8",
} as const;

export const deepseekModels = [
  model({
    ...distilled,
    ...llama8b,
    id: "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
    ollama: "deepseek-r1:8b-llama-distill",
  }),
  model({
    ...distilled,
    ...llama70b,
    id: "deepseek-ai/DeepSeek-R1-Distill-Llama-70B",
    ollama: "deepseek-r1:70b-llama-distill",
  }),
  model({
    ...distilled,
    ...qwen14b,
    id: "deepseek-ai/DeepSeek-R1-Distill-Qwen-14B",
    ollama: "deepseek-r1:14b-qwen-distill",
  }),
  model({
    ...distilled,
    ...qwen32b,
    id: "deepseek-ai/DeepSeek-R1-Distill-Qwen-32B",
    ollama: "deepseek-r1:32b-qwen-distill",
  }),
  model({ ...v3, id: "deepseek-ai/DeepSeek-R1", ollama: "deepseek-r1:671b" }),
  model({ ...v3, id: "deepseek-ai/DeepSeek-R1-0528", ollama: "deepseek-r1:671b-0528" }),
  model({ ...v3, id: "deepseek-ai/DeepSeek-V3", ollama: "deepseek-v3:671b" }),
  model({ ...v3, id: "deepseek-ai/DeepSeek-V3-0324" }),
] as const;
