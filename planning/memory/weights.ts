import type { Attention, ModelArchitecture } from "../../catalog/models/architecture.ts";
import { type Quantization, quantizations } from "../../catalog/quantizations.ts";
import type { Deployment } from "./estimate.ts";
import { mebibyte } from "./units.ts";

/** How weights lie on GPUs: layers in so many stages, each layer split over so many GPUs. */
export interface Split {
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
}

/** Bits of what no format touches: embeddings of safetensors files, towers, and attention beside quantized experts. */
const unquantizedBits = 16;

/**
 * Bytes of weights on the fullest GPU.
 *
 * A layer's matrices are split evenly over `tensorParallel`, but for what every GPU needs whole: the key and value
 * projections of a head that several GPUs share, and the down-projections of latent attention. The fullest stage has
 * ceil(layers / pipelineParallel) layers and, with more than one stage, one of embedding and output head.
 * Source: vLLM 0.33.0, model_executor/layers/linear.py (QKVParallelLinear, ReplicatedLinear) and
 * distributed/utils.py (get_pp_indices).
 */
export function weightBytesPerGpu(
  architecture: ModelArchitecture,
  quantization: Quantization,
  { tensorParallel, pipelineParallel }: Split,
): number {
  const { layers, embeddingParameters, towerParameters } = architecture;
  const { bits } = quantization;
  const inStage = (layerBytes(architecture, quantization) * stageLayers(layers, pipelineParallel)) / layers;
  const wholeBytes =
    (copiedParameters(architecture, tensorParallel) *
      (quantization.expertsOnly ? unquantizedBits : bits.layers)) /
    8;
  const copies = wholeBytes * stageLayers(layers, pipelineParallel);
  const matrix = architecture.vocabulary * architecture.hiddenSize;
  const endBytes =
    pipelineParallel > 1 || architecture.tiedEmbeddings
      ? (matrix * Math.max(bits.embedding, bits.head)) / 8
      : ((embeddingParameters - matrix) * bits.embedding + matrix * bits.head) / 8;
  return (inStage + endBytes + (towerParameters * unquantizedBits) / 8) / tensorParallel + copies;
}

/** MiB of all weights as the server reads them, on disk. */
export function diskMiB({
  architecture,
  quantization: name,
}: Pick<Deployment, "architecture" | "quantization">): number {
  const onDisk = quantizations[name].online ? quantizations[architecture.published] : quantizations[name];
  const { bits } = onDisk;
  const { vocabulary, hiddenSize, tiedEmbeddings, towerParameters, draftParameters } = architecture;
  const matrix = vocabulary * hiddenSize;
  const ends = tiedEmbeddings ? matrix * bits.head : matrix * (bits.embedding + bits.head);
  const drafts = onDisk.file === "safetensors" ? draftParameters * bits.layers : 0;
  const bytes = layerBytes(architecture, onDisk) + (ends + towerParameters * unquantizedBits + drafts) / 8;
  return Math.ceil(bytes / mebibyte);
}

/** Layers of the fullest stage. */
export function stageLayers(layers: number, pipelineParallel: number): number {
  return Math.ceil(layers / pipelineParallel);
}

export function layerBytes(architecture: ModelArchitecture, { bits, expertsOnly }: Quantization): number {
  const { parameters, embeddingParameters, towerParameters, expertParameters } = architecture;
  const inLayers = parameters - embeddingParameters - towerParameters;
  if (!expertsOnly) return (inLayers * bits.layers) / 8;
  return (expertParameters * bits.layers + (inLayers - expertParameters) * unquantizedBits) / 8;
}

/** Parameters per layer that a GPU has beyond its even share, because it needs them whole. */
function copiedParameters({ attention, hiddenSize }: ModelArchitecture, tensorParallel: number): number {
  const whole = wholeParameters(attention, hiddenSize, tensorParallel);
  return whole.held - whole.parameters / tensorParallel;
}

function wholeParameters(
  attention: Attention,
  hiddenSize: number,
  tensorParallel: number,
): { readonly parameters: number; readonly held: number } {
  if (attention.kind === "mla") {
    const down = attention.kvLoraRank + attention.ropeHeadDim + (attention.qLoraRank ?? 0);
    return { parameters: hiddenSize * down, held: hiddenSize * down };
  }
  const perHead = 2 * hiddenSize * attention.headDim;
  const parameters = perHead * attention.kvHeads;
  return { parameters, held: perHead * Math.max(1, attention.kvHeads / tensorParallel) };
}
