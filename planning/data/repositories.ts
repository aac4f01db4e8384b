import { type OwnImageName, ownImageNames } from "../../catalog/images.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { fitName } from "../names.ts";

/** Tag of what builds keep for the next one. It is no image that could run, and the only tag that is pushed again. */
export const cacheTag = "cache";

/**
 * A repository of images in ECR, $0.10 per GB and month. Tags can't be pushed twice, but for that of the build cache, so
 * that what was reviewed is what runs, and every image is scanned when it is pushed.
 */
export interface RepositoryPlan {
  /** Part of the program's name: `experiments`. */
  readonly program: OwnImageName;
  /** Changing it replaces the repository, and its images are gone. */
  readonly name: string;
  /** Images that stay; older ones go, beginning with the oldest. */
  readonly keepImages: number;
  /** Days until an image without a tag goes. */
  readonly expireUntaggedAfter: number;
  /** Whether it can be deleted with images in it: they can be built again. Not in prod, where nodes pull them. */
  readonly forceDelete: boolean;
}

/** One for each image that is built here, named after the environment that owns it: `ai-platform-prod/experiments`. */
export function planRepositories({
  environment,
  ownership,
}: Pick<AwsPlatformSpec, "environment" | "ownership">): RepositoryPlan[] {
  return ownImageNames.map((program) => ({
    program,
    name: fitName("ecr-repository", `${ownership.project}-${environment}/${program}`),
    keepImages: 30,
    expireUntaggedAfter: 7,
    forceDelete: environment !== "prod",
  }));
}
