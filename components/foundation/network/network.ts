import * as pulumi from "@pulumi/pulumi";
import { createInterfaceEndpoints, createS3Endpoint } from "./endpoints.ts";
import { recordFlows } from "./flowLogs.ts";
import type { Made, NetworkArgs } from "./making.ts";
import { createNatGateways, routeIntra, routePrivate, routePublic } from "./routes.ts";
import { closeDefaultSecurityGroup, createSubnets, createVpc } from "./subnets.ts";

/**
 * A VPC over two or three zones: public subnets for load balancers and NAT, private ones for nodes and pods, and ones
 * without a way out for databases and the control plane's interfaces. S3 is reached by a gateway endpoint, so that models
 * and image layers don't pass, and aren't billed by, the NAT gateways. Its default security group lets nothing through.
 *
 * Another range or zone makes another subnet. Nodes move there; load balancers, databases and NAT gateways can't, and AWS
 * refuses. Another range of the VPC means another environment. Adding a zone or an endpoint adds. See docs/changes.md.
 *
 * Costs: a NAT gateway with its address some $36 a month and $0.045 per GB; an interface endpoint some $7 a month and zone;
 * flow logs $0.50 per GB. The rest is free.
 */
export class Network extends pulumi.ComponentResource {
  readonly vpcId: pulumi.Output<string>;
  /** NAT gateways' ids, by the name of their subnet. */
  readonly natGatewayIds: ReadonlyMap<string, pulumi.Output<string>>;
  readonly #subnets: readonly Made[];
  readonly #internet: pulumi.Output<unknown>;
  readonly #waysOut: ReadonlyMap<string, pulumi.Output<unknown>>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:Network", name, {}, opts);
    const child = { parent: this };

    const vpc = createVpc(name, args, child);
    const making = { name, args, vpcId: vpc.id, opts: child };
    closeDefaultSecurityGroup(making);
    const subnets = createSubnets(making);
    const publicRoutes = routePublic(making, subnets);
    const gateways = createNatGateways(making, subnets, publicRoutes.internet);
    const privateRoutes = routePrivate(making, subnets, gateways);
    const intraTable = routeIntra(making, subnets);
    const s3 = createS3Endpoint(making, [
      publicRoutes.table,
      intraTable,
      ...privateRoutes.map(({ table }) => table),
    ]);
    createInterfaceEndpoints(making, subnets);
    recordFlows(making);

    this.#subnets = subnets;
    this.#waysOut = new Map(
      privateRoutes.map(({ ready, zone }) => [zone, pulumi.all([s3.id, ...ready.map(({ id }) => id)])]),
    );
    this.#internet = pulumi.all(publicRoutes.ready.map(({ id }) => id));
    this.natGatewayIds = new Map(gateways.map(({ gateway, subnet }) => [subnet, gateway.id]));
    this.vpcId = vpc.id;
    this.registerOutputs({ vpcId: this.vpcId });
  }

  /** Subnets without a way out, one per zone. */
  get intraSubnetIds(): pulumi.Output<string>[] {
    return this.#subnets.filter(({ plan }) => plan.tier === "intra").map(({ subnet }) => subnet.id);
  }

  /** Their address ranges. */
  get intraRanges(): string[] {
    return this.#subnets.filter(({ plan }) => plan.tier === "intra").map(({ plan }) => plan.cidr);
  }

  /** Public subnets, one per zone, known when what is in them can be reached: AWS puts no load balancer there before. */
  get publicSubnetIds(): pulumi.Output<string>[] {
    return this.#subnets
      .filter(({ plan }) => plan.tier === "public")
      .map(({ subnet }) => pulumi.all([subnet.id, this.#internet]).apply(([id]) => id));
  }

  /**
   * Private subnets of these zones, known when what is in them can get out and the ranges of pods are kept free: a node
   * without a way out never joins, and one that loses it can't be drained.
   */
  nodeSubnetIds(zones: readonly string[]): pulumi.Output<string>[] {
    return this.#subnets
      .filter(({ plan }) => plan.tier === "private" && zones.includes(plan.zone))
      .map(({ plan, subnet }) =>
        pulumi.all([subnet.id, this.#waysOut.get(plan.zone) ?? []]).apply(([id]) => id),
      );
  }
}
