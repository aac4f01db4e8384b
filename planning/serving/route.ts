import type { PlatformSpec } from "../../spec/platform.ts";
import type { ModelPlan } from "../models.ts";
import type { Server } from "./servingPlan.ts";

/** How a model is reached through the gateway. */
export interface RoutePlan {
  /** `/models/llama-3.1-8b`: what the gateway takes off before it passes requests on. */
  readonly prefix: string;
  /** Paths of the server that are passed on, each with all below it or alone; everything else is answered with 404. */
  readonly allowed: readonly AllowedPath[];
  /** The one host to answer to; undefined: any. */
  readonly host: string | undefined;
  /** Who checks keys: the server itself, or a service that the gateway asks before it passes a request on. */
  readonly auth: "server" | "forward";
}

export interface AllowedPath {
  readonly path: string;
  readonly type: "Prefix" | "Exact";
}

/**
 * What of each server may be called from outside: requests for answers, and the list of models. vLLM asks for its key only
 * below /v1, TGI everywhere but on a few paths, Ollama and Triton nowhere, and Ollama's own paths delete and pull models
 * (vLLM 0.31.0 entrypoints/serve/middleware; Ollama 0.33.3 server/routes.go). What is not named here does not exist, so
 * that a new version's new path is closed until somebody opens it.
 */
const allowed: Readonly<Record<Server, (model: Routed) => readonly AllowedPath[]>> = {
  vllm: () => [{ path: "/v1", type: "Prefix" }],
  tgi: () => [
    { path: "/v1", type: "Prefix" },
    { path: "/generate", type: "Exact" },
    { path: "/generate_stream", type: "Exact" },
  ],
  ollama: ({ task }) =>
    exactly(...(task === "embed" ? ollamaEmbeds : ollamaGenerates), "/v1/models", "/api/tags"),
  triton: ({ name }) =>
    exactly(...["generate", "generate_stream", "ready"].map((path) => `/v2/models/${name}/${path}`)),
};

type Routed = Pick<ModelPlan, "name" | "task">;

const exactly = (...paths: readonly string[]): AllowedPath[] =>
  paths.map((path) => ({ path, type: "Exact" }));

const ollamaGenerates = ["/v1/chat/completions", "/v1/completions", "/api/chat", "/api/generate"] as const;
const ollamaEmbeds = ["/v1/embeddings", "/api/embed"] as const;

/** Prefix of all models on the platform's host. */
export const modelsPath = "/models";

/** Path of the adapter, which the gateway takes off. */
export const adapterPath = "/llm";

/**
 * A server that asks for no key is routed only where the gateway asks somebody else: undefined without that, and it can be
 * reached from inside only.
 */
export function planRoute(
  model: Routed,
  server: Server,
  { access, gateway }: Pick<PlatformSpec, "access" | "gateway">,
): RoutePlan | undefined {
  const hasKeys = server === "vllm" || server === "tgi";
  if (!hasKeys && access.forwardAuth === undefined) return undefined;
  return {
    prefix: `${modelsPath}/${model.name}`,
    allowed: allowed[server](model),
    host: gateway.host,
    auth: hasKeys ? "server" : "forward",
  };
}
