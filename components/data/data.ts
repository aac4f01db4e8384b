import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { dnsSuffix, partitionOf } from "../../catalog/partitions.ts";
import type { BucketPlan, BucketPurpose } from "../../planning/data/buckets.ts";
import type { DataPlan, ReplicationPlan } from "../../planning/data/data.ts";
import type { CostComponent } from "../../planning/ownership.ts";
import { AccessRole } from "../foundation/accessRole.ts";
import { EncryptionKey } from "../foundation/encryptionKey.ts";
import { accessPolicy } from "./accessPolicy.ts";
import { Bucket, type BucketArgs } from "./bucket.ts";
import { Replication } from "./replication.ts";
import { Repository, type RepositoryArgs } from "./repository.ts";

export interface DataArgs {
  readonly plan: DataPlan;
  readonly region: string;
  /** Tags by the part of the bill that something is on. */
  readonly tags: Readonly<Record<CostComponent, Readonly<Record<string, string>>>>;
  /** Refuses to delete the keys: what they encrypted would be lost. */
  readonly protectState: boolean;
  readonly transform?:
    | {
        readonly bucket?: BucketArgs["transform"];
        readonly repository?: RepositoryArgs["transform"];
      }
    | undefined;
}

/** What everything here is made with. */
interface Making {
  readonly args: DataArgs;
  readonly accountId: pulumi.Output<string>;
  readonly keyArn: pulumi.Output<string>;
  readonly opts: { readonly parent: pulumi.Resource };
}

/**
 * What an environment keeps outside its cluster: buckets with their copies in another region, and repositories of
 * images, all encrypted with one key, and who else may use them. Nothing here waits for the network or the cluster.
 */
export class Data extends pulumi.ComponentResource {
  /** Key of everything here, and of the database. */
  readonly keyArn: pulumi.Output<string>;
  /** Host of the account's ECR in the region, known before anything is there. */
  readonly registry: pulumi.Output<string>;
  readonly #buckets: ReadonlyMap<BucketPurpose, Bucket>;
  readonly #repositories: ReadonlyMap<string, Repository>;

  constructor(name: string, args: DataArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Data", name, {}, opts);
    const child = { parent: this };
    const accountId = aws.getCallerIdentityOutput({}, child).accountId;

    const key = encryptionKey(name, args, accountId, child);
    const making: Making = { args, accountId, keyArn: key.arn, opts: child };
    const buckets = createBuckets(making);
    if (args.plan.replication) replicate(making, buckets, args.plan.replication);
    for (const plan of args.plan.access)
      accessPolicy(plan.key, { plan, document: plan.document, tags: args.tags.others }, child);

    this.keyArn = key.arn;
    const { region } = args;
    this.registry = accountId.apply((account) => `${account}.dkr.ecr.${region}.${dnsSuffix(region)}`);
    this.#buckets = buckets;
    this.#repositories = createRepositories(making);
    this.registerOutputs();
  }

  /** @throws Error for a purpose that the environment has no bucket for */
  bucket(purpose: BucketPurpose): Bucket {
    return found(this.#buckets, purpose, "bucket");
  }

  /** @throws Error for a program whose image is not built here */
  repository(program: string): Repository {
    return found(this.#repositories, program, "repository");
  }
}

function found<Key extends string, Value>(all: ReadonlyMap<Key, Value>, key: Key, what: string): Value {
  const value = all.get(key);
  if (value === undefined) throw new Error(`there is no ${what} for ${key}: ${[...all.keys()].join(", ")}`);
  return value;
}

function encryptionKey(
  name: string,
  { plan, protectState, region, tags }: DataArgs,
  accountId: pulumi.Output<string>,
  opts: Making["opts"],
) {
  const use = { partition: partitionOf(region), region, logGroups: plan.logGroups };
  return new EncryptionKey(name, { plan: plan.key, use, accountId, tags: tags.others, protectState }, opts);
}

/** The one that takes the access logs of the others comes first. */
function createBuckets(making: Making): Map<BucketPurpose, Bucket> {
  const { plan } = making.args;
  const takesLogs = (bucket: BucketPlan) => bucket.receives.includes("s3-access-logs");
  const logged = plan.buckets.filter((bucket) => !takesLogs(bucket));
  const logsFrom = logged.map(({ name }) => name);
  const logs = new Map(
    plan.buckets
      .filter(takesLogs)
      .map((bucket) => [bucket.purpose, createBucket(making, bucket, { logsFrom })]),
  );
  const [logsTo] = logs.values();
  const others = logged.map((bucket) => [bucket.purpose, createBucket(making, bucket, { logsTo })] as const);
  return new Map([...logs, ...others]);
}

function createBucket(
  { accountId, args, keyArn, opts }: Making,
  plan: BucketPlan,
  logs: Pick<BucketArgs, "logsFrom" | "logsTo">,
): Bucket {
  const { region, tags, transform } = args;
  return new Bucket(
    plan.purpose,
    { plan, region, accountId, keyArn, ...logs, tags: tags.storage, transform: transform?.bucket },
    opts,
  );
}

function replicate(
  { accountId, args, opts }: Making,
  buckets: ReadonlyMap<BucketPurpose, Bucket>,
  { key, region, role }: ReplicationPlan,
) {
  const { protectState, tags, transform } = args;
  const replicaKey = new EncryptionKey(
    "data-replica",
    {
      plan: key,
      use: { partition: partitionOf(region), region, logGroups: [] },
      accountId,
      region,
      tags: tags.others,
      protectState,
    },
    opts,
  );
  const replicator = new AccessRole("bucket-replication", { plan: role, tags: tags.storage }, opts);
  for (const plan of args.plan.buckets) {
    const from = buckets.get(plan.purpose);
    if (plan.replica === undefined || from === undefined) continue;
    const to = new Bucket(
      `${plan.purpose}-replica`,
      {
        plan: { ...plan, name: plan.replica.name },
        region: plan.replica.region,
        accountId,
        keyArn: replicaKey.arn,
        tags: tags.storage,
        transform: transform?.bucket,
      },
      opts,
    );
    new Replication(
      plan.purpose,
      { from, to, region: args.region, roleArn: replicator.arn, replicaKeyArn: replicaKey.arn },
      opts,
    );
  }
}

function createRepositories({ args, keyArn, opts }: Making): Map<string, Repository> {
  const { plan, tags, transform } = args;
  return new Map(
    plan.repositories.map((repository) => [
      repository.program,
      new Repository(
        repository.program,
        { plan: repository, keyArn, tags: tags.storage, transform: transform?.repository },
        opts,
      ),
    ]),
  );
}
