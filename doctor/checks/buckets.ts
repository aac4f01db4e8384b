import { type Check, check, failed, ok, type Verdict } from "./check.ts";
import { isUp, type Subject } from "./subject.ts";

/** Names of buckets are unique in all of AWS: one check for each bucket that is made. */
export function bucketChecks(subject: Subject): Check[] {
  const { data, region } = subject.infrastructure;
  const made = data.buckets.flatMap(({ name, replica }) => [
    { name, region },
    ...(replica === undefined ? [] : [replica]),
  ]);
  return made.map((bucket) =>
    check({
      subject: `bucket ${bucket.name}`,
      would: `nobody has a bucket of this name; it is made in ${bucket.region}`,
      ask: async (outside): Promise<BucketAnswer> => ({
        own: (await outside.ownBuckets()).has(bucket.name),
        taken: await outside.bucketTaken(bucket.name, bucket.region),
        up: await isUp(subject, outside),
      }),
      judge: (answer) => judgeBucket(bucket.name, answer, subject),
    }),
  );
}

export interface BucketAnswer {
  /** Whether the account has it. */
  readonly own: boolean;
  /** Whether anybody has it. */
  readonly taken: boolean;
  /** Whether the environment is up. */
  readonly up: boolean;
}

export function judgeBucket(
  name: string,
  { own, taken, up }: BucketAnswer,
  { source, spec }: Pick<Subject, "source"> & { readonly spec: Pick<Subject["spec"], "tracking"> },
): Verdict {
  const field = spec.tracking.bucket === name ? "tracking.bucket" : "storage.bucketPrefix";
  const rename = `Set ${field} in ${source} to another name`;
  if (own) {
    return up
      ? ok("there; the environment is up")
      : failed("the account has it already", rename, "Or bring it into the stack: pulumi import");
  }
  if (taken) return failed("another account has it (or s3:ListBucket is missing here)", rename);
  return ok("free");
}
