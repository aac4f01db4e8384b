import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { KubeClient } from "./kube.ts";

/** Every object of ours carries this label. */
const ours = "app.kubernetes.io/part-of=ai-platform";

const resourcesSchema = z.object({
  resources: z.array(
    z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean(), verbs: z.array(z.string()) }),
  ),
});
const groupsSchema = z.object({
  groups: z.array(z.object({ preferredVersion: z.object({ groupVersion: z.string() }) })),
});
const itemsSchema = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string(), namespace: z.string().optional() }) })),
});
const volumesSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({ claimRef: z.object({ namespace: z.string(), name: z.string() }).optional() }),
    }),
  ),
});

/** Kinds that the API lists under several groups, or that only mirror others. */
const mirrors = new Set(["Event", "ComponentStatus", "PodMetrics", "NodeMetrics"]);

/** Namespaces of ours, to find the volumes behind their claims after the claims are gone. */
export async function ourNamespaces(kube: KubeClient): Promise<string[]> {
  const found = await kube.get(`/api/v1/namespaces?labelSelector=${encodeURIComponent(ours)}`, itemsSchema);
  return (found?.items ?? []).map(({ metadata }) => metadata.name);
}

/** Everything in the cluster that carries our label, of every kind that can be listed, and volumes of our claims. */
export async function findLeftovers(kube: KubeClient, namespaces: readonly string[]): Promise<string[]> {
  const groups = await kube.get("/apis", groupsSchema);
  const versions = [
    "/api/v1",
    ...(groups?.groups ?? []).map((group) => `/apis/${group.preferredVersion.groupVersion}`),
  ];
  const perVersion = await Promise.all(versions.map((version) => leftoversOf(kube, version)));
  const volumes = await kube.get("/api/v1/persistentvolumes", volumesSchema);
  const claimed = (volumes?.items ?? [])
    .filter(({ spec }) => spec.claimRef && namespaces.includes(spec.claimRef.namespace))
    .map(({ metadata }) => `PersistentVolume ${metadata.name}`);
  return [...new Set([...perVersion.flat(), ...claimed])].sort();
}

async function leftoversOf(kube: KubeClient, version: string): Promise<string[]> {
  const list = await kube.get(version, resourcesSchema);
  const kinds = (list?.resources ?? []).filter(
    ({ name, kind, verbs }) => !name.includes("/") && verbs.includes("list") && !mirrors.has(kind),
  );
  const found = await Promise.all(
    kinds.map(async ({ name, kind }) => {
      const objects = await kube.get(
        `${version}/${name}?labelSelector=${encodeURIComponent(ours)}`,
        itemsSchema,
      );
      return (objects?.items ?? []).map(
        ({ metadata }) => `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ""}${metadata.name}`,
      );
    }),
  );
  return found.flat();
}

/** Waits until nothing is left. Returns what still is when the time is over. */
export async function waitUntilGone(
  kube: KubeClient,
  namespaces: readonly string[],
  seconds: number,
  onWait: (left: readonly string[]) => void,
): Promise<string[]> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const left = await findLeftovers(kube, namespaces);
    if (left.length === 0 || Date.now() > until) return left;
    onWait(left);
    await sleep(1000);
  }
}
