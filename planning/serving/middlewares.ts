import type { PlatformSpec } from "../../spec/platform.ts";
import type { ForwardAuthSpec } from "../../spec/sections.ts";
import { modelsPath } from "./route.ts";

/** Names of the middlewares of models' routes, in the gateway's file. */
export type ModelMiddleware =
  | "model-path"
  | "model-key-rate"
  | "model-auth"
  | "model-user-rate"
  | "model-anonymous";

export interface ModelLimits {
  /** Requests a second of one key or user that one Traefik pod passes on, on average; twice as many at once. */
  readonly requestsPerSecond: number;
  /** Who is asked about requests to servers without keys; undefined: nobody, and none is passed on. */
  readonly forwardAuth: ForwardAuthSpec | undefined;
}

/**
 * What one replica of a small model can do at most: AWS measured that one of 8B on an L40S is saturated by 60 requests a
 * second (EKS guide, ml-inference-autoscaling-thresholds). It keeps a program in a loop from filling every queue, not teams
 * from their share.
 */
const requestsPerSecond = 50;

export function modelLimits({ access }: Pick<PlatformSpec, "access">): ModelLimits {
  return { requestsPerSecond, forwardAuth: access.forwardAuth };
}

/**
 * Middlewares of models' routes. None buffers: answers stream. None tries again: a prompt that was begun has cost GPU time,
 * and its stream can't be begun anew.
 *
 * The rate is counted by the `Authorization` header, which is one key, wherever it comes from; requests without one share a
 * rate, and are refused behind it. Where somebody is asked it is counted by whom he says it is: one token can be written in
 * many ways. Traefik takes that header from the answer alone; those of whom he says nothing share a rate.
 * Source: Traefik 3.7 reference, "HTTP middlewares": StripPrefixRegex, RateLimit, ForwardAuth, Headers.
 */
export function modelMiddlewares({ forwardAuth, requestsPerSecond }: ModelLimits): Record<string, object> {
  return {
    "model-path": { stripPrefixRegex: { regex: [`^${modelsPath}/[a-z0-9.-]+`] } },
    "model-key-rate": rateBy("Authorization", requestsPerSecond),
    ...(forwardAuth && {
      "model-auth": {
        forwardAuth: {
          address: addressOf(forwardAuth),
          trustForwardHeader: false,
          authResponseHeaders: [forwardAuth.userHeader],
        },
      },
      "model-user-rate": rateBy(forwardAuth.userHeader, requestsPerSecond),
      // Who was let in by a token needs none at a server that asks for none, and the token is good elsewhere.
      "model-anonymous": { headers: { customRequestHeaders: { Authorization: "", Cookie: "" } } },
    }),
  };
}

const rateBy = (requestHeaderName: string, requestsPerSecond: number) => ({
  rateLimit: {
    average: requestsPerSecond,
    burst: 2 * requestsPerSecond,
    period: "1s",
    sourceCriterion: { requestHeaderName },
  },
});

const addressOf = ({ namespace, path, port, service }: ForwardAuthSpec) =>
  `http://${service}.${namespace}.svc.cluster.local:${port}${path}`;

/** Those of one route, in their order: who may not, takes nobody's rate. */
export function routeMiddlewares(auth: "server" | "forward"): ModelMiddleware[] {
  return auth === "forward"
    ? ["model-auth", "model-user-rate", "model-path", "model-anonymous"]
    : ["model-key-rate", "model-path"];
}
