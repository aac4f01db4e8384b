import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { ImageName } from "../../catalog/images.ts";
import { buildImages } from "../../sandbox/images/images.ts";
import { silent } from "../../sandbox/lib/progress.ts";
import { Containers, type UnpackedImage } from "../support/container.ts";
import { renderManagedPostgres } from "../support/managedPostgres.ts";
import { find } from "../support/render.ts";

/**
 * The Job that makes databases, as it is rendered, against a real PostgreSQL of the same major version that is set up as RDS
 * sets up its own: TLS only, and a master user who is no superuser but may make roles and databases.
 */

const containerSchema = z.object({
  command: z.array(z.string()),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
});
type Container = z.output<typeof containerSchema>;

const podSchema = z.object({
  securityContext: z.object({ runAsUser: z.number() }),
  initContainers: z.tuple([containerSchema]),
  containers: z.tuple([containerSchema]),
});

/** The mocks' name of RDS's server: connections go to this machine, the certificate is checked against the name. */
const host = "postgres.example.com";
const master = { username: "postgres", password: "Tr0ub4dor:\\&3<it's" };
const passwords = { MLFLOW_PASSWORD: "mlflow's", VECTORS_PASSWORD: "of-vectors" };

async function renderedJob() {
  const resources = await renderManagedPostgres();
  return {
    script: z.string().parse(find(resources, "ConfigMap", "databases-script").inputs.data["databases.sql"]),
    pod: podSchema.parse(find(resources, "Job", "databases").inputs.spec.template.spec),
  };
}

function variables({ env }: Container): Record<string, string> {
  return Object.fromEntries(
    env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
  );
}

function shell(command: readonly string[]): string {
  return command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
}

const containers = new Containers();
const images = new Map<ImageName, UnpackedImage>();
let folder: string;
/** Where the server looks for extensions. */
let extensions: string;
let job: Awaited<ReturnType<typeof renderedJob>>;

function image(name: ImageName): UnpackedImage {
  const found = images.get(name);
  if (found === undefined) throw new Error(`${name} is not unpacked`);
  return found;
}

/** The pod's volumes, as folders of this machine. */
function volumesOf({ volumeMounts }: Container): Record<string, string> {
  const own = volumeMounts.filter(({ name }) => name !== "tmp");
  return Object.fromEntries(own.map(({ mountPath, name }) => [mountPath, join(folder, name)]));
}

beforeAll(async () => {
  const names = ["postgres", "mlflow"] as const;
  const built = await buildImages(names, silent);
  for (const [index, name] of names.entries()) {
    const archive = built[index]?.archive;
    if (archive !== undefined) images.set(name, await containers.unpack(archive));
  }
  job = await renderedJob();
  folder = await mkdtemp(join(tmpdir(), "databases-"));
  await chmod(folder, 0o755);
  const { runAsUser } = job.pod.securityContext;
  for (const name of ["authority", "data", "extensions", "init", "master", "script", "server"]) {
    await mkdir(join(folder, name));
    await chown(join(folder, name), runAsUser, runAsUser);
  }
  await writeFile(join(folder, "script", "databases.sql"), job.script);
  await makeCertificates();
  extensions = await allowVector();
  await writeFile(join(folder, "init", "rds.sql"), likeRds);
  await writeFile(join(folder, "server", "pg_hba.conf"), clients);
}, 20 * 60_000);

afterAll(async () => {
  await containers.remove();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** RDS asks IAM by PAM whether a member of `rds_iam` may come in; here, each may. */
const clients = `hostssl all +rds_iam 127.0.0.1/32 trust
hostssl all all 127.0.0.1/32 scram-sha-256
`;

/** RDS's own superuser is nobody's; the master may make roles and databases, and create what extensions it allows. */
const likeRds = `
CREATE ROLE rds_superuser CREATEROLE CREATEDB;
CREATE ROLE rds_iam;
GRANT rds_iam TO rds_superuser WITH ADMIN OPTION;
CREATE ROLE ${master.username} LOGIN CREATEROLE CREATEDB IN ROLE rds_superuser
  PASSWORD '${master.password.replaceAll("'", "''")}';
`;

/** In RDS its administrators may create what it knows; here, who owns a database may create what is marked as trusted. */
function allowVector(): Promise<string> {
  const { runAsUser } = job.pod.securityContext;
  return containers.run(
    image("postgres"),
    `from=$(dirname "$(find / -xdev -name vector.control -print -quit 2>/dev/null)")
    cp -r "$from/." /extensions && echo "trusted = true" >>/extensions/vector.control && echo "$from"`,
    { user: `${runAsUser}:${runAsUser}`, volumes: { "/extensions": join(folder, "extensions") } },
  );
}

/** An authority, and a server's certificate that it signed. */
async function makeCertificates() {
  const server = join(folder, "server");
  const openssl = (...args: string[]) => execa("openssl", args, { cwd: server });
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
  await openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test Root CA");
  await openssl(
    "req",
    ...key.slice(0, 3),
    "-keyout",
    "server.key",
    "-out",
    "server.csr",
    "-subj",
    "/CN=server",
  );
  await writeFile(join(server, "names"), `subjectAltName=DNS:${host}\n`);
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"];
  await openssl("x509", "-req", "-in", "server.csr", ...signed, "-out", "server.pem");
  await chown(join(server, "server.key"), 999, 999);
  await chmod(join(server, "server.key"), 0o600);
  await writeFile(join(folder, "authority", "authority.pem"), await readFile(join(server, "ca.pem")));
}

/** Secrets Manager, as far as it answers for one secret. */
const secretsManager = `
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known = self.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue" and asked == {"SecretId": "postgres-master-arn"}
        answer = {"SecretString": os.environ["MASTER"]} if known else {"__type": "ResourceNotFoundException"}
        body = json.dumps(answer).encode()
        self.send_response(200 if known else 400)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
`;

/** Fetches the password as the pod's first container does. */
function fetchPassword(): Promise<string> {
  const [init] = job.pod.initContainers;
  const { runAsUser } = job.pod.securityContext;
  return containers.run(
    image("mlflow"),
    `python -c ${shell([secretsManager])} & server=$!
    until python -c 'import socket; socket.create_connection(("127.0.0.1", 8000))' 2>/dev/null; do
      kill -0 $server || exit 1
    done
    ${shell(init.command)}; ended=$?; kill $server; exit $ended`,
    {
      user: `${runAsUser}:${runAsUser}`,
      env: {
        ...variables(init),
        AWS_ENDPOINT_URL: "http://127.0.0.1:8000",
        AWS_ACCESS_KEY_ID: "test",
        AWS_SECRET_ACCESS_KEY: "test",
        MASTER: JSON.stringify(master),
      },
      volumes: volumesOf(init),
    },
  );
}

/** Runs a script beside the server, with the settings and the volumes of the pod's main container. */
function besideServer(script: string, env: Record<string, string> = {}): Promise<string> {
  const [main] = job.pod.containers;
  const { runAsUser } = job.pod.securityContext;
  const settings = { ...variables(main), PGHOSTADDR: "127.0.0.1" };
  const without = ["env", ...Object.keys(settings).map((name) => `-u ${name}`)].join(" ");
  const tls = "-c ssl=on -c ssl_cert_file=/server/server.pem -c ssl_key_file=/server/server.key";
  return containers.run(
    image("postgres"),
    `${without} POSTGRES_USER=rdsadmin POSTGRES_PASSWORD=nobody-knows docker-entrypoint.sh \
      -c hba_file=/server/pg_hba.conf ${tls} >/tmp/log 2>&1 & server=$!
    tries=0; until ${without} pg_isready --quiet --host 127.0.0.1; do
      tries=$((tries + 1))
      if [ $tries -gt 600 ] || ! kill -0 $server; then cat /tmp/log >&2; exit 1; fi
      sleep 0.1
    done
    job() { ${shell(main.command)}; }
    ${script}
    ended=$?; kill -INT $server; wait $server; exit $ended`,
    {
      user: `${runAsUser}:${runAsUser}`,
      env: {
        ...settings,
        ...passwords,
        PGDATA: "/var/lib/postgresql/data/pgdata",
        ...env,
      },
      volumes: {
        ...volumesOf(main),
        "/var/lib/postgresql/data": join(folder, "data"),
        "/docker-entrypoint-initdb.d": join(folder, "init"),
        "/server": join(folder, "server"),
        [extensions]: join(folder, "extensions"),
      },
      scratch: ["/tmp", "/var/run/postgresql"],
    },
  );
}

const as = (user: "mlflow" | "vectors", database: string, sql: string) =>
  `PGUSER=${user} PGPASSWORD="$${user.toUpperCase()}_PASSWORD" PGDATABASE=${database} psql -XAtq -v ON_ERROR_STOP=1 -c ${shell([sql])}`;

describe.sequential("the Job that makes databases in RDS", () => {
  test("writes the master's password where psql finds it and nobody else can read it", async () => {
    expect(await fetchPassword()).toBe("");
    const file = join(folder, "master", "pgpass");
    expect(await readFile(file, "utf8")).toBe("*:*:*:postgres:Tr0ub4dor\\:\\\\&3<it's\n");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  }, 120_000);

  test("makes a database and a user per program as a master who is no superuser, any number of times", async () => {
    const output = await besideServer(
      `job && job &&
      ${as("mlflow", "mlflow", "CREATE TABLE runs (id int); SELECT current_user, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")} &&
      ${as("vectors", "vectors", "SELECT extname FROM pg_extension WHERE extname = 'vector'; CREATE TABLE items (v vector(3)); CREATE INDEX ON items USING hnsw (v vector_l2_ops)")} &&
      psql -XAtq -c "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname IN ('mlflow', 'vectors') ORDER BY 1" &&
      psql -XAtq -c "SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"`,
    );
    expect(output.split("\n")).toEqual(["mlflow|t", "vector", "mlflow|mlflow", "vectors|vectors", "f|t"]);
  }, 120_000);

  test("lets people read what programs wrote before it and after it, and nothing else", async () => {
    const reads = (sql: string) =>
      `PGUSER=reader PGDATABASE=mlflow psql -XAtq -v ON_ERROR_STOP=1 -c ${shell([sql])}`;
    expect(
      await besideServer(
        `${as("mlflow", "mlflow", "INSERT INTO runs VALUES (7); REVOKE ALL ON runs FROM reader")} && job &&
        ${as("mlflow", "mlflow", "CREATE TABLE later AS SELECT 8 AS id")} &&
        ${reads("SELECT id FROM runs UNION SELECT id FROM later ORDER BY 1")} && PGPASSWORD= ${reads("SELECT current_user")}`,
      ),
    ).toBe("7\n8\nreader");
    for (const change of ["INSERT INTO runs VALUES (9)", "DROP TABLE runs", "CREATE TABLE mine (id int)"])
      await expect(besideServer(reads(change)), change).rejects.toThrow(/permission denied|must be owner/);
  }, 120_000);

  test("gives a user its new password when that changes", async () => {
    const changed = { MLFLOW_PASSWORD: "another" };
    expect(await besideServer(`job && ${as("mlflow", "mlflow", "SELECT 1")}`, changed)).toBe("1");
    await expect(besideServer(as("mlflow", "mlflow", "SELECT 1"))).rejects.toThrow(
      "password authentication failed",
    );
  }, 120_000);

  test("lets no program into another's database", async () => {
    await expect(besideServer(as("vectors", "mlflow", "SELECT 1"))).rejects.toThrow(
      "permission denied for database",
    );
  }, 120_000);

  test("talks to nobody whose certificate is another's, or of another authority", async () => {
    await expect(besideServer("job", { PGHOST: "impostor.example.com" })).rejects.toThrow(
      'server certificate for "postgres.example.com" does not match host name "impostor.example.com"',
    );
    await writeFile(
      join(folder, "authority", "authority.pem"),
      await readFile(join(folder, "server", "server.pem")),
    );
    await expect(besideServer("job")).rejects.toThrow("certificate verify failed");
  }, 120_000);
});
