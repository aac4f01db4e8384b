import { imageRef } from "../../catalog/images.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { mebibyte } from "../memory/units.ts";
import type { ModelPlan } from "../models.ts";
import { fitName } from "../names.ts";
import { planStore } from "../serving/engines/ollama.ts";
import { bakedFolder } from "../serving/engines/parts.ts";
import type { ServingPlan } from "../serving/servingPlan.ts";
import { libraryTag, planWeights, type WeightsPlan } from "../serving/weights.ts";
import { type BuildPlan, type BuildPlatform, output, reproducible } from "./images.ts";

/**
 * An image of a server with one model's weights in it. What it is named by, `ollama/tinyllama:1.1b-chat-v1-q4_K_M`, tells
 * engine, model, version and format; twelve digits behind that tell the content apart, as for every image that is built.
 */
export interface BakedPlan extends BuildPlan {
  readonly model: string;
  /** Repository in ECR: `ai-platform-dev/ollama/qwen3`. */
  readonly repository: string;
  /** Whether the hub wants a token while it is built. */
  readonly gated: boolean;
  /** Of the weights, which is nearly all that it has beside its base. */
  readonly weightsGB: number;
}

/** ECR takes no larger layer, and the weights are one. Source: Amazon ECR user guide, "Amazon ECR service quotas". */
const mostLayerMiB = 52_000;

/** Why a model's weights can't be in an image; nothing where they can, or needn't. */
export function bakingProblems(models: readonly ModelPlan[], plans: readonly ServingPlan[]): string[] {
  return bakedModels(models, plans)
    .filter(({ memory }) => memory.diskMiB > mostLayerMiB)
    .map(
      ({ memory, name }) =>
        `models.${name}.weights: baked makes one layer of ${Math.ceil(memory.diskMiB)} MiB, and ECR takes at most ${mostLayerMiB}: leave it at fetched`,
    );
}

/** The images with weights in them that an environment's pods name. */
export function planBaked(
  { environment, models: specs, ownership }: Pick<AwsPlatformSpec, "environment" | "models" | "ownership">,
  models: readonly ModelPlan[],
  plans: readonly ServingPlan[],
  platforms: readonly BuildPlatform[],
): BakedPlan[] {
  return bakedModels(models, plans).map((model) => {
    const [repository = "", version = ""] = model.image.split(":");
    const ollama = model.engine === "ollama";
    const weights = planWeights(model, undefined);
    return {
      model: model.name,
      repository: fitName("ecr-repository", `${ownership.project}-${environment}/${repository}`),
      version,
      source: ollama ? "m2m/images/ollama" : "m2m/images/vllm",
      contexts: ollama ? {} : { bake: "m2m/bake", entrypoint: "m2m/entrypoint" },
      platforms,
      buildArgs: {
        ...reproducible,
        SERVER: imageRef(ollama ? "ollama" : "vllm"),
        ...(ollama ? fromLibrary(model, specs[model.name]?.digest) : fromHub(model, weights)),
      },
      output,
      labels: {
        "org.opencontainers.image.title": repository,
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.source": `https://huggingface.co/${weights.repository}`,
      },
      gated: !ollama && weights.gated,
      weightsGB: (model.memory.diskMiB * mebibyte) / 1e9,
    };
  });
}

function fromLibrary(model: ModelPlan, digest: string | undefined): Record<string, string> {
  const tag = libraryTag(model);
  if (tag === undefined) throw new RangeError(`Ollama's library has no ${model.model}, and it is planned`);
  const { manifest } = planStore(model, tag, digest);
  return { MODEL: tag, MANIFEST: `${bakedFolder}/${manifest}`, DIGEST: digest ?? "" };
}

function fromHub({ name }: ModelPlan, { repository, revision }: WeightsPlan): Record<string, string> {
  if (revision === undefined) throw new RangeError(`${name} is baked without a revision`);
  return { MODEL: repository, REVISION: revision, DIRECTORY: `${bakedFolder}/${name}` };
}

function bakedModels(models: readonly ModelPlan[], plans: readonly ServingPlan[]): ModelPlan[] {
  const baked = new Set(plans.filter(({ image }) => image.kind === "baked").map(({ model }) => model));
  return models.filter(({ name }) => baked.has(name));
}
