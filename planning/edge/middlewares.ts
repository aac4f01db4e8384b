import { type ModelLimits, modelMiddlewares } from "../serving/middlewares.ts";
import { adapterPath } from "../serving/route.ts";
import type { EntrancePlan } from "./entrance.ts";
import type { LimitsPlan } from "./limits.ts";

/** Middlewares that a route can name; `body-limit` is there only where the spec sets one. */
export type RouteMiddleware = "secure-headers" | "hidden" | "body-limit" | "adapter-path";

/** Traefik's dynamic configuration, for its file provider. */
export interface DynamicConfiguration {
  readonly http: { readonly middlewares: Readonly<Record<string, object>> };
}

/** Names of the middlewares that every route passes, in their order. */
export function entranceMiddlewares({ limits }: Pick<EntrancePlan, "limits">): string[] {
  return Object.keys(limiting(limits));
}

/** Source: Traefik 3.7 reference, "HTTP middlewares". */
export function dynamicConfiguration({
  behindTls,
  limits,
  models,
}: Pick<EntrancePlan, "behindTls" | "limits"> & { readonly models?: ModelLimits }): DynamicConfiguration {
  return {
    http: {
      middlewares: {
        "adapter-path": { stripPrefix: { prefixes: [adapterPath] } },
        hidden: { replacePath: { path: "/hidden" } },
        "secure-headers": {
          headers: {
            contentTypeNosniff: true,
            referrerPolicy: "same-origin",
            customFrameOptionsValue: "SAMEORIGIN",
            customResponseHeaders: { Server: "" },
            ...(behindTls ? overTls : {}),
          },
        },
        ...limiting(limits),
        ...bodyLimit(limits),
        ...(models && modelMiddlewares(models)),
      },
    },
  };
}

/** Traefik itself sees plain HTTP. Browsers are told for a year to come by HTTPS only. */
const overTls = {
  customRequestHeaders: { "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443" },
  stsSeconds: 31_536_000,
  forceSTSHeader: true,
};

/** By the address of the connection, which the PROXY protocol sets; never by a header, which a client can write. */
const sourceCriterion = { ipStrategy: { depth: 0 } };

/** Who isn't let in is counted nowhere; who asks too often takes no place of those that are worked on. */
function limiting(limits: LimitsPlan): Record<string, object> {
  const { allowedCidrs, concurrentRequests, requestsPerSecond } = limits;
  return {
    ...(allowedCidrs && { "allowed-clients": { ipAllowList: { sourceRange: allowedCidrs } } }),
    ...(requestsPerSecond && {
      "request-rate": { rateLimit: { ...requestsPerSecond, period: "1s", sourceCriterion } },
    }),
    ...(concurrentRequests !== undefined && {
      "concurrent-requests": { inFlightReq: { amount: concurrentRequests, sourceCriterion } },
    }),
  };
}

/** Bodies are kept in memory up to Traefik's own 1 MiB, then on disk. */
function bodyLimit({ bodyBytes }: LimitsPlan): Record<string, object> {
  return bodyBytes === undefined ? {} : { "body-limit": { buffering: { maxRequestBodyBytes: bodyBytes } } };
}
