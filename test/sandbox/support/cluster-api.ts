import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { z } from "zod";

const kubeconfigSchema = z.object({
  "current-context": z.string(),
  clusters: z.tuple([
    z.object({ cluster: z.object({ server: z.string(), "certificate-authority-data": z.string() }) }),
  ]),
  users: z.tuple([
    z.object({ user: z.object({ "client-certificate-data": z.string(), "client-key-data": z.string() }) }),
  ]),
});

/** The part of an object that the tests look at. */
export const objectSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({ volumeName: z.string().optional(), nodeName: z.string().optional() }).optional(),
  status: z
    .looseObject({
      phase: z.string().optional(),
      readyReplicas: z.number().optional(),
      conditions: z
        .array(z.looseObject({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .optional(),
    })
    .optional(),
});
export type KubeObject = z.infer<typeof objectSchema>;

const listSchema = z.object({ items: z.array(objectSchema) });

/** A few verbs of the Kubernetes API, for tests. */
export class ClusterApi {
  private constructor(
    readonly server: string,
    private readonly tls: { ca: Buffer; cert?: Buffer; key?: Buffer },
  ) {}

  /** The same API without credentials. */
  anonymous(): ClusterApi {
    return new ClusterApi(this.server, { ca: this.tls.ca });
  }

  static async open(kubeconfig: string): Promise<ClusterApi> {
    const config = kubeconfigSchema.parse(parse(await readFile(kubeconfig, "utf8")));
    const { cluster } = config.clusters[0];
    const { user } = config.users[0];
    const decode = (data: string) => Buffer.from(data, "base64");
    return new ClusterApi(cluster.server, {
      ca: decode(cluster["certificate-authority-data"]),
      cert: decode(user["client-certificate-data"]),
      key: decode(user["client-key-data"]),
    });
  }

  async text(
    method: string,
    path: string,
    body?: unknown,
    kind = "application/json",
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, this.server),
        { ...this.tls, method, headers: { "content-type": kind }, timeout: 10_000 },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.once("error", reject);
          response.once("end", () => {
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
          });
        },
      );
      sent.once("error", reject);
      sent.once("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer`)));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Creates an object in the collection `path`. */
  async create(path: string, body: unknown): Promise<void> {
    const { status, text } = await this.text("POST", path, body);
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${text}`);
  }

  /** Changes an object by a merge patch. */
  async merge(path: string, patch: unknown): Promise<void> {
    const { status, text } = await this.text("PATCH", path, patch, "application/merge-patch+json");
    if (status >= 300) throw new Error(`PATCH ${path}: ${status} ${text}`);
  }

  async remove(path: string): Promise<void> {
    await this.text("DELETE", path);
  }

  async get(path: string): Promise<KubeObject | undefined> {
    const { status, text } = await this.text("GET", path);
    if (status === 404) return undefined;
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${text}`);
    return objectSchema.parse(JSON.parse(text));
  }

  async list(path: string): Promise<KubeObject[]> {
    return listSchema.parse(JSON.parse((await this.text("GET", path)).text)).items;
  }

  /** Waits for an object to satisfy `enough`; fails with what it was like last. */
  async waitFor(
    path: string,
    enough: (object: KubeObject) => boolean,
    milliseconds = 60_000,
  ): Promise<KubeObject> {
    const until = Date.now() + milliseconds;
    for (;;) {
      const object = await this.get(path);
      if (object && enough(object)) return object;
      if (Date.now() > until) throw new Error(`${path} is still ${JSON.stringify(object?.status)}`);
      await sleep(100);
    }
  }

  /** Runs a pod to its end and returns its output; fails when the pod fails. */
  async run(
    namespace: string,
    name: string,
    spec: unknown,
    labels: Record<string, string> = {},
    milliseconds = 60_000,
  ): Promise<string> {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    await this.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { name, labels }, spec });
    try {
      const ended = ({ status }: KubeObject) => status?.phase === "Succeeded" || status?.phase === "Failed";
      const pod = await this.waitFor(`${pods}/${name}`, ended, milliseconds);
      const { text } = await this.text("GET", `${pods}/${name}/log`);
      if (pod.status?.phase === "Failed") throw new Error(`pod ${name} failed: ${text}`);
      return text;
    } finally {
      await this.remove(`${pods}/${name}?gracePeriodSeconds=0`);
    }
  }
}
