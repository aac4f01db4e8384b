import { databaseClasses, databasePrice } from "../../catalog/prices.ts";
import { rdsCertificate, rdsCertificateAuthority, rdsPostgres, rdsStorage } from "../../catalog/rds.ts";
import { postgresStorageGi } from "../../spec/defaults.ts";
import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { DatabaseCost } from "../cost/services.ts";
import type { Explanation } from "../explain.ts";
import { type LogGroupPlan, logRetentionDays } from "../foundation/logs.ts";
import { resourceName } from "../foundation/naming.ts";
import { gibibytes, usd } from "../text.ts";

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
  /** MiB of memory that it should have: PostgreSQL's own and that of the vectors. */
  readonly wantedMiB: number;
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
  /** Who signs its certificate. Changing it renews the certificate, without a restart. */
  readonly certificateAuthority: string;
  /** How clients connect. */
  readonly tls: TlsPlan;
  /** Master user: its password is made, kept and rotated by RDS, in Secrets Manager. */
  readonly masterUser: string;
  /** Subnet and parameter group. */
  readonly groupName: string;
  readonly logs: readonly { readonly kind: "postgresql" | "upgrade"; readonly group: LogGroupPlan }[];
}

/**
 * How a client of PostgreSQL makes sure that nobody listens, by libpq's names: `verify-full` also makes sure that it talks to
 * the right server, for which it needs the certificate of the authority that signed the server's. `require` doesn't.
 */
export type TlsPlan =
  | { readonly mode: "verify-full"; readonly certificate: string }
  | { readonly mode: "require" };

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
 * credits in dev only, or else the largest. In prod it has a standby, 30 days of backups and protection, elsewhere 7 days of
 * backups.
 */
export function planDatabase(spec: AwsPlatformSpec, { vectorsGiB, vectorsMiB }: DatabaseNeeds): DatabasePlan {
  const { cloud, environment, postgres } = spec;
  const prod = environment === "prod";
  const identifier = databaseIdentifier(spec);
  const gib = postgresStorageGi(postgres, environment) + vectorsGiB;
  const wantedMiB = ownMiB + vectorsMiB;
  const certificate = rdsCertificate(cloud.region);
  return {
    identifier,
    engine: rdsPostgres.engine,
    version: rdsPostgres.version,
    family: rdsPostgres.family,
    instanceClass: postgres.instanceClass ?? smallestClass(environment, wantedMiB),
    wantedMiB,
    storage: { gib, maxGiB: Math.min(growth * gib, rdsStorage.mostGiB) },
    multiZone: postgres.multiAz ?? prod,
    backupDays: postgres.backupRetentionDays ?? (prod ? 30 : 7),
    deletionProtection: prod,
    finalSnapshot: prod ? `${identifier}-final` : undefined,
    parameters,
    certificateAuthority: rdsCertificateAuthority,
    tls: certificate === undefined ? { mode: "require" } : { mode: "verify-full", certificate },
    masterUser: "postgres",
    groupName: resourceName(spec, "rds-subnet-group", "postgres"),
    logs: databaseLogs(spec),
  };
}

function databaseIdentifier(spec: AwsPlatformSpec): string {
  return resourceName(spec, "rds-instance", "postgres");
}

/** Where its logs go: RDS writes to groups of these names and no others. */
export function databaseLogs(spec: AwsPlatformSpec): DatabasePlan["logs"] {
  const retentionDays = logRetentionDays(spec);
  return (["postgresql", "upgrade"] as const).map((kind) => ({
    kind,
    group: { name: `/aws/rds/instance/${databaseIdentifier(spec)}/${kind}`, retentionDays },
  }));
}

/** How it is priced. */
export function databaseCost({ instanceClass, multiZone, storage }: DatabasePlan): DatabaseCost {
  return { name: "postgres", instanceClass, multiZone, storageGiB: storage.gib };
}

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

function smallestClass(environment: AwsPlatformSpec["environment"], wantedMiB: number): string {
  const classes = Object.entries(databaseClasses)
    .filter(([name]) => families[environment].test(name))
    .sort(([, a], [, b]) => a.usdPerHour - b.usdPerHour);
  const smallest = classes.find(([, { memoryGiB }]) => memoryGiB * 1024 >= wantedMiB) ?? classes.at(-1);
  if (smallest === undefined) throw new RangeError(`the catalog has no class of RDS for ${environment}`);
  return smallest[0];
}

/** Why its class, in one line. */
export function explainDatabase(plan: DatabasePlan, region: string): Explanation {
  const { instanceClass, multiZone, storage, wantedMiB } = plan;
  const price = databasePrice(region, instanceClass, multiZone);
  return {
    subject: "database/postgres",
    why: [
      `${instanceClass} ${multiZone ? "with" : "without"} a standby in another zone${price ? `, ${usd(price.usd)}/h` : ""}:`,
      `PostgreSQL with its vectors wants ${gibibytes(wantedMiB)} of its ${gibibytes(memoryMiB(plan))};`,
      `its disk of ${storage.gib} GiB grows by itself to ${storage.maxGiB}.`,
    ].join(" "),
  };
}

function memoryMiB({ instanceClass }: DatabasePlan): number {
  return (databaseClasses[instanceClass]?.memoryGiB ?? 0) * 1024;
}

/** What works but should be looked at. */
export function databaseWarnings(plan: DatabasePlan, region: string): string[] {
  const { instanceClass, tls, wantedMiB } = plan;
  const has = memoryMiB(plan);
  return [
    ...(has < wantedMiB
      ? [
          `postgres: ${instanceClass} has ${gibibytes(has)} of memory, and PostgreSQL with its vectors wants ${gibibytes(wantedMiB)}: searches will wait for the disk; take a larger postgres.instanceClass, or set retrieval.store to qdrant`,
        ]
      : []),
    ...(tls.mode === "require"
      ? [
          `postgres: the catalog has no certificate of RDS in ${region}, so clients encrypt but can't be sure whom they talk to`,
        ]
      : []),
  ];
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
