import { type QuantizationName, quantizations } from "../quantizations.ts";
import type { CatalogModel } from "./architecture.ts";
import { deepseekModels } from "./deepseek.ts";
import { googleModels } from "./google.ts";
import { metaModels } from "./meta.ts";
import { microsoftModels } from "./microsoft.ts";
import { mistralModels } from "./mistral.ts";
import { otherModels } from "./others.ts";
import { qwenModels } from "./qwen.ts";

/**
 * Models that need no `config.json` of their own in a description, by Hugging Face id.
 *
 * Shapes: litgpt 0.5.13 litgpt/config.py, each model's `config.json`, KAITO's model_catalog.yaml (2026-08); sizes of
 * the published files (KAITO) agree with the parameters counted from them. Names of Ollama's library, licences, gating
 * and ready-made files: model cards and public code up to November 2026; tags and repositories can move.
 */
export const models: ReadonlyMap<string, CatalogModel> = new Map(
  [
    ...metaModels,
    ...qwenModels,
    ...mistralModels,
    ...googleModels,
    ...microsoftModels,
    ...deepseekModels,
    ...otherModels,
  ].map((row) => [row.id, row]),
);

/** The model of that Hugging Face id; undefined where the catalog doesn't have it. Case matters, as there. */
export function findModel(id: string): CatalogModel | undefined {
  return models.get(id);
}

/**
 * Hugging Face id of the files that PyTorch servers load for a model in that format: its own where it is published in it
 * or vLLM makes it at start, else a ready-made copy; undefined where the catalog knows of none.
 */
export function artefactId(model: CatalogModel, quantization: QuantizationName): string | undefined {
  const ready = model.artefacts[quantization];
  if (ready !== undefined) return ready;
  return quantization === model.published || quantizations[quantization].online ? model.id : undefined;
}

/**
 * Name under which Ollama's library has the model in that format, such as `llama3.1:8b-instruct-q4_K_M`; undefined
 * where it has none. A format in which a model was published has no suffix. Tags move: pin the manifest's digest.
 */
export function ollamaTag(model: CatalogModel, quantization: QuantizationName): string | undefined {
  if (model.ollama === undefined) return undefined;
  return quantization === model.published ? model.ollama : `${model.ollama}-${quantization}`;
}
