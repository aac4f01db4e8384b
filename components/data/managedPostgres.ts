import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { signInPolicy } from "../../planning/data/access.ts";
import { secretReadPolicy } from "../../planning/foundation/iam/secrets.ts";
import type { PostgresPlan, ServicesPlan } from "../../planning/services.ts";
import { PodIdentityRole } from "../foundation/podIdentity.ts";
import type { Destination } from "../kubernetes/network.ts";
import { inMemory } from "../kubernetes/pod.ts";
import type { Administrator, PostgresServer } from "../postgresServer.ts";
import { accessPolicy } from "./accessPolicy.ts";
import { Database, type DatabaseArgs } from "./database.ts";

export interface ManagedPostgresArgs extends Omit<DatabaseArgs, "plan"> {
  readonly plan: Extract<PostgresPlan, { readonly kind: "rds" }>;
  readonly region: string;
  /** Address ranges of the subnets. */
  readonly ranges: readonly string[];
  /** Image with Python and boto3. */
  readonly clientImage: ServicesPlan["databases"]["clientImage"];
  /** Name of the cluster, known when there is one: only the rights of the Job that makes databases wait for it. */
  readonly clusterName: pulumi.Input<string>;
}

/**
 * RDS as the platform's PostgreSQL server. Nobody knows the master's password but Secrets Manager, which changes it every
 * week: the Job that makes databases reads it when it runs, with a role that may read this one secret and nothing else.
 * People sign in as a user who reads, with a token of IAM's for which a policy is there to be attached.
 * For costs and what a change replaces see `Database`.
 */
export class ManagedPostgres extends pulumi.ComponentResource implements PostgresServer {
  readonly host: pulumi.Output<string>;
  readonly port: number;
  readonly destination: Destination;
  readonly tls: PostgresServer["tls"];
  readonly administrator: Administrator;
  readonly identifier: pulumi.Output<string>;
  readonly reader: string;

  constructor(name: string, args: ManagedPostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:data:ManagedPostgres", name, {}, opts);
    const child = { parent: this };
    const { clusterName, keyArn, plan, region, tags } = args;

    const database = new Database(name, { ...args, plan: plan.database }, child);
    const arn = database.masterSecretArn;
    const access = new PodIdentityRole(
      `${name}-master`,
      {
        plan: plan.role,
        policies: {
          secret: pulumi
            .all([arn, keyArn])
            .apply(([secret, key]) => secretReadPolicy({ arn: secret, keyArn: key, region })),
        },
        clusterName,
        tags,
      },
      child,
    );
    const { accountId } = aws.getCallerIdentityOutput({}, child);
    accessPolicy(
      `${name}-read`,
      {
        plan: plan.signIn,
        document: pulumi
          .all([accountId, database.resourceId])
          .apply(([account, id]) =>
            signInPolicy(plan.signIn.user, { accountId: account, region, resourceId: id }),
          ),
        tags,
      },
      child,
    );
    // Who starts with the secret's name has the right to read it.
    const readable = pulumi.all([arn, access.ready]).apply(([secret]) => secret);

    this.host = database.host;
    this.port = database.port;
    this.destination = { ranges: args.ranges, port: database.port };
    this.tls = plan.database.tls;
    this.administrator = masterOf(args, readable);
    this.identifier = database.identifier;
    this.reader = plan.signIn.user;
    this.registerOutputs({ host: this.host, port: this.port });
  }
}

const folder = "/run/postgresql-master";
const passwordFile = `${folder}/pgpass`;

function masterOf(
  { clientImage, plan, region }: ManagedPostgresArgs,
  secret: pulumi.Output<string>,
): Administrator {
  return {
    user: plan.database.masterUser,
    env: { PGPASSFILE: passwordFile },
    secretEnv: {},
    mounts: [inMemory("master", folder)],
    before: {
      name: "master-password",
      image: clientImage,
      command: ["python", "-c", writePassword],
      env: {
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        SECRET: secret,
        PASSWORD_FILE: passwordFile,
        HOME: "/tmp",
      },
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    },
    to: ["aws"],
    ownAccount: true,
  };
}

/** libpq's password file: colons and backslashes of a field are escaped, and others must not be able to read it. */
const writePassword = String.raw`import json, os, boto3
answer = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])
secret = json.loads(answer["SecretString"])
fields = [secret[key].replace("\\", "\\\\").replace(":", "\\:") for key in ("username", "password")]
os.umask(0o077)
with open(os.environ["PASSWORD_FILE"], "w") as file:
    print("*:*:*", *fields, sep=":", file=file)
`;
