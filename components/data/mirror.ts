import * as dockerBuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import { type MirrorPlan, mirroredRef } from "../../planning/data/mirrors.ts";
import { type Transform, transformed } from "../transform.ts";
import type { RegistryLogin } from "./image.ts";

export interface MirrorArgs {
  readonly plan: MirrorPlan;
  /** Host of the account's ECR in the region, known before anything is there. */
  readonly registry: pulumi.Output<string>;
  readonly login: RegistryLogin;
  readonly transform?: { readonly mirror?: Transform<dockerBuild.IndexArgs> } | undefined;
}

/**
 * A copy of an image of others in ECR, made at `up` by whoever runs `pulumi`: BuildKit's tool streams manifests and layers
 * from one registry to the other, so it needs neither a running Docker nor room on disk. Layers that ECR has are not sent
 * again. Upstream is asked once per version, without a login unless Docker has one.
 *
 * The copy of an index is the same bytes, so the digest that the catalog pins is that of the copy, and pods name it before
 * it is there. Another pin is copied beside the old one; the repository's rules decide when that goes.
 *
 * Costs $0.10 per GB and month for all architectures, and traffic of the machine that runs `pulumi`.
 * Source: pulumi-docker-build 0.0.22, provider/internal/index.go; docker/buildx 0.35, util/imagetools/create.go, Combine.
 */
export class Mirror extends pulumi.ComponentResource {
  /** What pods name. A pod must come after this component. */
  readonly ref: pulumi.Output<string>;

  constructor(name: string, args: MirrorArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Mirror", name, {}, opts);
    const { login, plan, registry, transform } = args;

    new dockerBuild.Index(
      name,
      transformed(transform?.mirror, {
        sources: [plan.upstream],
        tag: registry.apply((host) => mirroredRef({ ...plan, digest: undefined }, host)),
        registry: { address: registry, username: login.user, password: pulumi.secret(login.password) },
      }),
      { parent: this, retainOnDelete: true },
    );

    this.ref = registry.apply((host) => mirroredRef(plan, host));
    this.registerOutputs({ ref: this.ref });
  }
}
