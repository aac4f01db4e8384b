import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { TlsPlan } from "../planning/data/database.ts";
import { generated, type Placement } from "./kubernetes/metadata.ts";
import { files, type Program } from "./kubernetes/pod.ts";

const folder = "/etc/postgresql-authority";
const file = "authority.pem";

/**
 * What a client of PostgreSQL needs for TLS: libpq's variables, which psql, psycopg2, psycopg and asyncpg read alike, so that
 * no connection URL has to say it in the words of its driver; and the authority's certificate, in the client's namespace.
 * @param app whose object it is
 */
export function tlsSettings(
  name: string,
  app: string,
  tls: TlsPlan | undefined,
  placement: Placement,
  opts: pulumi.CustomResourceOptions,
): Required<Pick<Program, "env" | "mounts">> {
  if (tls === undefined) return { env: {}, mounts: [] };
  if (tls.mode === "require") return { env: { PGSSLMODE: tls.mode }, mounts: [] };
  const map = new k8s.core.v1.ConfigMap(
    `${name}-authority`,
    { metadata: generated(app, placement), immutable: true, data: { [file]: tls.certificate } },
    opts,
  );
  return {
    env: { PGSSLMODE: tls.mode, PGSSLROOTCERT: `${folder}/${file}` },
    mounts: [files("authority", folder, { configMap: { name: map.metadata.name } })],
  };
}
