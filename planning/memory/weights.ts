import type { Experts, ModelArchitecture } from "../../catalog/models/architecture.ts";
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
 * Bytes of weights on the fullest GPU of a PyTorch server.
 *
 * Matrices are split evenly over `tensorParallel`, but for what a GPU needs whole: see `copiedBytes`. The fullest stage
 * has ceil(layers / pipelineParallel) layers and, with more than one stage, embedding or output head.
 * Source: vLLM 0.33.0, model_executor/layers/linear.py (QKVParallelLinear, ReplicatedLinear) and
 * distributed/utils.py (get_pp_indices).
 */
export function weightBytesPerGpu(
  architecture: ModelArchitecture,
  quantization: Quantization,
  { tensorParallel, pipelineParallel }: Split,
): number {
  const { layers, vocabulary, hiddenSize, tiedEmbeddings, towerParameters } = architecture;
  const { bits } = quantization;
  const matrix = vocabulary * hiddenSize;
  const ends =
    pipelineParallel > 1 || tiedEmbeddings
      ? bytesOf(matrix, Math.max(bits.embedding, bits.head))
      : bytesOf(matrix, bits.embedding + bits.head);
  const split =
    layerBytes(architecture, quantization) * stageShare(layers, pipelineParallel) +
    ends +
    bytesOf(towerParameters, unquantizedBits);
  const whole =
    copiedBytes(architecture, quantization, tensorParallel) +
    paddingBytes(architecture, quantization, tensorParallel);
  return split / tensorParallel + whole * stageLayers(layers, pipelineParallel);
}

/**
 * MiB of all weights as the server reads them, on disk: for FP8 that vLLM makes while it loads, the published ones. Where
 * there is a ready-made copy in FP8 it is half as large.
 */
export function diskMiB({
  architecture,
  quantization: name,
}: Pick<Deployment, "architecture" | "quantization">): number {
  const quantization = quantizations[name].online
    ? quantizations[architecture.published]
    : quantizations[name];
  const { bits } = quantization;
  const { vocabulary, hiddenSize, tiedEmbeddings, towerParameters, draftParameters } = architecture;
  const ends = bytesOf(vocabulary * hiddenSize, tiedEmbeddings ? bits.head : bits.embedding + bits.head);
  const drafts = quantization.file === "safetensors" ? bytesOf(draftParameters, bits.layers) : 0;
  const tower = bytesOf(towerParameters, unquantizedBits);
  return Math.ceil((layerBytes(architecture, quantization) + ends + tower + drafts) / mebibyte);
}

/** Layers of the fullest stage. */
export function stageLayers(layers: number, stages: number): number {
  return Math.ceil(layers / stages);
}

/** Share of all layers that the fullest stage has. */
export function stageShare(layers: number, stages: number): number {
  return stageLayers(layers, stages) / layers;
}

/** Bytes of all layers, without embeddings and towers. */
export function layerBytes(architecture: ModelArchitecture, { bits, expertsOnly }: Quantization): number {
  const { parameters, embeddingParameters, towerParameters, expertParameters } = architecture;
  const inLayers = parameters - embeddingParameters - towerParameters;
  if (!expertsOnly) return bytesOf(inLayers, bits.layers);
  return bytesOf(expertParameters, bits.layers) + bytesOf(inLayers - expertParameters, unquantizedBits);
}

/**
 * Bytes per layer that a GPU has beyond its even share: the key and value projections of a head that several GPUs copy;
 * for latent attention the down-projections, which every GPU copies, and the up-projections in 16 bits, which vLLM
 * keeps once more for decoding (model_executor/layers/attention/mla_attention.py).
 */
function copiedBytes(
  { attention, hiddenSize }: ModelArchitecture,
  { bits, expertsOnly }: Quantization,
  tensorParallel: number,
): number {
  const layerBits = expertsOnly ? unquantizedBits : bits.layers;
  if (attention.kind === "gqa") {
    const copies = Math.max(1 / attention.kvHeads, 1 / tensorParallel) - 1 / tensorParallel;
    return bytesOf(2 * hiddenSize * attention.headDim * attention.kvHeads * copies, layerBits);
  }
  const { heads, qLoraRank, kvLoraRank, ropeHeadDim, nopeHeadDim, valueHeadDim } = attention;
  const down = hiddenSize * (kvLoraRank + ropeHeadDim + (qLoraRank ?? 0));
  const up = kvLoraRank * heads * (nopeHeadDim + valueHeadDim);
  return bytesOf(down * (1 - 1 / tensorParallel), layerBits) + bytesOf(up / tensorParallel, unquantizedBits);
}

/**
 * Bytes per layer by which vLLM widens experts in MXFP4: their width to a multiple of 128 on each GPU, the model's to one
 * of 256. gpt-oss-20b: 2,944 * 3,072 for 2,880 * 2,880 is 9 % more, 13.7 GiB in all, as logs say.
 * Source: vLLM 0.33.0 model_executor/layers/fused_moe/oracle/mxfp4.py (Marlin, TRT-LLM).
 */
function paddingBytes(
  { layers, experts, hiddenSize, expertParameters }: ModelArchitecture,
  { bits, expertsOnly }: Quantization,
  tensorParallel: number,
): number {
  if (experts === undefined || !expertsOnly) return 0;
  return bytesOf(
    (expertParameters / layers / tensorParallel) * widening(experts, hiddenSize, tensorParallel),
    bits.layers,
  );
}

function widening({ intermediateSize }: Experts, hiddenSize: number, tensorParallel: number): number {
  const width = intermediateSize / tensorParallel;
  return ((Math.ceil(width / 128) * 128) / width) * ((Math.ceil(hiddenSize / 256) * 256) / hiddenSize) - 1;
}

function bytesOf(parameters: number, bits: number): number {
  return (parameters * bits) / 8;
}
