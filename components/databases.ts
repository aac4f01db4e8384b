import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ProgramDatabase } from "../planning/services.ts";
import { generated, type Placement } from "./kubernetes/metadata.ts";
import { files, type Program } from "./kubernetes/pod.ts";
import { Task } from "./kubernetes/task.ts";
import { urlSafePassword } from "./postgres.ts";
import type { PostgresServer } from "./postgresServer.ts";
import { tlsSettings } from "./postgresTls.ts";

export interface DatabasesArgs extends Placement, Pick<Program, "after"> {
  readonly server: PostgresServer;
  /** Image with `psql`. */
  readonly image: string;
  readonly programs: readonly ProgramDatabase[];
}

/** What a program needs to know of its database. */
export interface DatabaseClient extends Pick<PostgresServer, "destination" | "tls"> {
  /** With the password, and so a secret. TLS is not in it: see `tlsSettings`. */
  readonly url: pulumi.Output<string>;
}

/** Label of the Job's pods, and its service account: the server must let them in. */
export const databasesApp = "databases";

/**
 * One database per program, owned by a user of the same name with a generated password, made by a Job that can run
 * any number of times. Changing the list or an extension runs the Job again; nothing is ever dropped.
 */
export class Databases extends pulumi.ComponentResource {
  readonly #passwords: Readonly<Record<string, pulumi.Output<string>>>;
  readonly #server: PostgresServer;

  constructor(name: string, args: DatabasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:Databases", name, {}, opts);
    const child = { parent: this };
    const { image, labels, namespace, programs, server } = args;
    const { administrator } = server;

    const passwords = programs.map((database) => ({
      database: database.name,
      password: new random.RandomPassword(`${name}-${database.name}`, urlSafePassword, child).result,
    }));
    const secret = new k8s.core.v1.Secret(
      `${name}-passwords`,
      {
        metadata: generated(databasesApp, args),
        immutable: true,
        stringData: Object.fromEntries(passwords.map(({ database, password }) => [database, password])),
      },
      child,
    );
    const script = [
      readerScript(server.reader),
      ...programs.map((of) => databaseScript(of, server.reader)),
    ].join("\n");
    const scriptMap = new k8s.core.v1.ConfigMap(
      `${name}-script`,
      { metadata: generated(databasesApp, args), immutable: true, data: { "databases.sql": script } },
      child,
    );
    const tls = tlsSettings(name, databasesApp, server.tls, args, child);
    const task = new Task(
      name,
      {
        namespace,
        labels,
        app: databasesApp,
        image,
        user: 999,
        command: ["psql", "--no-psqlrc", "--quiet", "--file=/scripts/databases.sql"],
        env: {
          PGHOST: server.host,
          PGPORT: String(server.port),
          PGUSER: administrator.user,
          PGDATABASE: "postgres",
          PGCONNECT_TIMEOUT: "10",
          ...tls.env,
          ...administrator.env,
        },
        secretEnv: {
          ...administrator.secretEnv,
          ...Object.fromEntries(
            programs.map(({ name }) => [passwordVariable(name), { secret: secret.metadata.name, key: name }]),
          ),
        },
        resources: { requests: { cpu: "50m", memory: "32Mi" }, limits: { memory: "128Mi" } },
        mounts: [
          files("script", "/scripts", { configMap: { name: scriptMap.metadata.name } }),
          ...tls.mounts,
          ...administrator.mounts,
        ],
        before: administrator.before,
        key: script,
        to: [server.destination, ...administrator.to],
        ownAccount: administrator.ownAccount,
        after: args.after ?? [],
      },
      child,
    );

    this.#server = server;
    // Whoever uses a password waits for the user that it belongs to.
    this.#passwords = Object.fromEntries(
      passwords.map(({ database, password }) => [
        database,
        pulumi.all([password, task.done]).apply(([text]) => text),
      ]),
    );
    this.registerOutputs({});
  }

  /**
   * How a program connects to its database.
   * @param driver SQLAlchemy's name of the driver. Never left out: what plain `postgresql` stands for changes with
   *   SQLAlchemy's version.
   */
  client(database: string, driver: "psycopg2" | "psycopg" | "asyncpg"): DatabaseClient {
    const { destination, host, port, tls } = this.#server;
    const password = this.#passwords[database];
    if (password === undefined) throw new Error(`no such database: ${database}`);
    const url = pulumi.interpolate`postgresql+${driver}://${database}:${password}@${host}:${port}/${database}`;
    return { url, destination, tls };
  }
}

/** Name of the environment variable with the password of a database's user. */
const passwordVariable = (database: string) => `${database.toUpperCase()}_PASSWORD`;

/** Names come from the plan, but they become SQL: anything but a plain identifier is refused. */
function checkNames(...names: readonly string[]) {
  for (const name of names) {
    if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new Error(`not a plain SQL name: ${name}`);
  }
}

/**
 * The user has no password: RDS lets members of `rds_iam` in by IAM's token only.
 * Source: Amazon RDS user guide, "Creating a database account using IAM authentication".
 */
function readerScript(reader: string | undefined): string {
  if (reader === undefined) return "";
  checkNames(reader);
  return `\\set ON_ERROR_STOP on
\\connect postgres
SELECT 'CREATE ROLE ${reader} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${reader}') \\gexec
GRANT rds_iam TO ${reader};
`;
}

/** What a program's user makes from then on can be read, and so can what it has made. */
const readableScript = (name: string, reader: string) => `SET ROLE ${name};
GRANT CONNECT ON DATABASE ${name} TO ${reader};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${reader};
RESET ROLE;
`;

function databaseScript({ extensions, name }: ProgramDatabase, reader: string | undefined): string {
  checkNames(name, ...extensions);
  return `\\set ON_ERROR_STOP on
\\connect postgres
\\getenv password ${passwordVariable(name)}
SELECT 'CREATE ROLE ${name} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${name}') \\gexec
ALTER ROLE ${name} PASSWORD :'password';
GRANT ${name} TO CURRENT_USER;
SELECT 'CREATE DATABASE ${name} OWNER ${name}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '${name}') \\gexec
REVOKE ALL ON DATABASE ${name} FROM PUBLIC;
\\connect ${name}
${extensions.map((extension) => `CREATE EXTENSION IF NOT EXISTS ${extension};\n`).join("")}${reader === undefined ? "" : readableScript(name, reader)}`;
}
