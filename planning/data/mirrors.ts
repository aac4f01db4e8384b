import { imagePin, imageRef, type RegistryImageName } from "../../catalog/images.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { fitName } from "../names.ts";
import type { ImageChoice } from "./images.ts";

/** Images that are mirrored: those of model servers, the large ones, which nodes pull that start when nobody looks. */
export type MirroredImageName = Extract<RegistryImageName, "tgi" | "triton" | "vllm"> | "ollama";

/**
 * A copy of somebody else's image in the environment's own ECR: the same manifests and layers under the same digest, for
 * all architectures. A new version is copied beside the old one.
 */
export interface MirrorPlan {
  readonly image: MirroredImageName;
  /** Where it comes from, by digest where the catalog has one. */
  readonly upstream: string;
  /** Repository in ECR: `ai-platform-prod/mirror/vllm/vllm-openai`. */
  readonly repository: string;
  /** As upstream: the repository takes each tag once. */
  readonly tag: string;
  /** Undefined: not known before it is copied; the tag, which can't move here, is all that pods name. */
  readonly digest: string | undefined;
  /** Of all architectures, as the registry keeps it. */
  readonly packedGB: number;
}

/**
 * The image of a server in an environment.
 * @returns upstream's own where nothing is mirrored
 */
export function serverImage(image: MirroredImageName, mirrored: boolean): ImageChoice {
  const ref = imageRef(image);
  return mirrored ? { kind: "mirrored", image, ref } : { kind: "pulled", ref };
}

/** The copies that an environment's pods name, each once. */
export function planMirrors(
  { environment, ownership }: Pick<AwsPlatformSpec, "environment" | "ownership">,
  choices: readonly ImageChoice[],
): MirrorPlan[] {
  const names = choices.flatMap((choice) => (choice.kind === "mirrored" ? [choice.image] : []));
  return [...new Set(names)].sort().map((image) => {
    const { digest, packedGB, repository, tag } = imagePin(image);
    if (packedGB === undefined)
      throw new RangeError(`the catalog has no size of ${image}, which is mirrored`);
    return {
      image,
      upstream: imageRef(image),
      repository: fitName("ecr-repository", `${ownership.project}-${environment}/mirror/${repository}`),
      tag,
      digest,
      packedGB,
    };
  });
}

/**
 * What pods name: known before anything is copied.
 * @param registry host of the account's ECR in the region
 */
export function mirroredRef(
  { digest, repository, tag }: Pick<MirrorPlan, "digest" | "repository" | "tag">,
  registry: string,
): string {
  return `${registry}/${repository}:${tag}${digest === undefined ? "" : `@${digest}`}`;
}
