import { z } from "zod";
import { renderTable } from "../../report/table.ts";
import { UserError } from "../lib/fail.ts";
import { awsStatusSchema, oneLine, readAwsStatus } from "./aws/status.ts";
import pc from "./colors.ts";
import { entranceOf } from "./entrance.ts";
import { connect, type KubeClient } from "./kube.ts";
import { authSchema, describeAuth, type StackService } from "./services.ts";
import { readSettings } from "./settings.ts";
import { stackServices } from "./stack.ts";

/** The document of `npm run status -- --json`. Fields are only ever added. */
export const statusSchema = z.object({
  cluster: z.object({
    /** `sandbox`: the Kubernetes of this repository; `context`: a context of the user's kubeconfig. */
    kind: z.enum(["sandbox", "context"]),
    /** Name of the context, for `context`. */
    context: z.string().optional(),
    /** Whether its API server answers. */
    running: z.boolean(),
    /** Address of the API server, when it answers. */
    server: z.string().optional(),
    /** Why it does not, otherwise. */
    reason: z.string().optional(),
  }),
  /** Whether every service is ready. False when there is none. */
  ready: z.boolean(),
  services: z.array(
    z.object({
      name: z.string(),
      /** Address on this machine; absent for a service that is reached inside the cluster only. */
      url: z.string().optional(),
      /** All pods of the workload are ready and, for a service with a URL, it answered just now. */
      ready: z.boolean(),
      /** What the URL answered: "HTTP 200", or why there was no answer. */
      answer: z.string().optional(),
      workload: z.object({
        kind: z.enum(["Deployment", "StatefulSet"]),
        namespace: z.string(),
        name: z.string(),
        /** Pods that are ready, of those wanted; 0 of 0 when the workload does not exist. */
        readyPods: z.number().int(),
        wantedPods: z.number().int(),
      }),
      auth: authSchema,
    }),
  ),
  /** The simulated AWS, while it runs. */
  aws: awsStatusSchema.optional(),
});

export type Status = z.infer<typeof statusSchema>;

/** `npm run status`: exit code 0 when all is ready, 1 otherwise. */
export async function status(options: { json: boolean }): Promise<number> {
  const found = await readStatus();
  console.log(options.json ? JSON.stringify(statusSchema.parse(found), null, 2) : render(found));
  return found.ready ? 0 : 1;
}

/** Looks at everything just now. */
export async function readStatus(): Promise<Status> {
  const settings = await readSettings();
  const kind = settings.context ? "context" : "sandbox";
  const cluster = { kind, ...(settings.context ? { context: settings.context } : {}) } as const;
  const [kube, aws] = await Promise.all([reach(), readAwsStatus()]);
  const beside = aws.running ? { aws } : {};
  if (typeof kube === "string") {
    return { cluster: { ...cluster, running: false, reason: kube }, ready: false, services: [], ...beside };
  }
  const described = await stackServices();
  const entrance = await entranceOf(settings);
  const services = await Promise.all(described.map((service) => look(service, kube, entrance)));
  return {
    cluster: { ...cluster, running: true, server: kube.server },
    ready: services.length > 0 && services.every(({ ready }) => ready),
    services,
    ...beside,
  };
}

async function reach(): Promise<KubeClient | string> {
  try {
    const kube = await connect();
    await kube.raw("/version");
    return kube;
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

const workloadSchema = z.object({
  spec: z.object({ replicas: z.number().default(1) }),
  status: z.object({ readyReplicas: z.number().default(0), updatedReplicas: z.number().default(0) }),
});

async function look(
  { name, path, probe = path, workload, auth }: StackService,
  kube: KubeClient,
  entrance: Awaited<ReturnType<typeof entranceOf>>,
): Promise<Status["services"][number]> {
  const plural = `${workload.kind.toLowerCase()}s`;
  const object = await kube.get(
    `/apis/apps/v1/namespaces/${workload.namespace}/${plural}/${workload.name}`,
    workloadSchema,
  );
  const wantedPods = object?.spec.replicas ?? 0;
  const readyPods = Math.min(object?.status.readyReplicas ?? 0, wantedPods);
  const podsReady = object !== undefined && readyPods === wantedPods && wantedPods > 0;
  const base = { name, workload: { ...workload, readyPods, wantedPods }, auth };
  if (path === undefined || probe === undefined) return { ...base, ready: podsReady };
  const { ready, answer } = await entrance.probe(probe);
  return { ...base, url: entrance.url(path), ready: podsReady && ready, answer };
}

/** The same for people. */
export function render(found: Status): string {
  const platform = renderPlatform(found);
  return found.aws === undefined ? platform : `${platform}\n\n${oneLine(found.aws)}`;
}

function renderPlatform({ cluster, services }: Status): string {
  const where = cluster.kind === "sandbox" ? "the sandbox" : `your cluster ${cluster.context}`;
  if (!cluster.running)
    return `${pc.yellow("Not running")} (${where}): ${cluster.reason}\n  - Start it: npm start`;
  if (services.length === 0) {
    return `Kubernetes (${where}) answers at ${cluster.server}, without the platform.\n  - Bring it up: npm start`;
  }
  const rows = services.map(({ name, url, ready, answer, workload, auth }) => [
    name,
    ready ? pc.green("ready") : pc.red("not ready"),
    `${workload.readyPods}/${workload.wantedPods}`,
    url ?? `inside the cluster (${workload.namespace})`,
    answer ?? "",
    describeAuth(auth),
  ]);
  const table = renderTable(["SERVICE", "STATE", "PODS", "URL", "ANSWER", "AUTHENTICATION"], rows, {
    color: process.stdout.isTTY,
  });
  return `Kubernetes (${where}) at ${cluster.server}\n\n${table}`;
}
