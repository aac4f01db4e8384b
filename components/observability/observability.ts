import * as pulumi from "@pulumi/pulumi";
import type { ObservabilityPlan } from "../../planning/observability/observability.ts";
import type { WatchedResource } from "../../planning/observability/watched.ts";
import type { Edge } from "../edge/edge.ts";
import type { Foundation } from "../foundation/foundation.ts";
import { Alarms } from "./alarms.ts";
import { Notifications } from "./notifications.ts";

export interface ObservabilityArgs {
  readonly plan: ObservabilityPlan;
  readonly region: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly foundation: Pick<Foundation, "autoscalingGroups" | "clusterName"> & {
    readonly network: Pick<Foundation["network"], "natGatewayIds">;
  };
  /** Undefined where there is no load balancer. */
  readonly edge: Pick<Edge, "dimensions"> | undefined;
}

/**
 * Who is told, and of what: the topic with its address, what watches the bill, and the alarms of everything that pages
 * someone.
 *
 * A resource that is replaced takes its alarms along in place: only their dimensions change. Costs $1 a month for the key,
 * and $0.10 for each alarm.
 */
export class Observability extends pulumi.ComponentResource {
  constructor(name: string, args: ObservabilityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:observability:Observability", name, {}, opts);
    const child = { parent: this };
    const { plan, region, tags } = args;

    const { topicArn } = new Notifications("alarms", { plan, region, tags }, child);
    for (const { alarms, name: resourceName, prefix, resource } of plan.watched) {
      const dimensions = dimensionsOf(resource, args);
      new Alarms(resourceName, { plans: alarms, prefix, dimensions, topicArn, tags }, child);
    }
    this.registerOutputs();
  }
}

/** How CloudWatch knows a resource; nothing for one that is planned and not made, which the alarms then refuse. */
function dimensionsOf(
  resource: WatchedResource,
  { edge, foundation }: ObservabilityArgs,
): Record<string, pulumi.Input<string>> {
  switch (resource.kind) {
    case "cluster":
      return { ClusterName: foundation.clusterName };
    case "load-balancer":
      return { ...edge?.dimensions };
    case "node-group":
      return known("AutoScalingGroupName", foundation.autoscalingGroups([resource.name]).get(resource.name));
    case "nat-gateway":
      return known("NatGatewayId", foundation.network.natGatewayIds.get(resource.subnet));
    case "database":
      return { DBInstanceIdentifier: resource.identifier };
  }
}

const known = (name: string, value: pulumi.Output<string> | undefined) =>
  value === undefined ? {} : { [name]: value };
