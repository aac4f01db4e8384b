import { spawn } from "node:child_process";
import { mkdir, open, readFile, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import { binDir, stateDir } from "../lib/paths.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure } from "../toolchain/diagnose.ts";
import { cgroupName } from "./cgroups.ts";
import { type ComponentStatus, describeStart, followStatus, type NodeStatus, readStatus } from "./follow.ts";
import { importImages } from "./import.ts";
import { configFile, kubeconfigFile, logsDir, nodeDir, nodeLog, statusFile } from "./layout.ts";
import { findSnapshotter } from "./machine.ts";
import { isAlive, type NodeProcesses, notedProcesses, signal, waitForEnd } from "./processes.ts";
import { cniPlugins } from "./programs.ts";
import { endNode } from "./remains.ts";

export { checkMachine, type Problem } from "./machine.ts";
export { debianPackages, programs } from "./programs.ts";

/** The NodePort that the entrance of the platform listens on inside the cluster. */
const webNodePort = 30080;

/** What a stop may take, milliseconds: the pods' grace and the components' own, bounded by the node itself. */
const stopTimeout = 75_000;

const nodeProgram = join(binDir, "ai-platform-node");

export interface ClusterOptions {
  /** Port of the API server on 127.0.0.1. */
  apiPort: number;
  /** Port on 127.0.0.1 that leads to NodePort 30080. */
  webPort: number;
  /** OCI archives of the images that the pods use. The cluster pulls from no registry. */
  images: readonly string[];
  /** Reference of the image with what stands in for Ollama's library of models. Default: none, its name leads nowhere. */
  library?: string;
}

export interface ClusterStatus {
  /** True when the node is up and ready for pods. */
  running: boolean;
  phase: NodeStatus["phase"];
  /** Why the last start failed. */
  error?: string;
  components: ComponentStatus[];
  /** Where the logs of the components are. */
  logs: string;
}

const configSchema = z.object({
  apiPort: z.number(),
  forwards: z.array(z.object({ hostPort: z.number(), nodePort: z.number() })),
  snapshotter: z.string(),
});

/** Starts the cluster, or joins in waiting for one that starts already, and loads the images that it lacks. */
export async function startCluster(
  options: ClusterOptions,
  progress: Progress,
): Promise<{ kubeconfig: string }> {
  const running = await lastingNode(progress);
  if (running) {
    await checkSamePorts(options);
    await noteNewerProgram(running, progress);
    await becomeReady(async () => !(await isAlive(running.gate)), options.images, progress);
  } else {
    await endRemains();
    const snapshotter = await findSnapshotter(nodeDir);
    await mkdir(logsDir, { recursive: true, mode: 0o750 });
    await writeConfig(options, snapshotter);
    await rm(statusFile, { force: true });
    const node = await launch();
    await becomeReady(async () => node.exited, options.images, progress);
  }
  return { kubeconfig: kubeconfigFile };
}

/** Stops the cluster and keeps its data. Pods get their grace period, bounded to 20 s. */
export async function stopCluster(progress: Progress): Promise<void> {
  const noted = await notedProcesses();
  if (!noted) return;
  progress.report("stopping pods and components");
  await signal(noted.gate, "SIGTERM");
  if (!(await waitForEnd(noted.gate, stopTimeout)) || (await isAlive(noted.init))) {
    progress.log("the node does not stop in time and is killed");
  }
  await endRemains();
}

export async function clusterStatus(): Promise<ClusterStatus> {
  const running = await runningNode();
  const status = await readStatus();
  const phase = status?.phase ?? "stopped";
  const alive = running !== undefined;
  return {
    running: alive && phase === "ready",
    // A node that was killed could not say so.
    phase: alive || phase === "failed" ? phase : "stopped",
    ...(status?.error ? { error: status.error } : {}),
    components: alive ? (status?.components ?? []) : [],
    logs: logsDir,
  };
}

/** Stops the cluster and removes all of it: processes, cgroups, data, keys, access. Mounts, interfaces and packet
 * filter rules are only in the node's own namespaces, and end with its processes. */
export async function cleanCluster(progress: Progress): Promise<void> {
  progress.report("ending the node");
  // Without grace: what pods would still write is removed with the rest.
  await endRemains();
  progress.report("removing data");
  await rm(nodeDir, { recursive: true, force: true });
  await rm(kubeconfigFile, { force: true });
}

async function runningNode(): Promise<NodeProcesses | undefined> {
  const noted = await notedProcesses();
  return noted && (await isAlive(noted.gate)) && (await isAlive(noted.init)) ? noted : undefined;
}

/** The running node, unless it is about to end: then after its end, none. */
async function lastingNode(progress: Progress): Promise<NodeProcesses | undefined> {
  const running = await runningNode();
  // The first status is written a moment after the processes are noted.
  const phase = (await readStatus())?.phase ?? "starting";
  if (!running || phase === "starting" || phase === "ready") return running;
  progress.report("waiting for the node to stop");
  await waitForEnd(running.gate, stopTimeout);
  return undefined;
}

async function noteNewerProgram({ gate }: NodeProcesses, progress: Progress): Promise<void> {
  const [runs, built] = await Promise.all([readlink(`/proc/${gate.pid}/exe`), realpath(nodeProgram)]).catch(
    () => [],
  );
  if (runs !== built) progress.log("A newer node program is built. It runs after: npm run stop && npm start");
}

/** Ends what a killed run left. */
const endRemains = async (): Promise<void> => endNode(await notedProcesses(), cgroupName(stateDir));

async function writeConfig(
  { apiPort, library = "", webPort }: ClusterOptions,
  snapshotter: string,
): Promise<void> {
  const { stdout: containerd } = await execa("sh", ["-c", "command -v containerd"], { reject: false });
  if (!containerd) {
    throw new UserError("containerd is not installed.", ["Install it: apt-get install containerd"]);
  }
  const config = {
    stateDir,
    apiPort,
    forwards: [{ hostPort: webPort, nodePort: webNodePort }],
    coredns: join(binDir, "coredns"),
    pause: join(binDir, "ai-platform-pause"),
    containerd,
    cniPlugins,
    snapshotter,
    library,
  };
  await writeFile(configFile, `${JSON.stringify(config, null, 2)}\n`);
}

const readConfig = async () => configSchema.parse(JSON.parse(await readFile(configFile, "utf8")));

/** Fails when the cluster that runs has other ports. */
export async function checkSamePorts({
  apiPort,
  webPort,
}: Pick<ClusterOptions, "apiPort" | "webPort">): Promise<void> {
  const config = await readConfig();
  const web = config.forwards[0]?.hostPort;
  if (config.apiPort === apiPort && web === webPort) return;
  throw new UserError(`The cluster runs already, with other ports (API ${config.apiPort}, web ${web}).`, [
    "Stop it first: npm run stop",
  ]);
}

/** Starts the node in a session of its own. It outlives this process. */
async function launch(): Promise<Launched> {
  const log = await open(nodeLog, "a", 0o640);
  try {
    const child = spawn(nodeProgram, ["up", configFile], {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      cwd: "/",
    });
    const launched: Launched = { exited: false };
    child.once("exit", () => {
      launched.exited = true;
    });
    child.once("error", () => {
      launched.exited = true;
    });
    child.unref();
    return launched;
  } finally {
    await log.close();
  }
}

interface Launched {
  exited: boolean;
}

/** Waits until the node is ready, and loads images as soon as containerd can take them. */
async function becomeReady(
  gone: () => Promise<boolean>,
  images: readonly string[],
  progress: Progress,
): Promise<void> {
  const { snapshotter } = await readConfig();
  let loading: Promise<void> | undefined;
  const load = async () => {
    const noted = await notedProcesses();
    if (noted) await importImages(images, noted.init.pid, snapshotter, progress);
  };
  const last = await followStatus(
    ({ phase }) => phase !== "starting",
    (status) => {
      if (status.phase === "starting") progress.report(describeStart(status));
      const containerd = status.components.find(({ name }) => name === "containerd");
      if (containerd?.state === "ready" && !loading) {
        loading = load();
        // Awaited below; until then a failure must not end the process.
        loading.catch(() => undefined);
      }
    },
    gone,
  );
  if (last?.phase !== "ready") throw await startFailure(last);
  await loading;
}

async function startFailure(status: NodeStatus | undefined): Promise<UserError> {
  const reason = status?.error ?? (await lastWords());
  if (/no space left on device/.test(reason)) {
    return explainFailure("Starting Kubernetes", reason, [stateDir]);
  }
  const remedy = /is taken by another program/.test(reason)
    ? ["Stop that program, or choose other ports: npm start -- --port 8081 --api-port 6444"]
    : [`The logs of its components are in ${logsDir}`, "Start again: npm start"];
  return new UserError(`Kubernetes does not start: ${reason}`, remedy);
}

async function lastWords(): Promise<string> {
  const log = await readFile(nodeLog, "utf8").catch(() => "");
  return log.trim().split("\n").slice(-5).join("\n") || "its program ended without a word";
}
