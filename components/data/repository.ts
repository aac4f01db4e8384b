import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { cacheTag, type RepositoryPlan } from "../../planning/data/repositories.ts";
import { type Transform, transformed } from "../transform.ts";

export interface RepositoryArgs {
  readonly plan: RepositoryPlan;
  /** Key that encrypts its images. Changing it replaces the repository. */
  readonly keyArn: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  readonly transform?: { readonly repository?: Transform<aws.ecr.RepositoryArgs> } | undefined;
}

/**
 * A repository for one program's images: a tag is pushed once and never again, but for that of the build cache, each
 * image is scanned when it comes, and old ones go. See `RepositoryPlan` for what a change replaces.
 *
 * Costs $0.10 per GB and month.
 */
export class Repository extends pulumi.ComponentResource {
  /** `123456789012.dkr.ecr.us-east-1.amazonaws.com/ai-platform-prod/experiments`, known when old images go. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: RepositoryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Repository", name, {}, opts);
    const child = { parent: this };
    const { keyArn, plan, tags, transform } = args;

    const repository = new aws.ecr.Repository(
      name,
      transformed(transform?.repository, {
        name: plan.name,
        imageTagMutability: "IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters: [{ filter: cacheTag, filterType: "WILDCARD" }],
        imageScanningConfiguration: { scanOnPush: true },
        encryptionConfigurations: [{ encryptionType: "KMS", kmsKey: keyArn }],
        forceDelete: plan.forceDelete,
        tags,
      }),
      child,
    );
    const lifecycle = new aws.ecr.LifecyclePolicy(
      name,
      { repository: repository.name, policy: JSON.stringify(lifecyclePolicy(plan)) },
      child,
    );

    this.url = pulumi.all([repository.repositoryUrl, lifecycle.id]).apply(([url]) => url);
    this.registerOutputs({ url: this.url });
  }
}

/** A rule over all images must be the last. Source: ECR user guide, "Lifecycle policy properties". */
function lifecyclePolicy({ expireUntaggedAfter, keepImages }: RepositoryPlan) {
  const action = { type: "expire" };
  return {
    rules: [
      {
        rulePriority: 1,
        description: `Images without a tag go after ${expireUntaggedAfter} days`,
        selection: {
          tagStatus: "untagged",
          countType: "sinceImagePushed",
          countUnit: "days",
          countNumber: expireUntaggedAfter,
        },
        action,
      },
      {
        rulePriority: 2,
        description: `The newest ${keepImages} images stay`,
        selection: { tagStatus: "any", countType: "imageCountMoreThan", countNumber: keepImages },
        action,
      },
    ],
  };
}
