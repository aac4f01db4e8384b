import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { loadBalancerLogPrefix } from "../data/bucketPolicy.ts";
import { bucketNameOf } from "../data/buckets.ts";
import { resourceName } from "../foundation/naming.ts";
import type { ManagedNodeGroupPlan } from "../foundation/nodeGroups.ts";
import { type CertificatePlan, certificateOf, planEntranceEnd } from "./entrance.ts";

/** The way in from the internet. */
export interface EdgePlan {
  /** Changing it replaces the load balancer, and its address with it; the DNS record follows. */
  readonly name: string;
  /** Host name that users type. */
  readonly host: string;
  readonly certificate: CertificatePlan;
  /** Zone of Route 53 that takes the host's record; undefined where the record is made elsewhere. */
  readonly recordZoneId: string | undefined;
  readonly tlsPolicy: string;
  /** Ranges of addresses that may connect. */
  readonly clientCidrs: readonly string[];
  /** Port of every node that leads to Traefik. Changing it replaces the target group. */
  readonly nodePort: number;
  /** Node groups whose nodes stand behind it. */
  readonly nodeGroups: readonly string[];
  /** Whether AWS itself refuses to delete it. In prod. */
  readonly deletionProtection: boolean;
  /**
   * Seconds that a node which goes passes on what it has begun, to whichever node: as long as a client's connection can last
   * with an answer on it.
   */
  readonly drainSeconds: number;
  readonly accessLogs: { readonly bucket: string; readonly prefix: string };
}

/** What the load balancer leads to. */
export interface EdgeTargets {
  readonly nodePort: number | undefined;
  readonly nodeGroups: readonly Pick<ManagedNodeGroupPlan, "name" | "role" | "workloads">[];
}

/**
 * A network load balancer that ends TLS with a certificate of ACM; undefined where there is none to be had.
 *
 * TLS ends there and not in Traefik: ACM renews the certificate by itself, and its key is in no pod, no Secret and no
 * state. From there to Traefik requests pass the VPC only. It listens on 443 alone: a load balancer of this kind can't
 * redirect, and a port that answers in the clear would take the first request, with its tokens, in the clear as well.
 *
 * It is one of the network kind, because streams of tokens may be silent for longer than one of HTTP would wait, and Traefik
 * decides about paths anyway.
 */
export function planEdge(spec: AwsPlatformSpec, { nodeGroups, nodePort }: EdgeTargets): EdgePlan | undefined {
  const { host, hostedZone } = spec.gateway;
  const certificate = certificateOf(spec.gateway);
  if (certificate === undefined || nodePort === undefined) return undefined;
  const { connectionSeconds, finishSeconds } = planEntranceEnd(spec);
  return {
    name: resourceName(spec, "load-balancer", "edge"),
    host,
    certificate,
    recordZoneId: hostedZone?.id,
    // TLS 1.3 and 1.2, forward secrecy only. Source: Elastic Load Balancing, "Security policies for your Network Load
    // Balancer".
    tlsPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    clientCidrs: spec.gateway.allowedCidrs ?? ["0.0.0.0/0"],
    nodePort,
    nodeGroups: groupsOfTraefik(nodeGroups),
    deletionProtection: spec.environment === "prod",
    drainSeconds: connectionSeconds + finishSeconds,
    accessLogs: { bucket: bucketNameOf(spec, "access-logs"), prefix: loadBalancerLogPrefix },
  };
}

/** What has to be made by other hands, or isn't there at all. */
export function edgeWarnings(spec: AwsPlatformSpec): string[] {
  const { host, hostedZone } = spec.gateway;
  if (hostedZone !== undefined) return [];
  if (certificateOf(spec.gateway) !== undefined)
    return [
      `gateway.hostedZone is not given: the record of ${host} must be made elsewhere, leading to the stack's output \`entrance\``,
    ];
  return [
    `gateway.hostedZone is not given: the certificate and the record of ${host} must be made elsewhere, and until gateway.certificateArn names the certificate there is no load balancer and nobody gets in from outside`,
  ];
}

/** Those that the plan puts Traefik on, and those that stand by for them: any node with the port passes requests on. */
function groupsOfTraefik(nodeGroups: EdgeTargets["nodeGroups"]): string[] {
  const roles = new Set(
    nodeGroups.filter(({ workloads }) => workloads.includes("traefik")).map(({ role }) => role),
  );
  return nodeGroups.filter(({ role }) => roles.has(role)).map(({ name }) => name);
}
