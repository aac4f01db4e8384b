import { modelsPath } from "./route.ts";

/** Names of the middlewares of models' routes, in the gateway's file. */
export type ModelMiddleware = "model-path" | "model-key-rate" | "model-auth";

export interface ModelLimits {
  /** Requests a second of one key that one Traefik pod passes on, on average; twice as many at once. */
  readonly requestsPerSecond: number;
  /** URL that answers 2xx for a key that is good; undefined: servers check keys themselves. */
  readonly forwardAuth: string | undefined;
}

/**
 * What one replica of a small model can do at most: AWS measured that one of 8B on an L40S is saturated by 60 requests a
 * second (EKS guide, ml-inference-autoscaling-thresholds). It keeps a program in a loop from filling every queue, not teams
 * from their share.
 */
export const modelLimits: ModelLimits = { requestsPerSecond: 50, forwardAuth: undefined };

/**
 * Middlewares of models' routes. None buffers: answers stream. None tries again: a prompt that was begun has cost GPU time,
 * and its stream can't be begun anew.
 *
 * The rate is counted by the `Authorization` header, which is one key, wherever it comes from; requests without one share a
 * rate, and are refused behind it.
 * Source: Traefik 3.7 reference, "HTTP middlewares": StripPrefixRegex, RateLimit, ForwardAuth.
 */
export function modelMiddlewares({ forwardAuth, requestsPerSecond }: ModelLimits): Record<string, object> {
  return {
    "model-path": { stripPrefixRegex: { regex: [`^${modelsPath}/[a-z0-9.-]+`] } },
    "model-key-rate": {
      rateLimit: {
        average: requestsPerSecond,
        burst: 2 * requestsPerSecond,
        period: "1s",
        sourceCriterion: { requestHeaderName: "Authorization" },
      },
    },
    ...(forwardAuth === undefined
      ? {}
      : { "model-auth": { forwardAuth: { address: forwardAuth, trustForwardHeader: false } } }),
  };
}

/** Those of one route, in their order: who may not, takes nobody's rate. */
export function routeMiddlewares(auth: "server" | "forward"): ModelMiddleware[] {
  return [...(auth === "forward" ? ["model-auth" as const] : []), "model-key-rate", "model-path"];
}
