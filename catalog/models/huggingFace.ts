import type { ModelArchitecture } from "./architecture.ts";
import { type ConfigFault, readFields } from "./configFields.ts";
import { shapeOf } from "./configShape.ts";
import { architectureOf } from "./parameters.ts";

export type { ConfigFault } from "./configFields.ts";

/** What a `config.json` says: an architecture, or every fault that keeps it from being one. */
export type ConfigReading =
  | { readonly architecture: ModelArchitecture; readonly faults: readonly [] }
  | { readonly architecture: undefined; readonly faults: readonly ConfigFault[] };

/**
 * Reads a model's Hugging Face `config.json`, for one that the catalog doesn't have.
 *
 * Any `model_type` will do whose layers are full or sliding-window attention, grouped or latent, and feed-forward
 * networks with a gate, dense or as experts: Llama, Mistral, Mixtral, Qwen 2 and 3, Gemma 2 and 3, Phi 3 and 4, DeepSeek
 * V2 and V3, gpt-oss and what follows them. A nested `text_config` is read with what surrounds it. State-space and linear
 * attention are refused: their cache does not grow with the context, so these formulas would be wrong.
 */
export function readHuggingFace(config: unknown): ConfigReading {
  const reading = readFields(config);
  if (reading.fields === undefined) return { architecture: undefined, faults: reading.faults };
  const { value, faults } = shapeOf(reading.fields);
  return faults.length > 0
    ? { architecture: undefined, faults }
    : { architecture: architectureOf(value), faults: [] };
}

/** Every fault of a `config.json` at once. */
export class ModelConfigError extends Error {
  override readonly name = "ModelConfigError";
  constructor(readonly faults: readonly ConfigFault[]) {
    super(faults.map(({ field, problem }) => `${field || "config.json"} ${problem}`).join("\n"));
  }
}

/**
 * The architecture that a `config.json` describes.
 * @throws ModelConfigError with every fault; `readHuggingFace` gives them back instead
 */
export function fromHuggingFace(config: unknown): ModelArchitecture {
  const { architecture, faults } = readHuggingFace(config);
  if (architecture === undefined) throw new ModelConfigError(faults);
  return architecture;
}
