import { z } from "zod";
import { kubernetesVersions } from "../catalog/eks.ts";
import {
  bucketName,
  cidr,
  dnsLabel,
  dnsName,
  gibibytes,
  hostname,
  keyName,
  labelValue,
  region,
  replicas,
  zone,
} from "./fields.ts";

export const ownershipSchema = z.strictObject({
  /** Product or programme that the cost belongs to. Buckets and the like are named after it. Default: this platform. */
  project: z
    .string()
    .regex(
      /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
      "1 to 40 lower-case letters, digits or '-', starting with a letter and not ending with '-'",
    )
    .default("ai-platform"),
  /** Team that answers for it: a team name, no address. */
  owner: labelValue,
  /** Where finance books it. */
  costCenter: labelValue,
});

export const cloudSchema = z.strictObject({
  /** AWS region of everything that the stack creates. Changing it replaces everything. */
  region,
});

export const imagesSchema = z.strictObject({
  /**
   * Whether `up` copies the images of model servers into the account's own ECR, which their pods then name. Default: yes,
   * so that a node that starts at night depends on no other registry's limits, outages or deletions and pulls within the
   * region. It costs $0.10 per GB and month, some $2 for vLLM. Changing it rolls the servers.
   */
  mirror: z.boolean().default(true),
});

export const budgetSchema = z.strictObject({
  /** What the environment may cost in a month of 730 hours, in US dollars. A plan above it is an error. */
  usdPerMonth: z.number().positive().max(100_000_000),
  /** Shares of it, in percent, at which the owner is told. Default 80 and 100. */
  alertAtPercent: z.array(z.int().min(1).max(200)).min(1).default([80, 100]),
});

export const networkSchema = z.strictObject({
  /** The VPC's range, a /16 to /20. Default 10.0.0.0/16. AWS refuses to change it: make another environment. */
  cidr: cidr.default("10.0.0.0/16"),
  /** Ranges that it must not overlap: what it is peered with, an office, other environments. Default: none. */
  reserved: z.array(cidr).default([]),
  /**
   * Availability zones of the region, 2 or 3. Default: its first two in dev and staging, three in prod. Add new ones at
   * the end: then no subnet moves.
   */
  zones: z.array(zone).min(2).max(3).optional(),
  /** NAT gateways: one, or one per zone. Default: one per zone in prod, else one. Each costs some $33 a month. */
  nat: z.enum(["single", "per-zone"]).optional(),
  /**
   * AWS services to reach by interface endpoints instead of NAT, such as `ecr.dkr`: each some $7 a month and zone.
   * Default: none. S3 always has a gateway endpoint, which costs nothing.
   */
  interfaceEndpoints: z.array(z.string().regex(/^[a-z0-9.-]+$/, "a service such as ecr.dkr")).default([]),
});

export const clusterSchema = z.strictObject({
  /** Name of the EKS cluster. Default `<project>-<environment>`. Changing it replaces the cluster. */
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, "an EKS cluster name: 1 to 100 letters, digits, '_' or '-'")
    .optional(),
  /** Kubernetes' minor version. Default: the newest in the catalog. It can only go up, one step at a time. */
  version: z.enum(kubernetesVersions).optional(),
  /** Ranges that may reach the API server from outside the VPC. Default: none, the endpoint is private. */
  publicAccessCidrs: z.array(cidr).default([]),
  /** Ranges beside the VPC's own that may reach it inside: a VPN, a peered network with CI in it. Default: none. */
  privateAccessCidrs: z.array(cidr).default([]),
  /** ARNs of roles or users that may do everything in it, beside whoever created it. Default: none. */
  admins: z
    .array(
      z
        .string()
        .regex(
          /^arn:aws(-[a-z]+)*:iam::\d{12}:(role|user)\/[\w+=,.@/-]{1,512}$/,
          "the ARN of an IAM role or user such as arn:aws:iam::123456789012:role/platform-admin",
        ),
    )
    .default([]),
});

const limitsSchema = z.strictObject({
  /**
   * Requests a second that one client may make of one Traefik pod, on average; twice as many at once. Beyond that it gets
   * a 429. Everybody behind one address counts as one client. Default: 200 in AWS, none in local.
   */
  requestsPerSecond: z.int().min(1).max(1_000_000).optional(),
  /**
   * Requests of one client that one Traefik pod works on at the same time; beyond that it gets a 429. Default: 200 in
   * AWS, none in local.
   */
  concurrentRequests: z.int().min(1).max(1_000_000).optional(),
  /**
   * MiB of a request's body, beyond which it gets a 413. Only for services with short answers and no uploads: Traefik then
   * keeps body and answer until they are whole. Default: no limit.
   */
  bodyMiB: z.int().min(1).max(100).optional(),
});

export const gatewaySchema = z.strictObject({
  /** Host name that users type. Default: every host is answered. */
  host: hostname.optional(),
  /** Traefik pods. Default: 1 locally, 2 elsewhere, so that a node may go without an outage. */
  replicas: replicas.max(10).optional(),
  /**
   * Ranges of addresses that may reach it, at most 50, a load balancer's security group taking no more than 60 rules.
   * Default: everybody.
   */
  allowedCidrs: z.array(cidr).min(1).max(50).optional(),
  /** What one client may ask of it. */
  limits: limitsSchema.prefault({}),
});

const teamSchema = z.strictObject({
  /** Models that it may ask. Default: all. Others don't exist for it. */
  models: z.array(dnsName).min(1).optional(),
  /** Requests a minute, and how many may come at once after a quiet one. Over all replicas of the adapter. Default 600. */
  requestsPerMinute: z.int().min(1).max(10_000_000).default(600),
  /**
   * Tokens a minute, prompts and answers together. Over all replicas. A request is admitted for what it may take at most.
   * Default 400,000.
   */
  tokensPerMinute: z.int().min(4096).max(1_000_000_000).default(400_000),
  /** Requests at a time, over all replicas. Default 16. */
  concurrent: z.int().min(1).max(10_000).default(16),
  /**
   * Names of its keys, each of which is made and lies in the team's Secret. To change a key, add a name, hand the new key
   * out, then take the old name away. Default: one key, `first`.
   */
  keys: z.array(keyName).min(1).max(8).default(["first"]),
});

const port = z.int().min(1).max(65_535);

const forwardAuthSchema = z.strictObject({
  /** Namespace of the cluster that it runs in: one of yours, which lets Traefik's pods of `ai-gateway` in. */
  namespace: dnsLabel,
  /** Name of its Service. */
  service: dnsLabel,
  /** Port of its Service. */
  port,
  /** Port of its pods, which a network policy lets Traefik reach. Default: that of the Service. */
  podPort: port.optional(),
  /**
   * Path that it is asked at, with the headers of the request: 2xx lets it pass, any other answer is the client's. Default
   * `/oauth2/auth`, oauth2-proxy's.
   */
  path: z
    .string()
    .regex(/^\/[\w./~-]{0,200}$/, "a path such as /oauth2/auth")
    .default("/oauth2/auth"),
  /** Header of its answer that says who asks: what rates are counted by. Default `X-Auth-Request-User`, oauth2-proxy's. */
  userHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,100}$/, "the name of a header such as X-Auth-Request-User")
    .default("X-Auth-Request-User"),
});

export const accessSchema = z.strictObject({
  /** Teams that may ask the models, each with keys of its own. Default: one, called like the owner, that may ask all. */
  teams: z.record(dnsName, teamSchema.prefault({})).optional(),
  /**
   * Service of yours that knows who may ask models whose servers know no keys, Ollama's and Triton's: with it they have
   * routes at `/models/<name>`, and each request is asked about first. Such as oauth2-proxy before an identity provider of
   * OIDC. Default: none, and those servers have no route.
   */
  forwardAuth: forwardAuthSchema.optional(),
});

export type ForwardAuthSpec = z.output<typeof forwardAuthSchema>;

export type TeamSpec = z.output<typeof teamSchema>;
/** A team of which nothing is said. */
export const anyTeam: TeamSpec = teamSchema.parse({});

const hostedZoneSchema = z.strictObject({
  /** Its id, as `aws route53 list-hosted-zones` prints it behind `/hostedzone/`. */
  id: z.string().regex(/^[A-Z0-9]{1,32}$/, "a hosted zone's id such as Z0123456789EXAMPLE"),
  /** The domain that it answers for: the host's own, or one above it. */
  name: hostname,
});

export const awsGatewaySchema = gatewaySchema.extend({
  /** Host name that users type: the load balancer has no name that people could remember. */
  host: hostname,
  /**
   * Public hosted zone of Route 53 that the host is in: takes the host's record, and the one that proves to ACM whose the
   * host is. Default: none, and the host's record must be made elsewhere.
   */
  hostedZone: hostedZoneSchema.optional(),
  /**
   * ARN of a certificate of ACM for the host, in the same region. Default: one is made, which needs the hosted zone. Without
   * both there is no load balancer: nobody gets in from outside.
   */
  certificateArn: z
    .string()
    .regex(
      /^arn:aws(-[a-z]+)*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]{36}$/,
      "the ARN of a certificate such as arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012",
    )
    .optional(),
});

/** What of a gateway is right by itself, whatever the environment. */
export const anyGatewaySchema = awsGatewaySchema.extend({ host: hostname.optional() });

/** Where PostgreSQL can run. */
export const postgresDeployments = ["rds", "in-cluster"] as const;

export const postgresSchema = z.strictObject({
  /**
   * Who runs it: `rds` is Amazon RDS, `in-cluster` a pod with a volume, without a standby and without backups. Default:
   * RDS in AWS; local has nothing but the pod. Changing it makes a new, empty database: dump the old one first.
   */
  deployment: z.enum(postgresDeployments).optional(),
  /** GiB of its disk, beside what pgvector stores. Default: 20 in RDS, its least, else 10. It can grow, never shrink. */
  storageGi: gibibytes.optional(),
  /**
   * RDS only: its instance class, such as `db.m7g.large`. Default: the cheapest with room for the vectors, of those that
   * save CPU credits in dev only. Changing it restarts the database.
   */
  instanceClass: z
    .string()
    .regex(/^db\.[a-z0-9]+\.[a-z0-9]+$/, "an RDS instance class such as db.m7g.large")
    .optional(),
  /** RDS only: whether a standby in another zone takes over when it fails. It doubles the price. Default: in prod. */
  multiAz: z.boolean().optional(),
  /** RDS only: days for which the database can be restored to any second. Default: 30 in prod, else 7. */
  backupRetentionDays: z.int().min(1).max(35).optional(),
});

export const objectStoreSchema = z.strictObject({
  /** GiB of the in-cluster S3 store's volume. Default 20. It can grow, never shrink. */
  storageGi: gibibytes.default(20),
});

export const storageSchema = z.strictObject({
  /**
   * What names of S3 buckets begin with: they are unique in all of AWS. Default `<project>-<environment>`. Changing it
   * replaces every bucket: copy the objects first.
   */
  bucketPrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,46}[a-z0-9]$/, "3 to 48 lower-case letters, digits or '-'")
    .optional(),
  /**
   * Region that DVC's bucket is copied to. Default: in prod another region of the same country or of the European Union,
   * where the catalog knows one; else none. A copy costs its storage there, and $0.02 per GB on the way.
   */
  replicaRegion: region.optional(),
});

export const trackingSchema = z.strictObject({
  /** MLflow server pods. Default: 1 locally, 2 elsewhere. */
  replicas: replicas.max(10).optional(),
  /** Bucket for run artifacts and models. Default: `mlflow` in-cluster, `<project>-<environment>-mlflow` on AWS. */
  bucket: bucketName.optional(),
});

const embeddingJob = z.strictObject({
  /** Hugging Face id of a sentence-transformers model that the catalog has. */
  model: z.string().regex(/^[A-Za-z0-9][\w.-]{0,95}\/[A-Za-z0-9][\w.-]{0,95}$/, "a Hugging Face id"),
  /** Documents to embed in an hour. */
  documentsPerHour: z.int().min(1).max(1_000_000_000),
  /** Tokens of a document on average; what is beyond the model's own maximum is cut off. Default 256. */
  tokensPerDocument: z.int().min(1).max(32_768).default(256),
  /** CPUs, and torch threads, of a replica. Default 4: more threads per replica scale worse than more replicas. */
  cpus: z.int().min(1).max(64).default(4),
});

export const nlpSchema = z.strictObject({
  /** spaCy's pipeline. Default: the small one locally, where memory is short, else the transformer. */
  spacyModel: z.enum(["en_core_web_sm", "en_core_web_md", "en_core_web_lg", "en_core_web_trf"]).optional(),
  /** Pods that answer `/v1/ner`. Default: 1 locally, 2 elsewhere. */
  replicas: replicas.optional(),
  /** Batch embedding jobs by name. Default: none. */
  embeddings: z.record(dnsName, embeddingJob).default({}),
});

export const pipelinesSchema = z.strictObject({
  /** Whether there is Airflow 2.9. Default: everywhere but in local, where memory is short. */
  airflow: z.boolean().optional(),
  /** Whether there is Prefect 2. Default true. */
  prefect: z.boolean().default(true),
  /** Tasks of all pipelines that may run at the same time. Default: 2 locally, 8 in dev, else 32. */
  parallelism: z.int().min(1).max(1000).optional(),
});

export const observabilitySchema = z.strictObject({
  /** Days that logs are kept: one of CloudWatch's steps. Default: 7 in dev, 30 in staging, 90 in prod. */
  logRetentionDays: z.literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]).optional(),
  /** Where alarms go: an e-mail address. Default: nowhere. */
  alarmEmail: z.email("an e-mail address").optional(),
});

export type EmbeddingJobSpec = z.output<typeof embeddingJob>;
export type PostgresSpec = z.output<typeof postgresSchema>;
