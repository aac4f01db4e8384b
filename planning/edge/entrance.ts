import type { AwsPlatformSpec, PlatformSpec } from "../../spec/platform.ts";
import { type EndingPlan, planEnding } from "../ending.ts";
import { steadyPurchase } from "../workloads.ts";
import { type LimitsPlan, planLimits } from "./limits.ts";

/** Traefik's pods: name of their workload, and the port of `/ping` and `/metrics`, which is not part of the Service. */
export const gatewayPods = { app: "traefik", adminPort: 8080 } as const;

/** How Traefik is reached. */
export interface EntrancePlan {
  /** Port of every node that leads to Traefik; undefined where nothing from outside does. */
  readonly nodePort: number | undefined;
  /** Whether a load balancer ended TLS before: backends are told that the client's request came by HTTPS. */
  readonly behindTls: boolean;
  /** Ranges whose word about the client's address is taken, by the PROXY protocol; none where clients come by themselves. */
  readonly trustedProxies: readonly string[];
  readonly limits: LimitsPlan;
  readonly end: EntranceEnd;
}

/** How a pod of Traefik ends, in seconds. */
export interface EntranceEnd extends EndingPlan {
  /**
   * Age from which on the next answer of a client's connection is its last. Shorter than `acceptSeconds`: who asks now and
   * then has gone elsewhere before the rest is closed.
   */
  readonly connectionSeconds: number;
  /** After the signal, requests are still taken. */
  readonly acceptSeconds: number;
}

/** Of the range that Kubernetes takes for node ports, 30000 to 32767. */
const nodePort = 30080;

/**
 * In AWS a load balancer leads to it, where there is one. Requests may pass any node on their way, which then stands
 * as their sender: `externalTrafficPolicy: Cluster`. The load balancer therefore says the client's address ahead of
 * each connection, and Traefik believes it of whoever is in the VPC.
 *
 * `Local` would save the step to another node, but a node stops answering with its last pod of Traefik, and the load
 * balancer finds out 20 seconds later: each rollout would lose connections.
 */
export function planEntrance(spec: PlatformSpec): EntrancePlan {
  const both = { limits: planLimits(spec), end: planEntranceEnd(spec) };
  if (spec.environment === "local") return { nodePort, behindTls: false, trustedProxies: [], ...both };
  const balanced = certificateOf(spec.gateway) !== undefined;
  return {
    nodePort: balanced ? nodePort : undefined,
    behindTls: balanced,
    trustedProxies: balanced ? [spec.network.cidr] : [],
    ...both,
  };
}

/** kube-proxy and load balancers need some seconds of it to send new connections elsewhere. */
const acceptSeconds = 15;
const connectionSeconds = 8;

/**
 * Traefik doesn't tell clients that it ends: after `acceptSeconds` it closes their idle connections, and a request that is
 * on its way down one of them is lost (a POST, which nobody may send again unasked). So no connection gets old, ends or
 * not: one that is used at least every few seconds has had its last answer by then. A new one costs two round trips.
 * Source: Traefik 3.7, pkg/server/server_entrypoint_tcp.go (Shutdown) and keep_alive_middleware.go.
 */
export function planEntranceEnd(spec: PlatformSpec): EntranceEnd {
  const spot = spec.environment !== "local" && steadyPurchase(spec).includes("spot");
  return { connectionSeconds, acceptSeconds, ...planEnding(spot, acceptSeconds) };
}

/** `given`: somebody else renews it. `issued`: ACM renews it as long as its record is in the zone. */
export type CertificatePlan =
  | { readonly kind: "given"; readonly arn: string }
  | { readonly kind: "issued"; readonly zoneId: string };

/** What TLS ends with; undefined where there is nothing to end it with, and so no load balancer. */
export function certificateOf({
  certificateArn,
  hostedZone,
}: AwsPlatformSpec["gateway"]): CertificatePlan | undefined {
  if (certificateArn !== undefined) return { kind: "given", arn: certificateArn };
  return hostedZone && { kind: "issued", zoneId: hostedZone.id };
}
