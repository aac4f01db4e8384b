import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { named, type Placement, selectorOf } from "./metadata.ts";

type IngressRule = types.input.networking.v1.NetworkPolicyIngressRule;
type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

/** One workload seen from another. */
export interface Peer {
  readonly namespace: string;
  readonly app: string;
}

/** At the other end: a workload, or all of a namespace. */
export type Caller = Peer | Pick<Peer, "namespace">;

/**
 * Traffic that may leave a pod: to a port of a peer or of address ranges outside the cluster, to the API server, to AWS, or
 * by HTTPS to anywhere.
 */
export type Destination =
  | { readonly peer: Caller; readonly port: number }
  | { readonly ranges: readonly string[]; readonly port: number }
  | "kubernetes-api"
  | "aws"
  | "https";

/** The link-local range: instance metadata must never be reached from a pod. */
const linkLocal = "169.254.0.0/16";

const httpsAnywhere = {
  to: [{ ipBlock: { cidr: "0.0.0.0/0", except: [linkLocal] } }],
  ports: [{ protocol: "TCP", port: 443 }],
};

function selected(caller: Caller) {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": caller.namespace } },
    ...("app" in caller ? { podSelector: { matchLabels: selectorOf(caller.app) } } : {}),
  };
}

function egressTo(destination: Destination): EgressRule[] {
  if (destination === "kubernetes-api") {
    // The API server has no pods to select, and its address differs from cluster to cluster.
    return [{ ports: [443, 6443].map((port) => ({ protocol: "TCP", port })) }];
  }
  if (destination === "https") return [httpsAnywhere];
  if (destination === "aws") {
    return [
      httpsAnywhere,
      // The EKS Pod Identity agent, the one link-local address that hands out credentials.
      { to: [{ ipBlock: { cidr: "169.254.170.23/32" } }], ports: [{ protocol: "TCP", port: 80 }] },
    ];
  }
  const to =
    "peer" in destination
      ? [selected(destination.peer)]
      : destination.ranges.map((cidr) => ({ ipBlock: { cidr } }));
  return [{ to, ports: [{ protocol: "TCP", port: destination.port }] }];
}

export interface TrafficArgs extends Placement {
  readonly app: string;
  /** Port that the pods listen on; undefined for pods that serve nobody. */
  readonly port: number | undefined;
  /** Ports beside it. Default: none. */
  readonly morePorts?: readonly number[];
  /** Who may come in; "anyone" is for the gateway. */
  readonly from: readonly Caller[] | "anyone";
  /** Who collects their metrics, and on which port. Default: nobody. */
  readonly scraped?: Scraped | undefined;
  /** Where the pods may go, beside DNS. */
  readonly to: readonly Destination[];
}

export interface Scraped {
  readonly by: readonly Peer[];
  readonly port: number;
}

/**
 * What may reach the pods of one workload and what they may reach; all else stays closed by the namespace's default.
 * Probes come from the node and are always let through. A cluster whose network plug-in ignores policies ignores it.
 */
export function trafficPolicy(name: string, args: TrafficArgs, opts: pulumi.CustomResourceOptions) {
  const { app, from, morePorts = [], port, scraped, to } = args;
  const ingress: IngressRule[] =
    port === undefined || from.length === 0
      ? []
      : [
          {
            ...(from === "anyone" ? {} : { from: from.map(selected) }),
            ports: [port, ...morePorts].map((each) => ({ protocol: "TCP", port: each })),
          },
        ];
  const scraping: IngressRule[] =
    scraped === undefined || scraped.by.length === 0
      ? []
      : [{ from: scraped.by.map(selected), ports: [{ protocol: "TCP", port: scraped.port }] }];
  return new k8s.networking.v1.NetworkPolicy(
    name,
    {
      metadata: named(app, app, args),
      spec: {
        podSelector: { matchLabels: selectorOf(app) },
        policyTypes: ["Ingress", "Egress"],
        ingress: [...ingress, ...scraping],
        egress: to.flatMap(egressTo),
      },
    },
    opts,
  );
}
