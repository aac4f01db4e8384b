import { ownImageNames } from "../../catalog/images.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { fitName } from "../names.ts";
import type { BakedPlan } from "./baked.ts";
import type { MirrorPlan } from "./mirrors.ts";

/** Tag of what builds keep for the next one. It is no image that could run, and the only tag that is pushed again. */
export const cacheTag = "cache";

/**
 * A repository of images in ECR, $0.10 per GB and month. Tags can't be pushed twice, but for that of the build cache, so
 * that what was reviewed is what runs, and every image is scanned when it is pushed.
 */
export interface RepositoryPlan {
  /** What it is for: `experiments`, `mirror-vllm`, `ollama/qwen3`. */
  readonly program: string;
  /** Changing it replaces the repository, and its images are gone. */
  readonly name: string;
  /** Images with a tag that stay; older ones go, beginning with the oldest. */
  readonly keepImages: number;
  /** Days until an image without a tag goes. */
  readonly expireUntaggedAfter: number;
  /**
   * Whether it can be deleted with images in it: they can be made again. In prod only of mirrors and of models, whose
   * repositories go when nothing of the plan names them any more.
   */
  readonly forceDelete: boolean;
}

type Named = Pick<AwsPlatformSpec, "environment" | "ownership">;

/** One for each image that is built here, named after the environment that owns it: `ai-platform-prod/experiments`. */
export function planRepositories({ environment, ownership }: Named): RepositoryPlan[] {
  return ownImageNames.map((program) => ({
    program,
    name: fitName("ecr-repository", `${ownership.project}-${environment}/${program}`),
    keepImages: 30,
    expireUntaggedAfter: 7,
    forceDelete: environment !== "prod",
  }));
}

/** The same for what servers are started from. They are large, and each version beyond the last two is one to go back to. */
export function planServerRepositories(
  mirrors: readonly MirrorPlan[],
  baked: readonly BakedPlan[],
): RepositoryPlan[] {
  const names = new Map([
    ...mirrors.map(({ image, repository }) => [repository, mirrorOf(image)] as const),
    ...baked.map(({ repository }) => [repository, modelsOf(repository)] as const),
  ]);
  return [...names].map(([name, program]) => ({
    program,
    name,
    keepImages: 4,
    expireUntaggedAfter: 7,
    forceDelete: true,
  }));
}

/** What the repository of a mirror is for, and that of models. */
export const mirrorOf = (image: string) => `mirror-${image}`;
export const modelsOf = (repository: string) => repository.slice(repository.indexOf("/") + 1);
