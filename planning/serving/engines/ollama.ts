import type { ModelPlan } from "../../models.ts";
import type { ModelStorePlan } from "../servingPlan.ts";
import type { TimingPlan } from "../timing.ts";
import { bakedFolder, type EngineParts, weightsFolder } from "./parts.ts";

const port = 11_434;

/**
 * Ollama with one model, which is in its store when the pod starts. Everything that placement counted with is set: the
 * context's default depends on the card's memory, and all slots of all requests are allocated at start.
 * Settings: Ollama 0.33.3, envconfig/config.go. It has no metrics and asks for no key.
 */
export function ollamaParts(
  model: ModelPlan,
  tag: string,
  { baked, timing }: { readonly baked: boolean; readonly timing: TimingPlan },
): EngineParts {
  return {
    image: "ollama",
    command: undefined,
    args: [],
    env: { ...ollamaEnv(model, timing), ...(baked ? { OLLAMA_MODELS: bakedFolder } : {}) },
    keyEnv: undefined,
    launches: [],
    files: {},
    ports: { http: port, metrics: undefined, grpc: undefined, group: undefined },
    health: {
      ready: "/api/version",
      alive: "/api/version",
      readyCommand: ["test", "!", "-e", endingFile],
      endCommand: endCommand(timing),
      // Loads it, so that nobody's first request waits for that. Source: Ollama docs/faq.mdx, preloading.
      // One that embeds refuses an empty text (cmd/cmd.go).
      startCommand: ["sh", "-c", started, "sh", "run", tag, model.task === "embed" ? "ready" : ""],
      groupCommand: undefined,
    },
    user: { id: 1000, group: 1000 },
  };
}

/** Is there while the pod ends; also where only its container ends, because it was not alive, and starts anew. */
const endingFile = "/tmp/ending";
const started = `rm -f ${endingFile} && exec ollama "$@"`;

/**
 * Ollama cuts off at the signal what is under way (0.33.3, server/routes.go: `srvr.Close`), so the signal waits. First until
 * nobody is sent here any more: kube-proxy goes on sending to a model's last pod while that is ready, ending or not. Then until
 * no connection is left: the adapter has one for each request, and the kubelet's are gone in a moment.
 */
function endCommand({ drainSeconds, preStopSeconds }: TimingPlan): string[] {
  const established = `:${port.toString(16).toUpperCase()} [0-9A-F]*:[0-9A-F]* 01 `;
  const steps = [
    `touch ${endingFile}`,
    `sleep ${preStopSeconds}`,
    `for second in $(seq ${drainSeconds}); do grep -qs '${established}' /proc/net/tcp /proc/net/tcp6 || exit 0; sleep 1; done`,
  ];
  return ["sh", "-c", steps.join("\n")];
}

function ollamaEnv({ deployment, gpu }: ModelPlan, timing: TimingPlan): Record<string, string> {
  const { concurrency, context, kvCacheType } = deployment;
  return {
    ...ollamaStoreEnv,
    OLLAMA_HOST: `0.0.0.0:${port}`,
    OLLAMA_CONTEXT_LENGTH: String(context),
    OLLAMA_NUM_PARALLEL: String(concurrency),
    OLLAMA_MAX_LOADED_MODELS: "1",
    // Never unloaded: its memory is paid for.
    OLLAMA_KEEP_ALIVE: "-1",
    // What waits behind the slots; then it answers 503, and the adapter or the gateway may try another.
    OLLAMA_MAX_QUEUE: String(4 * concurrency),
    OLLAMA_LOAD_TIMEOUT: `${timing.startLimitSeconds}s`,
    ...(kvCacheType === "auto" ? {} : { OLLAMA_FLASH_ATTENTION: "1", OLLAMA_KV_CACHE_TYPE: kvCacheType }),
    ...(gpu && gpu.count > 1 ? { OLLAMA_SCHED_SPREAD: "1" } : {}),
    OLLAMA_VULKAN: "0",
  };
}

/** The store, for the server and for what fills it. Nothing is asked of Ollama's cloud, and no file is thrown away. */
const ollamaStoreEnv = {
  HOME: "/tmp",
  OLLAMA_MODELS: weightsFolder,
  OLLAMA_NOPRUNE: "1",
  OLLAMA_NO_CLOUD: "1",
  GIN_MODE: "release",
} as const;

/** Environment of the Job that pulls: its own server listens to itself only. */
const ollamaPullEnv = { ...ollamaStoreEnv, OLLAMA_HOST: "127.0.0.1:11434" } as const;

const registry = "registry.ollama.ai";

/**
 * A volume per replica: one disk can't be on two nodes. What the model takes, half as much again for a newer version beside
 * it, and 1 GiB.
 */
export function planStore({ memory }: ModelPlan, tag: string, digest: string | undefined): ModelStorePlan {
  const gib = memory.diskMiB / 1024;
  const [name, version] = tag.split(":");
  return {
    path: weightsFolder,
    sizeGiB: Math.ceil(1.5 * gib) + 1,
    tag,
    digest,
    manifest: `manifests/${registry}/library/${name}/${version ?? "latest"}`,
    // At 5 MB/s, and five minutes at least.
    deadlineSeconds: Math.max(300, Math.ceil((memory.diskMiB / 5) * 1.05)),
    env: ollamaPullEnv,
  };
}

/** Paths that change the store or reach other hosts. Source: Ollama 0.33.3, server/routes.go. */
export const ollamaDangerousPaths = [
  "/api/blobs",
  "/api/copy",
  "/api/create",
  "/api/delete",
  "/api/experimental",
  "/api/me",
  "/api/pull",
  "/api/push",
  "/api/signout",
  "/api/user",
] as const;
