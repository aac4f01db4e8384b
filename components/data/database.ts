import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { DatabasePlan } from "../../planning/data/database.ts";
import { type Transform, transformed } from "../transform.ts";

export interface DatabaseArgs {
  readonly plan: DatabasePlan;
  readonly vpcId: pulumi.Input<string>;
  /** Subnets without a way out, in at least two zones. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** Security group of those who may connect: the cluster's. */
  readonly clientsSecurityGroupId: pulumi.Input<string>;
  /** Encrypts disk, backups, logs, insights and the master's password. Changing it replaces the database. */
  readonly keyArn: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  /** Refuses to delete the database. */
  readonly protectState: boolean;
  readonly transform?:
    | {
        readonly instance?: Transform<aws.rds.InstanceArgs>;
        readonly parameterGroup?: Transform<aws.rds.ParameterGroupArgs>;
      }
    | undefined;
}

/** What a part of the database is made with. */
interface Making {
  readonly name: string;
  readonly args: DatabaseArgs;
  readonly opts: { readonly parent: pulumi.Resource };
}

const port = 5432;

/**
 * PostgreSQL with pgvector, run by RDS: in subnets without a way out, open to the cluster only, by TLS only. RDS makes the
 * master's password, keeps it in Secrets Manager and changes it every week: it is in no state and no preview.
 *
 * Class, storage, standby, backups and parameters change in place, in the maintenance window where it restarts;
 * another key, network or user replaces it, which prod refuses.
 *
 * Costs its class by the hour and $0.115 per GB and month, twice that with a standby; backups as large as the disk are
 * free, the secret $0.40 a month. Takes some ten minutes to make, and doesn't wait for the cluster.
 */
export class Database extends pulumi.ComponentResource {
  /** Known when the cluster is let in. */
  readonly host: pulumi.Output<string>;
  readonly port = port;
  /** Secret in Secrets Manager with the master's `username` and `password`. */
  readonly masterSecretArn: pulumi.Output<string>;
  readonly identifier: pulumi.Output<string>;
  /** What IAM knows it by. */
  readonly resourceId: pulumi.Output<string>;

  constructor(name: string, args: DatabaseArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:Database", name, {}, opts);
    const making: Making = { name, args, opts: { parent: this } };

    const subnets = subnetGroup(making);
    const parameters = parameterGroup(making);
    const securityGroup = createSecurityGroup(making);
    const logs = createLogGroups(making);
    const instance = createInstance(making, { subnets, parameters, securityGroup, logs });
    const entrance = letIn(making, securityGroup);

    this.host = pulumi.all([instance.address, entrance.id]).apply(([address]) => address);
    this.masterSecretArn = instance.masterUserSecrets.apply(secretIn);
    this.identifier = instance.identifier;
    this.resourceId = instance.resourceId;
    this.registerOutputs({ host: this.host, port, masterSecretArn: this.masterSecretArn });
  }
}

function secretIn(secrets: readonly aws.types.output.rds.InstanceMasterUserSecret[]): string {
  const arn = secrets[0]?.secretArn;
  if (arn === undefined) throw new Error("RDS names no secret of its master user");
  return arn;
}

function subnetGroup({ args, name, opts }: Making) {
  return new aws.rds.SubnetGroup(
    name,
    { name: args.plan.groupName, subnetIds: [...args.subnetIds], tags: args.tags },
    opts,
  );
}

/** Named by the engine: a group of another major version must be there before this one can go. */
function parameterGroup({ args, name, opts }: Making) {
  const { plan, tags, transform } = args;
  return new aws.rds.ParameterGroup(
    name,
    transformed(transform?.parameterGroup, {
      family: plan.family,
      description: `PostgreSQL of ${plan.identifier}`,
      parameters: plan.parameters.map(({ apply, name: parameter, value }) => ({
        name: parameter,
        value,
        applyMethod: apply,
      })),
      tags,
    }),
    opts,
  );
}

function createSecurityGroup({ args, name, opts }: Making) {
  return new aws.ec2.SecurityGroup(
    name,
    {
      vpcId: args.vpcId,
      description: "PostgreSQL: open to the cluster",
      tags: { ...args.tags, Name: args.plan.identifier },
    },
    opts,
  );
}

/** A rule of its own, so that the database doesn't wait for the cluster. */
function letIn({ args, name, opts }: Making, securityGroup: aws.ec2.SecurityGroup) {
  return new aws.vpc.SecurityGroupIngressRule(
    name,
    {
      securityGroupId: securityGroup.id,
      description: "PostgreSQL from the cluster",
      referencedSecurityGroupId: args.clientsSecurityGroupId,
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
      tags: args.tags,
    },
    opts,
  );
}

/** RDS would make them without an end. */
function createLogGroups({ args, name, opts }: Making) {
  return args.plan.logs.map(
    ({ group, kind }) =>
      new aws.cloudwatch.LogGroup(
        `${name}-${kind}`,
        { name: group.name, retentionInDays: group.retentionDays, kmsKeyId: args.keyArn, tags: args.tags },
        opts,
      ),
  );
}

function createInstance(
  { args, name, opts }: Making,
  parts: {
    readonly subnets: aws.rds.SubnetGroup;
    readonly parameters: aws.rds.ParameterGroup;
    readonly securityGroup: aws.ec2.SecurityGroup;
    readonly logs: readonly pulumi.Resource[];
  },
) {
  const { keyArn, plan, protectState, tags, transform } = args;
  return new aws.rds.Instance(
    name,
    transformed(transform?.instance, {
      identifier: plan.identifier,
      engine: plan.engine,
      engineVersion: plan.version,
      // What runs today is what runs tomorrow: the catalog moves it.
      autoMinorVersionUpgrade: false,
      instanceClass: plan.instanceClass,
      storageType: "gp3",
      allocatedStorage: plan.storage.gib,
      maxAllocatedStorage: plan.storage.maxGiB,
      storageEncrypted: true,
      kmsKeyId: keyArn,
      multiAz: plan.multiZone,
      dbSubnetGroupName: parts.subnets.name,
      vpcSecurityGroupIds: [parts.securityGroup.id],
      publiclyAccessible: false,
      parameterGroupName: parts.parameters.name,
      caCertIdentifier: plan.certificateAuthority,
      username: plan.masterUser,
      manageMasterUserPassword: true,
      masterUserSecretKmsKeyId: keyArn,
      iamDatabaseAuthenticationEnabled: true,
      backupRetentionPeriod: plan.backupDays,
      // Sundays and nights in UTC, backups before maintenance.
      backupWindow: "02:00-03:00",
      maintenanceWindow: "sun:03:30-sun:04:30",
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: !plan.deletionProtection,
      deletionProtection: plan.deletionProtection,
      skipFinalSnapshot: plan.finalSnapshot === undefined,
      ...(plan.finalSnapshot === undefined ? {} : { finalSnapshotIdentifier: plan.finalSnapshot }),
      enabledCloudwatchLogsExports: plan.logs.map(({ kind }) => kind),
      // Seven days are free.
      performanceInsightsEnabled: true,
      performanceInsightsRetentionPeriod: 7,
      performanceInsightsKmsKeyId: keyArn,
      tags,
    }),
    { ...opts, dependsOn: [...parts.logs], protect: protectState },
  );
}
