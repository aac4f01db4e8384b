import { artefactId, findModel, ollamaTag } from "../../catalog/models/models.ts";
import type { ModelPlan } from "../models.ts";

/** Files that are loaded for a model. */
export interface WeightsPlan {
  /** Hugging Face id: the model's own, or that of a ready-made copy in the format. */
  readonly repository: string;
  /** Commit of that repository; undefined where none is pinned. */
  readonly revision: string | undefined;
  /** `s3://bucket/prefix`, or `hub`. */
  readonly source: string;
  /** Prefix in the models bucket, without slashes at its ends; undefined without a bucket. */
  readonly prefix: string | undefined;
  /** Whether Hugging Face wants a token for them. */
  readonly gated: boolean;
}

/**
 * Where a PyTorch server's weights come from: staged once in the models bucket, where there is one, so that a start depends
 * on nobody's hub. The revision of a model's config is a commit of its own repository, so a copy by somebody else has none:
 * name the copy itself as `model`, with its architecture, where it must be pinned.
 * @param bucket name of the models bucket; undefined without AWS
 */
export function planWeights(
  { deployment, model, revision }: ModelPlan,
  bucket: string | undefined,
): WeightsPlan {
  const known = findModel(model);
  const repository = (known && artefactId(known, deployment.quantization)) ?? model;
  const pinned = repository === model ? revision : undefined;
  const prefix = bucket === undefined ? undefined : `weights/${repository}/${pinned ?? "main"}`;
  return {
    repository,
    revision: pinned,
    source: prefix === undefined ? "hub" : `s3://${bucket}/${prefix}`,
    prefix,
    gated: repository === model && (known?.gated ?? false),
  };
}

/** Name of a model in Ollama's library; undefined where the catalog knows of none. */
export function libraryTag({ deployment, model }: ModelPlan): string | undefined {
  const known = findModel(model);
  return known && ollamaTag(known, deployment.quantization);
}
