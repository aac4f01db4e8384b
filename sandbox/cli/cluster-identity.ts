import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import type { KubeClient } from "./kube.ts";
import { readSettings, writeSettings } from "./settings.ts";
import { resourceCount } from "./stack.ts";

// The stack `local` describes what is in one cluster. Brought up in another it would find "no change" and do nothing,
// so a change of the cluster is refused while the platform is somewhere else.

const namespaceSchema = z.object({ metadata: z.object({ uid: z.string() }) });

/** Which cluster this is, for as long as it lives: the UID of its namespace kube-system. */
export async function clusterIdOf(kube: KubeClient): Promise<string | undefined> {
  return (await kube.get("/api/v1/namespaces/kube-system", namespaceSchema))?.metadata.uid;
}

/** Fails when the platform is in another cluster than this one, or than the sandbox when none is given. */
export async function refuseWhileElsewhere(kube?: KubeClient): Promise<void> {
  const { clusterId, context } = await readSettings();
  if (!clusterId) return;
  const same = kube ? (await clusterIdOf(kube)) === clusterId : context === undefined;
  if (same || (await resourceCount()) === 0) return;
  throw new UserError(
    `The platform is in another cluster already: ${context ? `that of the context ${context}` : "the sandbox"}.`,
    [
      "Remove it there first: npm run destroy",
      "If that cluster is gone for good, forget what was in it: npm run pulumi -- stack rm local --force --yes --preserve-config",
    ],
  );
}

/** Notes where the platform is. */
export async function rememberCluster(kube: KubeClient): Promise<void> {
  const clusterId = await clusterIdOf(kube);
  await writeSettings({ ...(await readSettings()), clusterId });
}

/** After the platform is gone, any cluster will do; without an option the next start means the sandbox. */
export async function forgetCluster(): Promise<void> {
  const { webPort, apiPort } = await readSettings();
  await writeSettings({ webPort, apiPort });
}
