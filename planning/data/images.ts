import { createHash } from "node:crypto";
import { instanceType } from "../../catalog/ec2/instances.ts";
import { images, type OwnImageName } from "../../catalog/images.ts";
import type { NodeGroupPlan } from "../infrastructure.ts";
import type { MirroredImageName } from "./mirrors.ts";

/**
 * Where an image comes from: a registry that others fill, a copy of that in ECR, a folder of this repository, or the same
 * with a model's weights in it.
 */
export type ImageChoice =
  | { readonly kind: "pulled"; readonly ref: string }
  | { readonly kind: "mirrored"; readonly image: MirroredImageName; readonly ref: string }
  | { readonly kind: "built"; readonly program: OwnImageName }
  | { readonly kind: "baked"; readonly model: string };

/** Operating system and architecture, in Docker's words. */
export type BuildPlatform = "linux/amd64" | "linux/arm64";

/**
 * An image that is built from a folder of this repository and pushed to the environment's own repository in ECR. It has
 * nothing of the environment in it: the same source is the same image everywhere, which its digest shows.
 */
export interface BuildPlan {
  /** Folder with its Dockerfile, relative to the project's. */
  readonly source: string;
  /** Other folders that its Dockerfile takes files from, by the names that it has for them. */
  readonly contexts: Readonly<Record<string, string>>;
  /** What it has in it, in a word: the beginning of the tag. */
  readonly version: string;
  /** One image for one, an index for several. Only what a node of the plan runs: emulated builds take several times as long. */
  readonly platforms: readonly BuildPlatform[];
  readonly buildArgs: Readonly<Record<string, string>>;
  /** What BuildKit does with it, in the words of Docker's `--output`. */
  readonly output: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** An image of a program of ours. */
export interface ImagePlan extends BuildPlan {
  /** Part of the program's name: `experiments`. */
  readonly program: OwnImageName;
}

/** Plans the images that a platform's programs are built into, each once. */
export function planImages(
  choices: readonly ImageChoice[],
  nodeGroups: readonly Pick<NodeGroupPlan, "instanceTypes">[],
): ImagePlan[] {
  const programs = choices.flatMap((choice) => (choice.kind === "built" ? [choice.program] : []));
  const platforms = platformsOf(nodeGroups);
  return [...new Set(programs)].sort().map((program) => ({
    program,
    source: images[program].source,
    contexts: {},
    version: images[program].version,
    platforms,
    buildArgs: reproducible,
    output,
    labels: labelsOf(program),
  }));
}

/**
 * The time that BuildKit writes into an image, and to its files if `output` says so: without it, the same source is another
 * image with every build. A Dockerfile that declares it as an ARG hands it to what it runs.
 * Source: BuildKit 0.31, docs/build-repro.md.
 */
export const reproducible = { SOURCE_DATE_EPOCH: "0" };

/** What BuildKit does with an image. Media types have a default that changed with its versions, and the digest with it. */
export const output = "type=registry,oci-mediatypes=true,rewrite-timestamp=true";

const dockerArchitecture = { x86_64: "linux/amd64", arm64: "linux/arm64" } as const;

/** What an image must be there for: the architectures of the plan's nodes. */
export function platformsOf(nodeGroups: readonly Pick<NodeGroupPlan, "instanceTypes">[]): BuildPlatform[] {
  const types = nodeGroups.flatMap(({ instanceTypes }) => instanceTypes);
  return [...new Set(types.map((type) => dockerArchitecture[instanceType(type).architecture]))].sort();
}

/**
 * What the image says of itself, by the names of OCI's image specification 1.1, "Pre-Defined Annotation Keys". No commit
 * and no time: they would make another image of the same content.
 */
function labelsOf(program: OwnImageName): Record<string, string> {
  return {
    "org.opencontainers.image.title": program,
    "org.opencontainers.image.version": images[program].version,
    "org.opencontainers.image.licenses": "Apache-2.0",
  };
}

/**
 * The tag of an image: the program's version and twelve digits of a hash over all that makes it what it is. So a tag is
 * never pushed for two images, which a repository with immutable tags would refuse, and an `up` that changes nothing of an
 * image builds nothing.
 * @param contentHash hash over its Dockerfile and its build contexts
 */
export function imageTag(plan: BuildPlan, contentHash: string): string {
  const { buildArgs, labels, output, platforms, version } = plan;
  const made = JSON.stringify([contentHash, platforms, buildArgs, labels, output]);
  return `${version}-${createHash("sha256").update(made).digest("hex").slice(0, 12)}`;
}
