import type { PlatformSpec } from "../../spec/platform.ts";

/** What one client may ask of one of Traefik's pods; undefined means no limit. Pods don't know of each other. */
export interface LimitsPlan {
  readonly requestsPerSecond: { readonly average: number; readonly burst: number } | undefined;
  readonly concurrentRequests: number | undefined;
  /** Bytes of a request's body, for the routes that are held to it. */
  readonly bodyBytes: number | undefined;
  /** Ranges of addresses that are let in; undefined: all. */
  readonly allowedCidrs: readonly string[] | undefined;
}

/**
 * What nobody reaches by working, only by a mistake in a loop: MLflow's pages ask for some hundred files at once, and a team
 * behind one address counts as one client. Locally there is one client, whose tests are faster than that.
 */
const perClient = 200;

export function planLimits(spec: PlatformSpec): LimitsPlan {
  const { allowedCidrs, limits } = spec.gateway;
  const aws = spec.environment !== "local";
  const average = limits.requestsPerSecond ?? (aws ? perClient : undefined);
  return {
    requestsPerSecond: average === undefined ? undefined : { average, burst: 2 * average },
    concurrentRequests: limits.concurrentRequests ?? (aws ? perClient : undefined),
    bodyBytes: limits.bodyMiB === undefined ? undefined : limits.bodyMiB * 2 ** 20,
    // Pods of the platform may call it by its name as well.
    allowedCidrs: allowedCidrs && [...allowedCidrs, ...(aws ? [spec.network.cidr] : [])],
  };
}
