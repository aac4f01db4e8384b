import { z } from "zod";

/** The environments that exist. Each has a `stacks/<environment>.ts` and a `Pulumi.<environment>.yaml`. */
export const environments = ["local", "dev", "staging", "prod"] as const;
export type Environment = (typeof environments)[number];

/**
 * Text that is both an AWS tag value and a Kubernetes label value, so that one owner is spelled one way everywhere.
 * Kubernetes is the narrower of the two (at most 63 of `[A-Za-z0-9._-]`).
 */
const labelValue = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    "at most 63 letters, digits, '.', '_' or '-', starting and ending with a letter or digit",
  );

const hostname = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, "a fully qualified DNS name in lower case");

const gibibytes = z.int().min(1).max(16_384);

const ownership = z.strictObject({
  /** Product or programme that the cost belongs to. Buckets and the like are named after it. Default: this platform. */
  project: z
    .string()
    .regex(
      /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/,
      "at most 40 lower-case letters, digits or '-', starting with a letter",
    )
    .default("ai-platform"),
  /** Team that answers for it: a team name, no address. */
  owner: labelValue,
  /** Where finance books it. */
  costCenter: labelValue,
});

const cloud = z.strictObject({
  /** AWS region of everything that the stack creates. */
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as eu-central-1"),
  /** Name of the EKS cluster that runs the platform; pods get their AWS roles from it by Pod Identity. */
  clusterName: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/, "an EKS cluster name"),
});

const gateway = z.strictObject({
  /** Host name that users type. Needed wherever there is a domain; without it every host is answered. */
  host: hostname.optional(),
  /** Traefik pods. Default: 1 locally, 2 elsewhere, so that a node may go without an outage. */
  replicas: z.int().min(1).max(10).optional(),
});

const postgres = z.strictObject({
  /** GiB of the data volume. Default 10. It can grow, never shrink. */
  storageGi: gibibytes.default(10),
});

const objectStore = z.strictObject({
  /** GiB of the in-cluster S3 store's volume. Default 20. It can grow, never shrink. */
  storageGi: gibibytes.default(20),
});

const tracking = z.strictObject({
  /** MLflow server pods. Default: 1 locally, 2 elsewhere. */
  replicas: z.int().min(1).max(10).optional(),
  /** Bucket for run artifacts and models. Default: `mlflow` in-cluster, `<project>-<environment>-mlflow` on AWS. */
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "an S3 bucket name without dots")
    .optional(),
});

/** A platform, described. `local` runs on any Kubernetes; the other environments also need `cloud`. */
export const platformSchema = z
  .strictObject({
    environment: z.enum(environments),
    ownership,
    cloud: cloud.optional(),
    gateway: gateway.prefault({}),
    postgres: postgres.prefault({}),
    objectStore: objectStore.optional(),
    tracking: tracking.prefault({}),
  })
  .superRefine((spec, context) => {
    const local = spec.environment === "local";
    if (local && spec.cloud) {
      context.addIssue({
        code: "custom",
        path: ["cloud"],
        message: "local has no cloud: remove it, or choose dev, staging or prod",
      });
    }
    if (!local && !spec.cloud) {
      context.addIssue({
        code: "custom",
        path: ["cloud"],
        message: `${spec.environment} needs a cloud: { region, clusterName }`,
      });
    }
    if (!local && spec.objectStore) {
      context.addIssue({
        code: "custom",
        path: ["objectStore"],
        message: `${spec.environment} keeps objects in S3: the in-cluster store is for local`,
      });
    }
    if (!local && !spec.gateway.host) {
      context.addIssue({
        code: "custom",
        path: ["gateway", "host"],
        message: `${spec.environment} is reached by name: give the host that users type`,
      });
    }
  });

/** What people write. */
export type PlatformInput = z.input<typeof platformSchema>;
/** The same with every default filled in. */
export type PlatformSpec = z.output<typeof platformSchema>;

/** Marks a description as one; only there for completion and type checks in an editor. */
export function definePlatform(platform: PlatformInput): PlatformInput {
  return platform;
}
