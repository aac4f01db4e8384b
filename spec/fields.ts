import { z } from "zod";

/**
 * Text that is both an AWS tag value and a Kubernetes label value, so that one owner is spelled one way everywhere.
 * Kubernetes is the narrower of the two (at most 63 of `[A-Za-z0-9._-]`).
 */
export const labelValue = z
  .string()
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/,
    "1 to 63 letters, digits, '.', '_' or '-', starting and ending with a letter or digit",
  );

/** Name of a model, a collection, a job: part of resource, DNS and label names. */
export const dnsName = z
  .string()
  .regex(
    /^[a-z]([a-z0-9.-]{0,38}[a-z0-9])?$/,
    "1 to 40 lower-case letters, digits, '.' or '-', starting with a letter and not ending with '.' or '-'",
  );

/** Name of a namespace or a Service of the cluster. */
export const dnsLabel = z
  .string()
  .regex(
    /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
    "1 to 63 lower-case letters, digits or '-', starting with a letter and not ending with '-'",
  );

/** Name of a key among a team's, such as the month in which it was made. */
export const keyName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/,
    "1 to 32 lower-case letters, digits or '-', not starting or ending with '-'",
  );

export const hostname = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    "a DNS name in lower case such as ai.example.com",
  );

export const gibibytes = z.int().min(1).max(16_384);

export const replicas = z.int().min(1).max(100);

export const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS region such as us-east-1");

/** An availability zone of the region. */
export const zone = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, "an availability zone such as us-east-1a");

export const instanceType = z
  .string()
  .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "an EC2 instance type such as g6.xlarge");

export const cidr = z.cidrv4("an IPv4 range such as 10.0.0.0/16");

export const bucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "an S3 bucket name: 3 to 63 lower-case letters, digits or '-'");
