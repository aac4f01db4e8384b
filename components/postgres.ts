import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { PostgresPlan } from "../planning/services.ts";
import { generated, type Placement } from "./kubernetes/metadata.ts";
import type { Destination, Peer } from "./kubernetes/network.ts";
import { scratch, secretFiles } from "./kubernetes/pod.ts";
import { StatefulService, type StatefulServiceArgs } from "./kubernetes/statefulService.ts";
import type { Administrator, PostgresServer } from "./postgresServer.ts";

export interface PostgresArgs extends Placement {
  readonly plan: Extract<PostgresPlan, { readonly kind: "in-cluster" }>;
  /** Workloads that may connect. */
  readonly clients: readonly Peer[];
  /** Refuses to delete the data volume. */
  readonly protectState: boolean;
  readonly transform?: StatefulServiceArgs["transform"];
}

const app = "postgres";
const port = 5432;
const dataPath = "/var/lib/postgresql/data";

/** Reachable for other pods, passwords only as SCRAM, and no parameter of a statement in the log. */
const settings = {
  listen_addresses: "*",
  password_encryption: "scram-sha-256",
  log_min_duration_statement: "2s",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
};

/**
 * PostgreSQL with pgvector in one pod: for environments without a managed database.
 * A new major version of the image does not read the old data directory. For the rest see `StatefulService`.
 */
export class Postgres extends pulumi.ComponentResource implements PostgresServer {
  readonly host: string;
  readonly port = port;
  readonly destination: Destination;
  readonly tls = undefined;
  readonly reader = undefined;
  readonly administrator: Administrator;
  /** Secret in the server's namespace with the superuser's `password`. */
  readonly superuserSecret: pulumi.Output<string>;

  constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:Postgres", name, {}, opts);
    const child = { parent: this };

    const password = new random.RandomPassword(name, urlSafePassword, child);
    const secret = new k8s.core.v1.Secret(
      `${name}-superuser`,
      { metadata: generated(app, args), immutable: true, stringData: { password: password.result } },
      child,
    );
    const server = new StatefulService(
      name,
      {
        ...args,
        ...args.plan,
        app,
        user: 999,
        args: Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
        // A folder below the mount: initdb refuses one that holds a lost+found.
        env: { POSTGRES_PASSWORD_FILE: "/run/secrets/superuser/password", PGDATA: `${dataPath}/pgdata` },
        mounts: [
          secretFiles("superuser", "/run/secrets/superuser", secret.metadata.name),
          scratch("run", "/var/run/postgresql", "16Mi"),
        ],
        port: { name: "postgres", number: port },
        healthy: { exec: { command: ["pg_isready", "--quiet", "--host=127.0.0.1", "--username=postgres"] } },
        startSeconds: 180,
        // A clean shutdown writes a checkpoint; without the time for it the next start replays the log.
        graceSeconds: 120,
        dataPath,
        from: args.clients,
      },
      child,
    );

    this.host = server.host;
    this.destination = { peer: { namespace: args.namespace, app }, port };
    this.superuserSecret = secret.metadata.name;
    this.administrator = {
      user: "postgres",
      env: {},
      secretEnv: { PGPASSWORD: { secret: this.superuserSecret, key: "password" } },
      mounts: [],
      before: undefined,
      to: [],
      ownAccount: false,
    };
    this.registerOutputs({ host: this.host, port, superuserSecret: this.superuserSecret });
  }
}

/** Letters and digits only: the password becomes part of URLs, where anything else would have to be encoded. */
export const urlSafePassword = { length: 32, special: false };
