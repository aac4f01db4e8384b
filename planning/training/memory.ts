import type { GpuName } from "../../catalog/gpus.ts";
import { gpu } from "../../catalog/gpus.ts";
import type { TrainedModelSpec, TrainingPrecision, TransformerSpec } from "../../spec/training.ts";
import { usableBytes } from "../memory/gpuMemory.ts";
import { gibText, mebibyte } from "../memory/units.ts";

/** What a training takes of a GPU, in MiB. */
export interface TrainingMemory {
  /** What a process can use of the GPU. */
  readonly capacity: number;
  /** Weights in 32 bits, and with a precision of 16 bits their copy for products. */
  readonly weights: number;
  readonly gradients: number;
  /** AdamW's two moments. */
  readonly optimizer: number;
  readonly activations: number;
  /** CUDA context, workspaces of its libraries, and what the allocator can't hand out. */
  readonly runtime: number;
  /** Why it doesn't fit; undefined where it does. */
  readonly problem: string | undefined;
}

/**
 * Bytes of one trained number. Weights in 32 bits 4, their copy in 16 bits for products 2, the gradient 4, AdamW's moments
 * 2 x 4. Source: Hugging Face Transformers 5.14, "GPU memory usage" (model_memory_anatomy).
 */
const bytesPerParameter = { weights: 4, copy: 2, gradients: 4, optimizer: 8 };

/** Context and workspaces of cuBLAS and cuDNN: an assumption with room; vLLM's logs show 0.6 GiB for the context alone. */
const runtimeBytes = 1024 * mebibyte;

/** Part of the rest that PyTorch's allocator can hand out, the remainder being lost between blocks: an assumption. */
const handedOut = 0.95;

/**
 * What training a model takes of a GPU with AdamW: weights, gradients and moments, activations of one batch, and what
 * PyTorch needs itself.
 */
export function trainingMemory(
  model: TrainedModelSpec,
  precision: TrainingPrecision,
  name: GpuName,
): TrainingMemory {
  const { parameters, transformer } = model;
  const { copy, gradients, optimizer, weights } = bytesPerParameter;
  const capacity = usableBytes(gpu(name));
  const bytes = {
    weights: parameters * (weights + (precision === "fp32" ? 0 : copy)),
    gradients: parameters * gradients,
    optimizer: parameters * optimizer,
    activations: transformer
      ? activationBytes(transformer, precision)
      : (model.activationsMiB ?? 0) * mebibyte,
  };
  const tensors = bytes.weights + bytes.gradients + bytes.optimizer + bytes.activations;
  const runtime = runtimeBytes + tensors * (1 / handedOut - 1);
  const needed = tensors + runtime;
  const parts = [
    `weights ${gibText(bytes.weights)}`,
    `gradients ${gibText(bytes.gradients)}`,
    `AdamW ${gibText(bytes.optimizer)}`,
    `activations ${gibText(bytes.activations)}`,
    `runtime ${gibText(runtime)}`,
  ];
  return {
    capacity: capacity / mebibyte,
    weights: bytes.weights / mebibyte,
    gradients: bytes.gradients / mebibyte,
    optimizer: bytes.optimizer / mebibyte,
    activations: bytes.activations / mebibyte,
    runtime: runtime / mebibyte,
    problem:
      needed <= capacity
        ? undefined
        : `needs ${gibText(needed)} of ${gibText(capacity)} on the ${name}: ${parts.join(", ")}`,
  };
}

/**
 * Bytes that a transformer keeps between the way forth and the way back: in each layer s b h (34 + 5 a s / h) at 16 bits,
 * for sequences of s tokens, batches of b, width h and a heads; without the second term where attention is fused, which
 * computes the pairs of tokens anew. At 32 bits twice as much. The logits in 32 bits, with their gradient: 2 x 4 s b v for
 * v tokens that are told apart.
 * Source: Korthikanti et al., "Reducing Activation Recomputation in Large Transformer Models", 2022, equation 2 and sections
 * 4.3 and 5.
 */
function activationBytes(
  { attention, batch, heads, layers, sequence, vocabulary, width }: TransformerSpec,
  precision: TrainingPrecision,
): number {
  const tokens = sequence * batch;
  const pairs = attention === "plain" ? 5 * heads * sequence : 0;
  const layer = tokens * (34 * width + pairs);
  return layers * layer * (precision === "fp32" ? 2 : 1) + 8 * tokens * vocabulary;
}

/** Bytes of a checkpoint: weights and moments in 32 bits. */
export function checkpointBytes({ parameters }: TrainedModelSpec): number {
  return parameters * (bytesPerParameter.weights + bytesPerParameter.optimizer);
}
