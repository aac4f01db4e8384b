import { imageRef } from "../../catalog/images.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { bucketNameOf } from "../data/buckets.ts";
import type { PodRolePlan } from "../foundation/iam/roles.ts";
import { mebibyte } from "../memory/units.ts";
import type { ModelPlan } from "../models.ts";
import { fitName } from "../names.ts";
import type { Resources } from "../services.ts";
import { stagingNamespace } from "./namespaces.ts";
import { stagingRole } from "./role.ts";
import { hubBytesPerSecond } from "./timing.ts";
import { planWeights, type WeightsPlan } from "./weights.ts";

/** A Job that fills a prefix of the models bucket from the hub, once per revision. */
export interface StagingPlan {
  /** Name of the Job and of its service account. Changing the repository or its revision makes another. */
  readonly name: string;
  readonly namespace: string;
  /** An image with Python 3; the program is mounted. */
  readonly image: string;
  /** Prefix in the models bucket, without slashes at its ends. */
  readonly prefix: string;
  /** Models whose files these are. */
  readonly models: readonly string[];
  /** `stage.json`: what `m2m/stage` reads. */
  readonly file: string;
  /** Whether the hub wants a token. */
  readonly gated: boolean;
  readonly resources: Resources;
  /** Seconds that it may take. */
  readonly deadlineSeconds: number;
  readonly role: PodRolePlan;
}

/** Secret with the hub's token, in that namespace. */
export const hubTokenSecret = { name: "hugging-face", key: "token" } as const;

/** Four files at a time go through it in parts of 64 MiB, some 1 GiB in all; its CPUs hash and encrypt. */
const resources: Resources = {
  requests: { cpu: "500m", memory: "1024Mi" },
  limits: { memory: "2048Mi" },
};

/** How much slower than estimated the hub may be before the Job counts as failed; half an hour at least. */
const patience = 4;
const leastSeconds = 1800;

/**
 * The Jobs that fill the models bucket: one for each set of files, however many models load them. Models of Ollama's
 * library have stores of their own, and baked ones have their weights in an image.
 */
export function planStaging(spec: AwsPlatformSpec, models: readonly ModelPlan[]): StagingPlan[] {
  const bucket = bucketNameOf(spec, "models");
  const byPrefix = new Map<string, { weights: WeightsPlan; users: ModelPlan[] }>();
  for (const model of models) {
    if (model.engine === "ollama" || spec.models[model.name]?.weights === "baked") continue;
    const weights = planWeights(model, bucket);
    if (weights.prefix === undefined) continue;
    const known = byPrefix.get(weights.prefix);
    byPrefix.set(weights.prefix, { weights, users: [...(known?.users ?? []), model] });
  }
  return [...byPrefix].map(([prefix, { users, weights }]) => stagingOf(spec, prefix, weights, users));
}

function stagingOf(
  spec: AwsPlatformSpec,
  prefix: string,
  { gated, repository, revision, source }: WeightsPlan,
  users: readonly ModelPlan[],
): StagingPlan {
  const name = fitName("task", `stage-${repository}-${revision ?? "main"}`);
  const bytes = Math.max(...users.map(({ memory }) => memory.diskMiB)) * mebibyte;
  const stage = {
    model: repository,
    revision: revision ?? null,
    allowUnpinned: revision === undefined,
    target: source,
    ...(gated ? { tokenSecret: `${stagingNamespace}/${hubTokenSecret.name}` } : {}),
  };
  return {
    name,
    namespace: stagingNamespace,
    image: imageRef("mlflow"),
    prefix,
    models: users.map((user) => user.name),
    file: `${JSON.stringify(stage, undefined, 2)}\n`,
    gated,
    resources,
    deadlineSeconds: Math.max(leastSeconds, Math.ceil((patience * bytes) / hubBytesPerSecond / 60) * 60),
    role: stagingRole(spec, { name, namespace: stagingNamespace, prefix }),
  };
}
