import { z } from "zod";
import { capacitySchema } from "./capacity.ts";
import { type ModelInput, modelsSchema } from "./models.ts";
import { retrievalSchema } from "./retrieval.ts";
import {
  accessSchema,
  anyGatewaySchema,
  awsGatewaySchema,
  budgetSchema,
  cloudSchema,
  clusterSchema,
  gatewaySchema,
  imagesSchema,
  networkSchema,
  nlpSchema,
  objectStoreSchema,
  observabilitySchema,
  ownershipSchema,
  pipelinesSchema,
  postgresSchema,
  storageSchema,
  trackingSchema,
} from "./sections.ts";
import { trainingSchema } from "./training.ts";

/** The environments that exist. Each has a `stacks/<environment>.ts` and a `Pulumi.<environment>.yaml`. */
export const environments = ["local", "dev", "staging", "prod"] as const;
export type Environment = (typeof environments)[number];

/** What every environment may describe. */
const everywhere = {
  /** Who owns and pays for it: becomes tags and labels of everything. */
  ownership: ownershipSchema,
  /** Language models to serve, by name. Default: none. */
  models: modelsSchema,
  /** Who may ask the models, and how much. */
  access: accessSchema.prefault({}),
  /** The vector store and its collections. */
  retrieval: retrievalSchema.prefault({}),
  /** Named entities, tokens, and embedding in batches. */
  nlp: nlpSchema.prefault({}),
  /** Orchestrators of batch work. */
  pipelines: pipelinesSchema.prefault({}),
  /** Experiment tracking with MLflow. */
  tracking: trackingSchema.prefault({}),
  /** PostgreSQL: metadata of all services, and vectors by pgvector. */
  postgres: postgresSchema.prefault({}),
};

/** `local`: any Kubernetes, no cloud, no GPU. */
export const localSchema = z.strictObject({
  /** Which environment this is. */
  environment: z.literal("local"),
  ...everywhere,
  /** The only entrance: Traefik. */
  gateway: gatewaySchema.prefault({}),
  /** The S3 store in the cluster, where AWS would have S3. */
  objectStore: objectStoreSchema.prefault({}),
});

/** `dev`, `staging` and `prod`: an AWS account. */
export const awsSchema = z.strictObject({
  /** Which environment this is. */
  environment: z.enum(["dev", "staging", "prod"]),
  ...everywhere,
  /** Where in AWS. */
  cloud: cloudSchema,
  /** What it may cost. Default: no limit. */
  budget: budgetSchema.optional(),
  /** The VPC. */
  network: networkSchema.prefault({}),
  /** The EKS cluster. */
  cluster: clusterSchema.prefault({}),
  /** Which nodes may be bought, and how. */
  capacity: capacitySchema.prefault({}),
  /** The only entrance: Traefik behind a load balancer. */
  gateway: awsGatewaySchema,
  /** Where images come from. */
  images: imagesSchema.prefault({}),
  /** Buckets in S3. */
  storage: storageSchema.prefault({}),
  /** Trainings of small models, each on one GPU while it runs. */
  training: trainingSchema.prefault({}),
  /** Logs and alarms. */
  observability: observabilitySchema.prefault({}),
});

/** For a description of no known environment: every section may be there, so that each is checked. */
export const undecidedSchema = z.strictObject({
  ...localSchema.shape,
  ...awsSchema.shape,
  environment: z.enum(environments),
  cloud: cloudSchema.optional(),
  gateway: anyGatewaySchema.optional(),
});

/**
 * Why a section has no place in an environment, for those that others have; undefined for one that belongs there or
 * nowhere.
 */
export function misplaced(section: string, environment: Environment): string | undefined {
  const local = environment === "local";
  const here = local ? localSchema.shape : awsSchema.shape;
  const there = local ? awsSchema.shape : localSchema.shape;
  if (Object.hasOwn(here, section) || !Object.hasOwn(there, section)) return undefined;
  return local
    ? `local has no ${section}: it runs on the Kubernetes at hand, without AWS; remove it, or choose dev, staging or prod`
    : `${environment} keeps objects in S3: the in-cluster store is for local; remove it`;
}

/** The same for a field of the gateway. */
export function misplacedInGateway(field: string, environment: Environment): string | undefined {
  const known = Object.hasOwn(gatewaySchema.shape, field) || !Object.hasOwn(awsGatewaySchema.shape, field);
  if (environment !== "local" || known) return undefined;
  return "local has no load balancer in front of its gateway: remove it, or choose dev, staging or prod";
}

/** An entry of `models`: with an `m2m/<name>/model-config.yaml`, only what differs from it. */
export type ModelEntry = Partial<ModelInput>;

type Described<Schema extends z.ZodType> = Omit<z.input<Schema>, "models"> & {
  /**
   * Language models to serve, by name. A name that has an `m2m/<name>/model-config.yaml` starts from it: `{}` takes
   * it as it is. Default: none.
   */
  models?: Record<string, ModelEntry>;
};

export type LocalPlatformInput = Described<typeof localSchema>;
export type AwsPlatformInput = Described<typeof awsSchema>;
/** What people write. */
export type PlatformInput = LocalPlatformInput | AwsPlatformInput;

/** Sections that one kind of environment has and the other has not: there, and always undefined. */
type Without<Sections extends PropertyKey> = { readonly [Section in Sections]?: undefined };

export type LocalPlatformSpec = z.output<typeof localSchema> &
  Without<Exclude<keyof typeof awsSchema.shape, keyof typeof localSchema.shape>>;
export type AwsPlatformSpec = z.output<typeof awsSchema> &
  Without<Exclude<keyof typeof localSchema.shape, keyof typeof awsSchema.shape>>;
/**
 * A description that was checked, with every fixed default filled in. `environment` tells the two kinds apart. What
 * has a default that depends on other fields is undefined where nobody wrote it: see `spec/defaults.ts`.
 */
export type PlatformSpec = LocalPlatformSpec | AwsPlatformSpec;

/** Marks a description as one; only there for completion and type checks in an editor. */
export function definePlatform(platform: PlatformInput): PlatformInput {
  return platform;
}
