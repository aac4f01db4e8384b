import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { execa } from "execa";
import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import {
  type ClusterEntry,
  findContext,
  localContext,
  localKubeconfig,
  type UserEntry,
} from "./kubeconfig.ts";

/** An answer of the API server. */
export interface Answer {
  status: number;
  body: string;
}

/** The few reads of the Kubernetes API that the command line needs. */
export interface KubeClient {
  server: string;
  /** GET without judging the status. Throws UserError when nothing answers. */
  raw: (path: string) => Promise<Answer>;
  /** GET of JSON; undefined for "not found". */
  get: <T>(path: string, schema: z.ZodType<T>) => Promise<T | undefined>;
}

const timeout = 10_000;

/** Connects to the local platform's cluster. */
export async function connect(): Promise<KubeClient> {
  const text = await readFile(localKubeconfig, "utf8").catch(() => {
    throw new UserError("There is no local platform yet.", ["Start it: npm start"]);
  });
  const { cluster, user } = findContext([{ path: localKubeconfig, text }], localContext);
  return clientOf(cluster, user);
}

/** A client for one cluster as one user. */
export async function clientOf(cluster: ClusterEntry, user: UserEntry): Promise<KubeClient> {
  const server = cluster.server ?? "";
  const login = user.exec ? { ...user, ...(await execCredential(user.exec)) } : user;
  const token =
    login.token ?? (login.tokenFile ? (await readFile(login.tokenFile, "utf8")).trim() : undefined);
  const options = {
    ca: await material(cluster["certificate-authority-data"], cluster["certificate-authority"]),
    cert: await material(login["client-certificate-data"], login["client-certificate"]),
    key: await material(login["client-key-data"], login["client-key"]),
    rejectUnauthorized: cluster["insecure-skip-tls-verify"] !== true,
    servername: cluster["tls-server-name"],
    headers: { accept: "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    timeout,
  };
  const raw = (path: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const url = new URL(path.replace(/^\//, ""), server.endsWith("/") ? server : `${server}/`);
      const sent = request(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString("utf8") }),
        );
        response.on("error", reject);
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer within ${timeout / 1000} s`)));
      sent.on("error", (error) => reject(unreachable(server, error)));
      sent.end();
    });
  return {
    server,
    raw,
    get: async (path, schema) => {
      const { status, body } = await raw(path);
      if (status === 404) return undefined;
      if (status === 401 || status === 403) {
        throw new UserError(`The cluster at ${server} refuses ${path} (HTTP ${status}).`, [
          "Check the credentials of the kubeconfig context: the platform needs the rights of a cluster administrator.",
        ]);
      }
      if (status !== 200) throw new Error(`GET ${path}: HTTP ${status}: ${body.slice(0, 300)}`);
      return schema.parse(JSON.parse(body));
    },
  };
}

function unreachable(server: string, error: Error): UserError {
  return new UserError(
    `No Kubernetes answers at ${server}: ${error.message}`,
    [
      "If it is the sandbox's own, start it: npm start",
      "If it is yours, see that it runs: kubectl cluster-info",
    ],
    { cause: error },
  );
}

async function material(data: string | undefined, file: string | undefined): Promise<Buffer | undefined> {
  if (data) return Buffer.from(data, "base64");
  return file ? await readFile(file) : undefined;
}

const credentialSchema = z.object({
  status: z.object({
    token: z.string().optional(),
    clientCertificateData: z.string().optional(),
    clientKeyData: z.string().optional(),
  }),
});

/** Runs a credential plugin (`aws eks get-token` and the like) as kubectl does. */
async function execCredential(exec: NonNullable<UserEntry["exec"]>): Promise<UserEntry> {
  const env = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  const info = { apiVersion: exec.apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const result = await execa(exec.command, exec.args ?? [], {
    env: { ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    stdin: "ignore",
    reject: false,
  });
  if (result.failed) {
    throw new UserError(`The kubeconfig's login command failed: ${result.shortMessage}\n${result.stderr}`, [
      `Run it by hand and repair what it says: ${[exec.command, ...(exec.args ?? [])].join(" ")}`,
    ]);
  }
  const { token, clientCertificateData, clientKeyData } = credentialSchema.parse(
    JSON.parse(result.stdout),
  ).status;
  const encode = (pem: string) => Buffer.from(pem).toString("base64");
  return {
    ...(token ? { token } : {}),
    ...(clientCertificateData ? { "client-certificate-data": encode(clientCertificateData) } : {}),
    ...(clientKeyData ? { "client-key-data": encode(clientKeyData) } : {}),
  };
}
