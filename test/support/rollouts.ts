import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { kubectl, kubectlOutput } from "./local.ts";

/** A Deployment or StatefulSet of the local platform, and its pods. */
export interface Workload {
  readonly namespace: string;
  readonly kind: "deployment" | "statefulset";
  readonly name: string;
}

export const adapter: Workload = { namespace: "ai-models", kind: "deployment", name: "adapter" };
export const traefik: Workload = { namespace: "ai-gateway", kind: "deployment", name: "traefik" };

const limit = "--timeout=180s";

const on = ({ namespace }: Workload, ...args: string[]) => kubectlOutput(...args, `--namespace=${namespace}`);

const nameOf = ({ kind, name }: Workload) => `${kind}/${name}`;

const podList = z.object({
  items: z.array(
    z.object({ metadata: z.object({ name: z.string(), deletionTimestamp: z.string().optional() }) }),
  ),
});

/** Names of its pods that are not ending. */
export async function podsOf(workload: Workload): Promise<string[]> {
  const selector = `--selector=app.kubernetes.io/name=${workload.name}`;
  const { items } = podList.parse(JSON.parse(await on(workload, "get", "pods", selector, "--output=json")));
  return items.flatMap(({ metadata }) => (metadata.deletionTimestamp === undefined ? [metadata.name] : []));
}

const replicasOf = async (workload: Workload) =>
  Number(await on(workload, "get", nameOf(workload), "--output=jsonpath={.spec.replicas}"));

/** Below which its autoscaler doesn't go; undefined where it has none. */
async function leastOf(workload: Workload): Promise<number | undefined> {
  const own = ["hpa", workload.name, "--ignore-not-found", "--output=jsonpath={.spec.minReplicas}"];
  const least = await on(workload, "get", ...own);
  return least === "" ? undefined : Number(least);
}

const setLeast = (workload: Workload, least: number) =>
  on(workload, "patch", "hpa", workload.name, `--patch={"spec":{"minReplicas":${least}}}`);

/** Until all of its pods are there and ready. */
async function scale(workload: Workload, replicas: number): Promise<void> {
  await on(workload, "scale", nameOf(workload), `--replicas=${replicas}`);
  await settled(workload);
}

/** So many pods of each, as AWS has; returns what gives each as many as it had. */
export async function withPods(count: number, ...workloads: Workload[]): Promise<() => Promise<void>> {
  const restores: (() => Promise<void>)[] = [];
  for (const workload of workloads) {
    const [replicas, least] = [await replicasOf(workload), await leastOf(workload)];
    restores.push(async () => {
      if (least !== undefined) await setLeast(workload, least);
      await scale(workload, replicas);
    });
    if (least !== undefined) await setLeast(workload, count);
    await scale(workload, count);
  }
  return async () => {
    for (const restore of restores) await restore();
  };
}

export const settled = (workload: Workload) => on(workload, "rollout", "status", nameOf(workload), limit);

/** Changes its pods one by one, as every change of their template does, until the last old one is gone. */
export async function roll(workload: Workload): Promise<void> {
  const old = await podsOf(workload);
  await on(workload, "rollout", "restart", nameOf(workload));
  await settled(workload);
  // A StatefulSet's pods come back by the same names, and not before the old ones are gone.
  if (workload.kind !== "statefulset") await gone(workload, old);
}

/** As a drain of their node does it: each pod is evicted, again and again while its budget refuses, until all are gone. */
export async function drain(workload: Workload): Promise<{ refusals: string[] }> {
  const pods = await podsOf(workload);
  const refusals: string[] = [];
  for (const pod of pods) {
    for (;;) {
      const refusal = await evict(workload, pod);
      if (refusal === undefined) break;
      refusals.push(refusal);
      await sleep(1000);
    }
  }
  await gone(workload, pods);
  await settled(workload);
  return { refusals };
}

async function gone(workload: Workload, pods: readonly string[]): Promise<void> {
  await on(workload, "wait", "--for=delete", ...pods.map((pod) => `pod/${pod}`), limit);
}

/** The Eviction API's refusal, which says whose budget it is; undefined where the pod ends now. */
async function evict({ namespace }: Workload, pod: string): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "eviction-"));
  try {
    const file = join(folder, "eviction.json");
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: pod, namespace } };
    await writeFile(file, JSON.stringify(eviction));
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
    const { all, exitCode } = await kubectl("create", `--raw=${path}`, `--filename=${file}`);
    if (exitCode === 0) return undefined;
    if (all.includes("TooManyRequests")) return all;
    throw new Error(`evicting ${pod}: ${all}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
