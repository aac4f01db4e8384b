import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import { type BuildPlan, imageTag } from "../../planning/data/images.ts";
import { cacheTag } from "../../planning/data/repositories.ts";
import type { BuildSource } from "../../spec/buildContext.ts";
import { type Transform, transformed } from "../transform.ts";

/** How Docker signs in to a registry. */
export interface RegistryLogin {
  readonly user: pulumi.Input<string>;
  /** Secret; it may be another one at each `up`. */
  readonly password: pulumi.Input<string>;
}

export interface ImageArgs {
  readonly plan: BuildPlan;
  readonly source: BuildSource;
  /** URL of its repository in ECR. */
  readonly repository: pulumi.Output<string>;
  readonly login: RegistryLogin;
  /** What the build may read and the image must not have, by the name under which its Dockerfile mounts it. Default: nothing. */
  readonly secrets?: Readonly<Record<string, pulumi.Input<string>>>;
  readonly transform?: { readonly image?: Transform<dockerBuild.ImageArgs> } | undefined;
}

/**
 * An image of ours: built by BuildKit from a folder of this repository, and pushed to a repository in ECR under a tag that
 * stands for its content.
 *
 * It is built at `up` only, when something of it changed, and then whoever runs `pulumi` needs Docker; a preview checks
 * the Dockerfile and needs none. Another login alone changes nothing. Any change pushes a new image beside the old one and
 * replaces nothing; the repository's rules decide when the old one goes.
 *
 * Layers that did not change come from the cache that the last build left in the same repository. ECR takes a cache as an
 * OCI image manifest only. A cache that can't be written is no reason to fail: the image is there by then.
 *
 * It has no provenance and no SBOM attestation: this provider asks BuildKit for none, and they would make an index of each
 * image. Amazon Inspector exports SBOMs of what is in ECR.
 *
 * Costs $0.10 per GB and month, as its repository says, and traffic of the machine that pushes.
 * Source: pulumi-docker-build 0.0.22, provider/internal/image.go and client.go; Docker's documentation, "Registry cache".
 */
export class Image extends pulumi.ComponentResource {
  /** `REPOSITORY:TAG@sha256:...`, known when it is pushed. Nothing else may be run. */
  readonly ref: pulumi.Output<string>;

  constructor(name: string, args: ImageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Image", name, {}, opts);
    const { login, plan, repository, secrets = {}, source, transform } = args;
    const cache = pulumi.interpolate`${repository}:${cacheTag}`;

    const image = new dockerBuild.Image(
      name,
      transformed(transform?.image, {
        context: { location: source.folder, ...named(source.contexts) },
        platforms: [...plan.platforms],
        buildArgs: { ...plan.buildArgs },
        labels: { ...plan.labels },
        ...secretInputs(secrets),
        tags: [pulumi.interpolate`${repository}:${imageTag(plan, source.hash)}`],
        // The export pushes; a second one beside it would need a newer BuildKit.
        push: false,
        exports: [{ raw: plan.output }],
        buildOnPreview: false,
        registries: [{ address: repository, username: login.user, password: pulumi.secret(login.password) }],
        cacheFrom: [{ registry: { ref: cache } }],
        cacheTo: [
          {
            registry: {
              ref: cache,
              mode: "max",
              imageManifest: true,
              ociMediaTypes: true,
              ignoreError: true,
            },
          },
        ],
      }),
      // Its repository decides when it goes; the token that the state has of it ran out long before.
      { parent: this, retainOnDelete: true },
    );

    this.ref = image.ref;
    this.registerOutputs({ ref: this.ref });
  }
}

function named(contexts: BuildSource["contexts"]) {
  const entries = Object.entries(contexts);
  if (entries.length === 0) return {};
  return { named: Object.fromEntries(entries.map(([name, location]) => [name, { location }])) };
}

/** Another token makes no other image. */
function secretInputs(secrets: NonNullable<ImageArgs["secrets"]>) {
  const names = Object.keys(secrets);
  if (names.length === 0) return {};
  return { secrets: pulumi.secret({ ...secrets }), ignoreSecretsInDiffCalculation: names };
}
