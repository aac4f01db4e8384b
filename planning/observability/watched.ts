import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { DatabasePlan } from "../data/database.ts";
import type { FoundationPlan } from "../foundation/foundation.ts";
import { resourceName } from "../foundation/naming.ts";
import {
  type AlarmPlan,
  clusterAlarms,
  databaseAlarms,
  loadBalancerAlarms,
  natGatewayAlarms,
  nodeGroupAlarms,
} from "./alarms.ts";

/** A resource and its alarms. */
export interface WatchedPlan {
  /** `nat-public-a`, `load-balancer`, a node group's name. */
  readonly name: string;
  /** How the alarms' names begin: `ai-platform-prod-load-balancer`. */
  readonly prefix: string;
  /** How CloudWatch knows it. */
  readonly resource: WatchedResource;
  readonly alarms: readonly AlarmPlan[];
}

export type WatchedResource =
  | { readonly kind: "cluster" | "load-balancer" }
  | { readonly kind: "node-group"; readonly name: string }
  /** By the name of its subnet. */
  | { readonly kind: "nat-gateway"; readonly subnet: string }
  | { readonly kind: "database"; readonly identifier: string };

/** What an environment has that can page someone. */
export interface Watchable {
  readonly foundation: Pick<FoundationPlan, "nodeGroups" | "vpc">;
  /** Whether there is a load balancer. */
  readonly balanced: boolean;
  /** The database of RDS; undefined where PostgreSQL runs in the cluster. */
  readonly database: DatabasePlan | undefined;
}

/** What pages someone, in this order: the way in, the database, the nodes, the way out. */
export function planWatched(
  spec: AwsPlatformSpec,
  { balanced, database, foundation: { nodeGroups, vpc } }: Watchable,
): WatchedPlan[] {
  const watched = (name: string, resource: WatchedResource, alarms: readonly AlarmPlan[]): WatchedPlan[] =>
    alarms.length === 0 ? [] : [{ name, prefix: resourceName(spec, "alarm", name), resource, alarms }];
  const gateways = vpc.subnets.filter(({ tier, zone }) => tier === "public" && vpc.natZones.includes(zone));
  return [
    ...(balanced ? watched("load-balancer", { kind: "load-balancer" }, loadBalancerAlarms) : []),
    ...(database
      ? watched("postgres", { kind: "database", identifier: database.identifier }, databaseAlarms(database))
      : []),
    ...watched("cluster", { kind: "cluster" }, clusterAlarms),
    ...nodeGroups.flatMap((group) =>
      watched(group.name, { kind: "node-group", name: group.name }, nodeGroupAlarms(group)),
    ),
    ...gateways.flatMap(({ name }) =>
      watched(`nat-${name}`, { kind: "nat-gateway", subnet: name }, natGatewayAlarms),
    ),
  ];
}
