import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** How a client authenticates. Values are in the secret: `kubectl get secret -n NAMESPACE NAME -o yaml`. */
export const authSchema = z.discriminatedUnion("kind", [
  /** Open to everyone who reaches it. */
  z.object({ kind: z.literal("none") }),
  z.object({
    /** `password`: a user and a password; `s3-keys`: an access key and a secret key; `bearer`: a team's keys. */
    kind: z.enum(["password", "s3-keys", "bearer"]),
    secret: z.object({ namespace: z.string(), name: z.string() }),
    user: z.string().optional(),
    /** Keys of the secret, in the order: password, or access key and secret key. */
    keys: z.array(z.string()),
  }),
]);

/** One entry of the stack's output `services`. */
export const stackServiceSchema = z.object({
  name: z.string(),
  /** Path below the platform's entrance; absent for services inside the cluster only. */
  path: z.string().optional(),
  /** Path that tells whether it is there; absent where that is the same. */
  probe: z.string().optional(),
  /** What runs it. */
  workload: z.object({
    kind: z.enum(["Deployment", "StatefulSet"]),
    namespace: z.string(),
    name: z.string(),
  }),
  auth: authSchema,
});

export type StackService = z.infer<typeof stackServiceSchema>;
export type Auth = z.infer<typeof authSchema>;

/** What a service answered just now. */
export interface Probe {
  ready: boolean;
  /** "HTTP 200", or why there was no answer. */
  answer: string;
}

/** Whether a service is there: redirects are followed, and an answer that asks for credentials counts. */
export const judge = (status: number, path: string): Probe => ({
  // Traefik itself answers 404 where it has no route: right at the root, a service that is missing elsewhere.
  ready: status < 500 && (status !== 404 || path === "/"),
  answer: `HTTP ${status}${status === 404 && path === "/" ? " (nothing is routed there)" : ""}`,
});

/**
 * Asks a service through the platform's entrance on this machine.
 * @param patience how long it may take for the head of its answer, seconds
 */
export async function probe(base: string, path: string, patience = 5): Promise<Probe> {
  const over = new AbortController();
  // A timer that keeps the process alive, as that of AbortSignal.timeout does not: where a connection is lost such that
  // fetch never settles, nothing else would, and Node would end in the middle.
  const late = sleep(
    patience * 1000,
    { ready: false, answer: `no answer within ${patience} s` },
    { signal: over.signal },
  );
  try {
    return await Promise.race([late, ask(new URL(path, base), over.signal)]);
  } finally {
    over.abort();
  }
}

async function ask(url: URL, signal: AbortSignal): Promise<Probe> {
  try {
    const response = await fetch(url, { signal });
    await response.body?.cancel();
    return judge(response.status, url.pathname);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { ready: false, answer: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** Asks until the service is ready or the time is over. */
export async function probeUntilReady(ask: () => Promise<Probe>, seconds: number): Promise<Probe> {
  const until = Date.now() + seconds * 1000;
  for (;;) {
    const result = await ask();
    if (result.ready || Date.now() > until) return result;
    await sleep(1000);
  }
}

/** How to authenticate, in words. */
export function describeAuth(auth: Auth): string {
  if (auth.kind === "none") return "none";
  const { secret, user, keys } = auth;
  const what = {
    password: `user ${user ?? "?"}`,
    "s3-keys": "S3 keys",
    bearer: `key of ${user ?? "?"}`,
  }[auth.kind];
  return `${what}, secret ${secret.namespace}/${secret.name} (${keys.join(", ")})`;
}
