import type * as pulumi from "@pulumi/pulumi";
import type { TlsPlan } from "../planning/data/database.ts";
import type { Destination } from "./kubernetes/network.ts";
import type { Mount, SecretKey, Step } from "./kubernetes/pod.ts";

/** A PostgreSQL server, whoever runs it. */
export interface PostgresServer {
  /** Known when clients are let in. */
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly destination: Destination;
  /** Undefined: connections stay in the cluster and are not encrypted. */
  readonly tls: TlsPlan | undefined;
  readonly administrator: Administrator;
  /** User for people, who sign in with rights of theirs instead of a password and read; undefined where there is no such way. */
  readonly reader: string | undefined;
}

/** How a program signs in as the user that may make databases and users. */
export interface Administrator {
  readonly user: string;
  /** Settings of libpq, beside the user. */
  readonly env: Readonly<Record<string, string>>;
  readonly secretEnv: Readonly<Record<string, SecretKey>>;
  readonly mounts: readonly Mount[];
  /** What brings the password, where nobody has it before. */
  readonly before: Step | undefined;
  /** Where that goes. */
  readonly to: readonly Destination[];
  /** Whether the program needs its service account, because that has rights in AWS. */
  readonly ownAccount: boolean;
}
