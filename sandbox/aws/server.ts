import { spawn } from "node:child_process";
import { mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  identify,
  isAlive,
  type NodeProcess,
  processSchema,
  readProcesses,
  signal,
  waitForEnd,
} from "../cluster/processes.ts";
import { nodeProgram } from "../cluster/programs.ts";
import { endNode } from "../cluster/remains.ts";
import { UserError } from "../lib/fail.ts";
import { type Progress, silent } from "../lib/progress.ts";
import { lastLines } from "../toolchain/diagnose.ts";
import { buildGo } from "../toolchain/go.ts";
import { offers } from "./offers.ts";
import { writeWhole } from "./orders.ts";
import { awsPackages } from "./packages.ts";
import { buildProvider } from "./provider.ts";

export { type AwsCall, recordedCalls } from "./calls.ts";
export { type Fault, orderFaults, orderQuotas } from "./orders.ts";

/** A running simulated AWS. Its state lives as long as it runs. */
export interface SimulatedAws {
  /** Such as http://127.0.0.1:40123. */
  endpoint: string;
  /** Folder of calls.jsonl (every call), faults.json (failures to order) and server.log. */
  folder: string;
}

/**
 * How much faster than AWS it goes: a control plane takes 6 seconds. The provider's waits shrink with it, or a minute
 * between two looks would be all that is measured.
 */
const defaultSpeed = 100;

/** What an orderly end of the clusters' control planes may take, milliseconds. */
const stopTimeout = 75_000;

export interface StartOptions {
  /** How much faster than AWS it goes; default 100. */
  speed?: number;
  /** Whether clusters have a Kubernetes, which needs root as the local platform does; default true. */
  kubernetes?: boolean;
  /** Hosted zones that exist already, as a domain's do before an environment is brought up under it; default none. */
  zones?: readonly { readonly id: string; readonly name: string }[];
  progress?: Progress;
}

/** Starts a simulated AWS with its state in a folder, or finds the one that runs there. */
export async function startAws(folder: string, options: StartOptions = {}): Promise<SimulatedAws> {
  const running = await findAws(folder);
  if (running !== undefined) return running;
  const { kubernetes = true, speed = defaultSpeed, progress = silent, zones = [] } = options;
  const node = kubernetes ? await buildGo(nodeProgram, progress) : undefined;
  await endClusters(folder);
  const packages = await awsPackages(progress);
  // Of an earlier one: what was called there and ordered from it is not this one's.
  for (const file of ["address", "calls.jsonl", "faults.json"]) await rm(join(folder, file), { force: true });
  await mkdir(folder, { recursive: true });
  await writeWhole(join(folder, "offers.json"), offers());
  await writeWhole(join(folder, "zones.json"), zones);
  const log = await open(join(folder, "server.log"), "a");
  const child = spawn("python3", ["-m", "simulated_aws", "--state", folder], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: {
      PATH: process.env.PATH,
      PYTHONPATH: [packages, import.meta.dirname].join(":"),
      PYTHONDONTWRITEBYTECODE: "1",
      AI_PLATFORM_AWS_SPEED: `${speed}`,
      ...(node === undefined ? {} : { AI_PLATFORM_NODE_PROGRAM: node }),
    },
  });
  child.unref();
  await log.close();
  const started = child.pid === undefined ? undefined : await identify(child.pid);
  if (started !== undefined) await writeFile(join(folder, "process.json"), JSON.stringify(started));
  progress.report("waiting for the simulated AWS");
  while (started !== undefined && (await isAlive(started))) {
    const found = await findAws(folder);
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new UserError(
    `The simulated AWS ended as it started:\n${lastLines(await readFile(join(folder, "server.log"), "utf8"), 10)}`,
  );
}

/** The simulated AWS that runs with its state in a folder. */
export async function findAws(folder: string): Promise<SimulatedAws | undefined> {
  const server = await recorded(folder);
  if (server === undefined || !(await isAlive(server))) return undefined;
  const endpoint = await readFile(join(folder, "address"), "utf8").catch(() => undefined);
  return endpoint === undefined ? undefined : { endpoint: endpoint.trim(), folder };
}

/** Stops it; everything in it is gone. */
export async function stopAws(folder: string): Promise<void> {
  const server = await recorded(folder);
  if (server === undefined) return;
  await signal(server, "SIGTERM");
  if (!(await waitForEnd(server, stopTimeout))) await signal(server, "SIGKILL");
  await endClusters(folder);
  await rm(join(folder, "process.json"), { force: true });
}

/** Ends the control planes of clusters that a killed server left. */
async function endClusters(folder: string): Promise<void> {
  const clusters = join(folder, "clusters");
  for (const cluster of await readdir(clusters).catch(() => [])) {
    const noted = await readProcesses(join(clusters, cluster, "node", "processes.json"));
    if (noted !== undefined) await endNode(noted, noted.cgroup);
  }
  await rm(clusters, { recursive: true, force: true });
}

/**
 * An environment in which programs go there: the AWS SDK's own variables, so that the official plugin and the AWS command
 * line go there too, and the sandbox's provider in the place of the one that only previews.
 */
export async function awsEnv(
  aws: SimulatedAws,
  base: NodeJS.ProcessEnv,
  options: { speed?: number; progress?: Progress } = {},
): Promise<NodeJS.ProcessEnv> {
  const { speed = defaultSpeed, progress = silent } = options;
  const cli = join(await awsPackages(progress), "cli");
  return {
    ...base,
    // The kubeconfig of an EKS cluster asks the AWS command line for a token.
    PATH: [base.PATH, cli].join(delimiter),
    AWS_ENDPOINT_URL: aws.endpoint,
    AWS_ACCESS_KEY_ID: "simulated",
    AWS_SECRET_ACCESS_KEY: "simulated",
    AWS_EC2_METADATA_DISABLED: "true",
    AI_PLATFORM_AWS_PROVIDER: await buildProvider(progress),
    AI_PLATFORM_AWS_SPEED: `${speed}`,
  };
}

async function recorded(folder: string): Promise<NodeProcess | undefined> {
  const text = await readFile(join(folder, "process.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : processSchema.parse(JSON.parse(text));
}
