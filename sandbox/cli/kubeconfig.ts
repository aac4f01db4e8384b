import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import { stateDir } from "../lib/paths.ts";
import { unknown } from "./options.ts";

/** The only context that the stack `local` ever talks to. */
export const localContext = "ai-platform-local";

/** The kubeconfig of the local platform's cluster, whichever cluster that is. */
export const localKubeconfig = join(stateDir, "kubeconfig");

const clusterSchema = z.looseObject({
  server: z.string().optional(),
  "certificate-authority": z.string().optional(),
  "certificate-authority-data": z.string().optional(),
  "insecure-skip-tls-verify": z.boolean().optional(),
  "tls-server-name": z.string().optional(),
});
const execSchema = z.looseObject({
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  apiVersion: z.string().optional(),
});
const userSchema = z.looseObject({
  "client-certificate": z.string().optional(),
  "client-certificate-data": z.string().optional(),
  "client-key": z.string().optional(),
  "client-key-data": z.string().optional(),
  token: z.string().optional(),
  tokenFile: z.string().optional(),
  exec: execSchema.optional(),
});
const contextSchema = z.looseObject({
  cluster: z.string(),
  user: z.string(),
  namespace: z.string().optional(),
});

const kubeconfigSchema = z.looseObject({
  "current-context": z.string().nullish(),
  clusters: z.array(z.looseObject({ name: z.string(), cluster: clusterSchema })).nullish(),
  users: z.array(z.looseObject({ name: z.string(), user: userSchema.nullish() })).nullish(),
  contexts: z.array(z.looseObject({ name: z.string(), context: contextSchema })).nullish(),
});

export type ClusterEntry = z.infer<typeof clusterSchema>;
export type UserEntry = z.infer<typeof userSchema>;

/** A kubeconfig file's text and the folder that its relative paths start from. */
export interface KubeconfigFile {
  path: string;
  text: string;
}

/** The user's kubeconfig files: those of KUBECONFIG, else ~/.kube/config. Files that do not exist are left out. */
export async function userKubeconfigs(env: NodeJS.ProcessEnv = process.env): Promise<KubeconfigFile[]> {
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
  const paths = listed.length > 0 ? listed : [join(env.HOME ?? homedir(), ".kube", "config")];
  const files: KubeconfigFile[] = [];
  for (const path of paths) {
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined) files.push({ path: resolve(path), text });
  }
  return files;
}

/** The cluster and user of one context. As in kubectl, the first file that has a name wins. */
export function findContext(
  files: readonly KubeconfigFile[],
  name: string,
): { cluster: ClusterEntry; user: UserEntry; namespace?: string } {
  const configs = files.map(readConfig);
  const names = configs.flatMap(({ contexts }) => (contexts ?? []).map((entry) => entry.name));
  const context = configs
    .flatMap(({ contexts }) => contexts ?? [])
    .find((entry) => entry.name === name)?.context;
  const read = files.map(({ path }) => path).join(", ");
  if (!context) {
    const missing = `There is no context ${name}`;
    const message =
      names.length > 0
        ? unknown(`${missing} in ${read}`, name, names)
        : `${missing}: ${read ? `${read} has none` : "no kubeconfig was found"}.`;
    throw new UserError(message, [
      "List what there is: kubectl config get-contexts",
      "Or leave --context out to use the sandbox's own Kubernetes: npm start",
    ]);
  }
  const cluster = configs
    .flatMap(({ clusters }) => clusters ?? [])
    .find((entry) => entry.name === context.cluster)?.cluster;
  const user =
    configs.flatMap(({ users }) => users ?? []).find((entry) => entry.name === context.user)?.user ?? {};
  if (!cluster?.server) {
    throw new UserError(
      `The context ${name} names the cluster ${context.cluster}, which ${read} does not describe.`,
      ["Have the tool that made the cluster write its kubeconfig again."],
    );
  }
  return { cluster, user, ...(context.namespace ? { namespace: context.namespace } : {}) };
}

/** A kubeconfig of that one context, named as the stack `local` expects it. */
export function deriveKubeconfig(files: readonly KubeconfigFile[], name: string): string {
  const { cluster, user, namespace } = findContext(files, name);
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": localContext,
    clusters: [{ name: localContext, cluster }],
    users: [{ name: localContext, user }],
    contexts: [
      {
        name: localContext,
        context: { cluster: localContext, user: localContext, ...(namespace ? { namespace } : {}) },
      },
    ],
  });
}

/** Writes the local platform's kubeconfig, readable by this user only, in one step. */
export async function writeLocalKubeconfig(text: string): Promise<void> {
  await mkdir(dirname(localKubeconfig), { recursive: true });
  const fresh = `${localKubeconfig}.${process.pid}`;
  await writeFile(fresh, text, { mode: 0o600 });
  await chmod(fresh, 0o600);
  await rename(fresh, localKubeconfig);
}

function readConfig({ path, text }: KubeconfigFile): z.infer<typeof kubeconfigSchema> {
  const parsed = kubeconfigSchema.safeParse(parseYaml(path, text) ?? {});
  if (!parsed.success) {
    throw new UserError(`${path} is not a kubeconfig:\n${z.prettifyError(parsed.error)}`, [
      "Repair the file, or name another: KUBECONFIG=/path npm start -- --context NAME",
    ]);
  }
  const folder = dirname(path);
  const absolute = (entry: ClusterEntry | UserEntry, keys: readonly string[]) => {
    for (const key of keys) {
      const value = entry[key];
      if (typeof value === "string" && value !== "") entry[key] = resolve(folder, value);
    }
  };
  for (const { cluster } of parsed.data.clusters ?? []) absolute(cluster, ["certificate-authority"]);
  for (const { user } of parsed.data.users ?? []) {
    if (user) absolute(user, ["client-certificate", "client-key", "tokenFile"]);
    // A command with a slash is relative to the file, one without is looked up on PATH.
    if (user?.exec?.command.includes("/")) user.exec.command = resolve(folder, user.exec.command);
  }
  return parsed.data;
}

function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new UserError(`${path} is not valid YAML: ${error instanceof Error ? error.message : error}`, [
      "Repair the file, or name another: KUBECONFIG=/path npm start -- --context NAME",
    ]);
  }
}
