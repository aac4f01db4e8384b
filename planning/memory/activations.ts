import type { ModelArchitecture } from "../../catalog/models/architecture.ts";
import { mebibyte } from "./units.ts";

/** What one step computes at most. */
export interface BatchLimits {
  readonly tokens: number;
  readonly sequences: number;
}

/** Bytes of a 16-bit activation. */
const half = 2;

/** Bytes per logit while sampling: 16-bit logits, 32-bit logits and probabilities, and what sorts them. */
const bytesPerLogit = 14;

/** Hidden states of one batch that are alive at the same time: residual, input, output and their norms. */
const hiddenCopies = 6;

/** Positions, block tables, sampling parameters. */
const buffers = 64 * mebibyte;

/** What a vision tower's profiling run adds. */
const towerActivations = 256 * mebibyte;

/**
 * Bytes that one step of a PyTorch server takes at most on one GPU, with n tokens and s sequences:
 *
 *     forward   n * 2 B * (6 h + the larger of attention's queries, keys, values and output, and 3 * intermediate)
 *     sampling  s * vocabulary * 14 B + 2 * n * h * 2 B, on every GPU whole
 *     experts   n * active * 2 B * (the larger of 2 * intermediate and h, and intermediate, and h), kept all the time
 *
 * the larger of the first two, and the third. Attention and intermediate are shared out by tensor parallelism, the
 * rest is not. The three constants are fitted to the profiles of 30 models on H100 by vLLM 0.19.0 (llm-d-planner pull
 * request 205, accuracy/results/v0.19.0/results_raw.csv), such that none is more than 0.2 GiB above the estimate.
 */
export function activationBytes(
  architecture: ModelArchitecture,
  { tokens, sequences }: BatchLimits,
  tensorParallel: number,
): number {
  const { hiddenSize, intermediateSize, vocabulary, experts, towerParameters } = architecture;
  const layerWidth = Math.max(attentionWidth(architecture), 3 * intermediateSize) / tensorParallel;
  const forward = tokens * half * (hiddenCopies * hiddenSize + layerWidth);
  const sampling = sequences * vocabulary * bytesPerLogit + 2 * tokens * hiddenSize * half;
  const routed = experts
    ? tokens *
      experts.active *
      half *
      (Math.max((2 * experts.intermediateSize) / tensorParallel, hiddenSize) +
        experts.intermediateSize / tensorParallel +
        hiddenSize)
    : 0;
  return Math.max(forward, sampling) + routed + buffers + (towerParameters > 0 ? towerActivations : 0);
}

/** Numbers per token that attention computes: queries, keys and values, and its output. */
function attentionWidth({ attention }: ModelArchitecture): number {
  const { heads } = attention;
  if (attention.kind === "gqa") return (2 * heads + 2 * attention.kvHeads) * attention.headDim;
  const keyDim = attention.nopeHeadDim + attention.ropeHeadDim;
  return heads * (2 * keyDim + 2 * attention.valueHeadDim);
}
