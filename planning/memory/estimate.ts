import type { Gpu } from "../../catalog/gpus.ts";
import type { ModelArchitecture } from "../../catalog/models/architecture.ts";
import type { KvCacheType, QuantizationName } from "../../catalog/quantizations.ts";
import type { Engine } from "../../spec/models.ts";

/** One way to run one server of a model. */
export interface Deployment {
  readonly engine: Engine;
  readonly architecture: ModelArchitecture;
  readonly quantization: QuantizationName;
  readonly kvCacheType: KvCacheType;
  /** Undefined: on the CPU. */
  readonly gpu: Gpu | undefined;
  /** 1 on the CPU. */
  readonly tensorParallel: number;
  /** 1 on the CPU. */
  readonly pipelineParallel: number;
  /** Share of a GPU's memory that the engine may take. Ollama has no such setting: it takes what it needs. */
  readonly gpuMemoryUtilization: number;
  /** Longest request in tokens. */
  readonly context: number;
  /** Requests held at the same time. */
  readonly concurrency: number;
  /** Tokens that such a request holds on average. */
  readonly tokensPerRequest: number;
}

/** Where the memory of the fullest GPU goes (of the host, for a server on the CPU), in MiB. */
export interface MemoryShares {
  /** All that a process can see of it, which is less than the card's. */
  readonly capacity: number;
  /** What the engine may take of it. */
  readonly budget: number;
  readonly weights: number;
  readonly activations: number;
  /** Captured CUDA graphs. */
  readonly graphs: number;
  /** CUDA context, communication buffers, the engine itself. */
  readonly runtime: number;
  /** What is left for the KV cache: negative when the rest alone doesn't fit. */
  readonly kvCache: number;
}

/** What a deployment takes, and whether it works. */
export interface MemoryEstimate {
  readonly shares: MemoryShares;
  /** KV bytes that one more token costs on the fullest GPU, all full-attention layers together. */
  readonly kvBytesPerToken: number;
  /** Tokens that the KV cache holds, over all GPUs of the server. */
  readonly kvTokens: number;
  /** Longest context with which the server would start. */
  readonly largestContext: number;
  /** Requests of `tokensPerRequest` that are held at the same time. */
  readonly concurrency: number;
  /** Memory of the host in MiB that the pod must request. */
  readonly hostMemoryMiB: number;
  /** Weights on disk in MiB. */
  readonly diskMiB: number;
  /**
   * MiB missing on the fullest GPU for one full context and the wanted concurrency; 0 when it fits, all of the weights
   * when the engine can't load them there at all.
   */
  readonly shortfallMiB: number;
  /** Undefined when it fits; else why not, for a person: "needs 41.2 GiB of 38.0 GiB on each L40S: ...". */
  readonly problem: string | undefined;
}
