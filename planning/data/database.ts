import { databaseClasses } from "../../catalog/prices.ts";
import { rdsPostgres } from "../../catalog/rds.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { DatabaseCost } from "../cost/services.ts";
import { type LogGroupPlan, logRetentionDays } from "../foundation/logs.ts";
import { resourceName } from "../foundation/naming.ts";

/** RDS for PostgreSQL with pgvector. */
export interface DatabasePlan {
  /** Changing it renames the instance, and its address with it. */
  readonly identifier: string;
  readonly engine: "postgres";
  /** Goes up only; a new minor version restarts it in the maintenance window, a new major one takes minutes. */
  readonly version: string;
  /** Parameter group family of that major version. */
  readonly family: string;
  /** Such as `db.m7g.large`. Changing it restarts it: seconds with a standby, minutes without. */
  readonly instanceClass: string;
  readonly storage: {
    /** GiB of gp3; it grows by itself up to `maxGiB`, and never shrinks. */
    readonly gib: number;
    readonly maxGiB: number;
  };
  /** Whether a standby in another zone takes over within a minute or two. It doubles the price. */
  readonly multiZone: boolean;
  /** Days for which the database can be restored to any second. */
  readonly backupDays: number;
  /** Whether AWS itself refuses to delete it; it then leaves a last snapshot as well. */
  readonly deletionProtection: boolean;
  /** Name of that snapshot; undefined for none. */
  readonly finalSnapshot: string | undefined;
  readonly parameters: readonly ParameterPlan[];
  /** Master user: its password is made, kept and rotated by RDS, in Secrets Manager. */
  readonly masterUser: string;
  /** Subnet and parameter group. */
  readonly groupName: string;
  readonly logs: readonly { readonly kind: "postgresql" | "upgrade"; readonly group: LogGroupPlan }[];
}

export interface ParameterPlan {
  readonly name: string;
  readonly value: string;
  /** `pending-reboot` for those that PostgreSQL reads at its start only. */
  readonly apply: "immediate" | "pending-reboot";
}

/** What the server needs beside what the spec says. */
export interface DatabaseNeeds {
  /** MiB that vectors take of its memory; 0 where they are elsewhere. */
  readonly vectorsMiB: number;
  /** GiB that they take of its disk. */
  readonly vectorsGiB: number;
}

/**
 * The database of an environment. Its class is the cheapest with 4 GiB and room for the vectors, one that saves CPU
 * credits in dev only. In prod it has a standby, 30 days of backups and protection, elsewhere 7 days of backups.
 * @throws RangeError where no class of the catalog has the memory
 */
export function planDatabase(spec: AwsPlatformSpec, { vectorsGiB, vectorsMiB }: DatabaseNeeds): DatabasePlan {
  const prod = spec.environment === "prod";
  const identifier = resourceName(spec, "rds-instance", "postgres");
  const gib = Math.max(leastGiB, spec.postgres.storageGi + vectorsGiB);
  const retentionDays = logRetentionDays(spec);
  return {
    identifier,
    engine: rdsPostgres.engine,
    version: rdsPostgres.version,
    family: rdsPostgres.family,
    instanceClass: smallestClass(spec.environment, vectorsMiB),
    storage: { gib, maxGiB: Math.min(growth * gib, mostGiB) },
    multiZone: prod,
    backupDays: prod ? 30 : 7,
    deletionProtection: prod,
    finalSnapshot: prod ? `${identifier}-final` : undefined,
    parameters,
    masterUser: "postgres",
    groupName: resourceName(spec, "rds-subnet-group", "postgres"),
    logs: (["postgresql", "upgrade"] as const).map((kind) => ({
      kind,
      // RDS writes to groups of these names and no others.
      group: { name: `/aws/rds/instance/${identifier}/${kind}`, retentionDays },
    })),
  };
}

/** How it is priced. */
export function databaseCost({ instanceClass, multiZone, storage }: DatabasePlan): DatabaseCost {
  return { name: "postgres", instanceClass, multiZone, storageGiB: storage.gib };
}

/** gp3 of RDS for PostgreSQL is 20 GiB to 64 TiB. Source: RDS user guide, "Amazon RDS DB instance storage". */
const leastGiB = 20;
const mostGiB = 65_536;
/** A disk that fills up stops the database: it may grow to four times its size before people have to decide. */
const growth = 4;

/** Families by environment, by memory: those that save CPU credits are for where nobody waits. */
const families = {
  dev: /^db\.(t4g|m7g|r7g)\./,
  staging: /^db\.(m7g|r7g)\./,
  prod: /^db\.(m7g|r7g)\./,
} as const;

/** PostgreSQL's own, beside the vectors: what the in-cluster one may take. */
const ownMiB = 4096;

function smallestClass(environment: AwsPlatformSpec["environment"], vectorsMiB: number): string {
  const needed = ownMiB + vectorsMiB;
  const [smallest] = Object.entries(databaseClasses)
    .filter(([name, { memoryGiB }]) => families[environment].test(name) && memoryGiB * 1024 >= needed)
    .sort(([, a], [, b]) => a.usdPerHour - b.usdPerHour);
  if (smallest === undefined)
    throw new RangeError(`no class of RDS in the catalog has ${Math.ceil(needed / 1024)} GiB of memory`);
  return smallest[0];
}

/**
 * Nobody connects without TLS 1.2 or newer, and slow statements are logged without their values, which may be anybody's
 * data.
 */
const parameters: readonly ParameterPlan[] = [
  { name: "log_min_duration_statement", value: "2000", apply: "immediate" },
  { name: "log_parameter_max_length", value: "0", apply: "immediate" },
  { name: "log_parameter_max_length_on_error", value: "0", apply: "immediate" },
  { name: "rds.force_ssl", value: "1", apply: "immediate" },
  { name: "ssl_min_protocol_version", value: "TLSv1.2", apply: "immediate" },
];
