import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { loadBalancerLogPrefix } from "../data/bucketPolicy.ts";
import { bucketNameOf } from "../data/buckets.ts";
import { resourceName } from "../foundation/naming.ts";

/** The way in from the internet. */
export interface EdgePlan {
  /** Changing it replaces the load balancer, and its address with it; the DNS record follows. */
  readonly name: string;
  /** Host name that users type. */
  readonly host: string;
  readonly tlsPolicy: string;
  /** Port of every node that leads to Traefik. Changing it replaces the target group. */
  readonly nodePort: number;
  /** Whether AWS itself refuses to delete it. In prod. */
  readonly deletionProtection: boolean;
  /** Seconds that a node which goes is still sent what it has begun: longer than Traefik takes to finish. */
  readonly drainSeconds: number;
  readonly accessLogs: { readonly bucket: string; readonly prefix: string };
}

/**
 * A network load balancer that ends TLS with a certificate of ACM.
 *
 * TLS ends there and not in Traefik: ACM renews the certificate by itself, and its key is in no pod, no Secret and no
 * state. From there to Traefik requests pass the VPC only. It listens on 443 alone: a load balancer of this kind can't
 * redirect, and a port that answers in the clear would take the first request, with its tokens, in the clear as well.
 *
 * It is one of the network kind, because streams of tokens may be silent for longer than one of HTTP would wait, and Traefik
 * decides about paths anyway.
 */
export function planEdge(spec: AwsPlatformSpec, nodePort: number): EdgePlan {
  return {
    name: resourceName(spec, "load-balancer", "edge"),
    host: spec.gateway.host,
    // TLS 1.3 and 1.2, forward secrecy only. Source: Elastic Load Balancing, "Security policies for your Network Load
    // Balancer".
    tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    nodePort,
    deletionProtection: spec.environment === "prod",
    drainSeconds: 60,
    accessLogs: { bucket: bucketNameOf(spec, "access-logs"), prefix: loadBalancerLogPrefix },
  };
}
