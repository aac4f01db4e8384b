import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { VpcPlan } from "../../planning/foundation/vpc.ts";
import type { SubnetPlan } from "../../planning/infrastructure.ts";
import { type Transform, transformed } from "../transform.ts";
import { AccessRole } from "./accessRole.ts";

export interface NetworkArgs {
  readonly plan: VpcPlan;
  /** Key that encrypts the flow logs. */
  readonly logsKeyArn: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  /** Refuses to delete the VPC and its subnets, and so to change their ranges. */
  readonly protectState: boolean;
  readonly transform?:
    | {
        readonly vpc?: Transform<aws.ec2.VpcArgs>;
        readonly subnet?: Transform<aws.ec2.SubnetArgs>;
        readonly natGateway?: Transform<aws.ec2.NatGatewayArgs>;
      }
    | undefined;
}

/** What a part of the network is made with. */
interface Making {
  readonly name: string;
  readonly args: NetworkArgs;
  readonly vpcId: pulumi.Output<string>;
  readonly opts: { readonly parent: pulumi.Resource };
}

interface Made {
  readonly plan: SubnetPlan;
  readonly subnet: aws.ec2.Subnet;
}

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

function createVpc(name: string, { plan, protectState, tags, transform }: NetworkArgs, opts: Making["opts"]) {
  return new aws.ec2.Vpc(
    withRange(name, plan),
    transformed(transform?.vpc, {
      cidrBlock: plan.cidr,
      // Both are needed for private names: of the API server, and of interface endpoints.
      enableDnsHostnames: true,
      enableDnsSupport: true,
      tags: { ...tags, Name: plan.name },
    }),
    { ...opts, protect: protectState },
  );
}

/**
 * Subnets and VPCs are told apart by their ranges: where AWS refuses to give one up, the one in its place is another
 * resource, which goes when the change is taken back. A replaced one would be marked for deletion, for good.
 */
const withRange = (name: string, { cidr }: { readonly cidr: string }) => `${name}-${cidr}`;

/** Taken over rather than made: every VPC has one, which lets its members talk to each other and to the world. */
function closeDefaultSecurityGroup({ args, name, opts, vpcId }: Making) {
  return new aws.ec2.DefaultSecurityGroup(
    name,
    { vpcId, ingress: [], egress: [], tags: { ...args.tags, Name: `${args.plan.name}-default-closed` } },
    opts,
  );
}

function createSubnets({ args, name, opts, vpcId }: Making): Made[] {
  const { plan: vpc, protectState, tags, transform } = args;
  return vpc.subnets.map((plan) => ({
    plan,
    subnet: new aws.ec2.Subnet(
      withRange(`${name}-${plan.name}`, plan),
      transformed(transform?.subnet, {
        vpcId,
        availabilityZone: plan.zone,
        cidrBlock: plan.cidr,
        mapPublicIpOnLaunch: false,
        tags: { ...tags, ...vpc.subnetTags[plan.tier], Name: `${vpc.name}-${plan.name}` },
      }),
      { ...opts, protect: protectState },
    ),
  }));
}

function routePublic(making: Making, subnets: readonly Made[]) {
  const { args, name, opts, vpcId } = making;
  const gateway = new aws.ec2.InternetGateway(
    name,
    { vpcId, tags: { ...args.tags, Name: args.plan.name } },
    opts,
  );
  const table = routeTable(making, "public");
  const internet = new aws.ec2.Route(
    `${name}-public`,
    { routeTableId: table.id, destinationCidrBlock: "0.0.0.0/0", gatewayId: gateway.id },
    opts,
  );
  return { table, internet, ready: [internet, ...associate(making, table, subnets, "public")] };
}

/** One NAT gateway per zone of the plan, each with an address of its own. */
function createNatGateways(
  { args, name, opts }: Making,
  subnets: readonly Made[],
  internet: aws.ec2.Route,
): { readonly zone: string; readonly subnet: string; readonly gateway: aws.ec2.NatGateway }[] {
  const { plan, tags, transform } = args;
  return subnets
    .filter(({ plan: { tier, zone } }) => tier === "public" && plan.natZones.includes(zone))
    .map(({ plan: { name: subnetName, zone }, subnet }) => {
      const tagged = { ...tags, Name: `${plan.name}-nat-${subnetName}` };
      const address = new aws.ec2.Eip(`${name}-nat-${subnetName}`, { domain: "vpc", tags: tagged }, opts);
      const gateway = new aws.ec2.NatGateway(
        `${name}-nat-${subnetName}`,
        transformed(transform?.natGateway, {
          subnetId: subnet.id,
          allocationId: address.id,
          tags: tagged,
        }),
        // It answers nobody before there is a way to the internet, and the way can't go while it holds an address.
        { ...opts, dependsOn: internet },
      );
      return { zone, subnet: subnetName, gateway };
    });
}

/** A table per zone, to the zone's own gateway or else to the first: no zone's traffic changes when another gets one. */
function routePrivate(
  making: Making,
  subnets: readonly Made[],
  gateways: readonly { readonly zone: string; readonly gateway: aws.ec2.NatGateway }[],
) {
  const { name, opts } = making;
  return subnets
    .filter(({ plan }) => plan.tier === "private")
    .map((made) => {
      const { plan, subnet } = made;
      const table = routeTable(making, plan.name);
      const exit = gateways.find(({ zone }) => zone === plan.zone) ?? gateways[0];
      const routes =
        exit === undefined
          ? []
          : [
              new aws.ec2.Route(
                `${name}-${plan.name}`,
                {
                  routeTableId: table.id,
                  destinationCidrBlock: "0.0.0.0/0",
                  natGatewayId: exit.gateway.id,
                },
                opts,
              ),
            ];
      const associations = associate(making, table, [made], "private");
      const reservations = plan.podRanges.map(
        (cidrBlock) =>
          new aws.ec2.SubnetCidrReservation(
            `${name}-${plan.name}-${cidrBlock}`,
            { subnetId: subnet.id, cidrBlock, reservationType: "prefix", description: "Prefixes of pods" },
            opts,
          ),
      );
      return { zone: plan.zone, table, ready: [...routes, ...associations, ...reservations] };
    });
}

/** No route but the VPC's own. */
function routeIntra(making: Making, subnets: readonly Made[]) {
  const table = routeTable(making, "intra");
  associate(making, table, subnets, "intra");
  return table;
}

function routeTable({ args, name, opts, vpcId }: Making, part: string) {
  return new aws.ec2.RouteTable(
    `${name}-${part}`,
    { vpcId, tags: { ...args.tags, Name: `${args.plan.name}-${part}` } },
    opts,
  );
}

function associate(
  { name, opts }: Making,
  table: aws.ec2.RouteTable,
  subnets: readonly Made[],
  tier: SubnetPlan["tier"],
) {
  return subnets
    .filter(({ plan }) => plan.tier === tier)
    .map(
      ({ plan, subnet }) =>
        new aws.ec2.RouteTableAssociation(
          withRange(`${name}-${plan.name}`, plan),
          { routeTableId: table.id, subnetId: subnet.id },
          opts,
        ),
    );
}

function createS3Endpoint({ args, name, opts, vpcId }: Making, tables: readonly aws.ec2.RouteTable[]) {
  return new aws.ec2.VpcEndpoint(
    `${name}-s3`,
    {
      vpcId,
      serviceName: args.plan.s3Service,
      vpcEndpointType: "Gateway",
      routeTableIds: tables.map(({ id }) => id),
      tags: { ...args.tags, Name: `${args.plan.name}-s3` },
    },
    opts,
  );
}

/** In the subnets without a way out: pods of all zones reach them by the services' usual names. */
function createInterfaceEndpoints({ args, name, opts, vpcId }: Making, subnets: readonly Made[]) {
  const { plan, tags } = args;
  if (plan.endpoints.length === 0) return;
  const tagged = { ...tags, Name: `${plan.name}-endpoints` };
  const securityGroup = new aws.ec2.SecurityGroup(
    `${name}-endpoints`,
    { vpcId, description: "Interface endpoints: HTTPS from the VPC", tags: tagged },
    opts,
  );
  new aws.vpc.SecurityGroupIngressRule(
    `${name}-endpoints`,
    {
      securityGroupId: securityGroup.id,
      description: "HTTPS from the VPC",
      cidrIpv4: plan.cidr,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      tags,
    },
    opts,
  );
  for (const endpoint of plan.endpoints) {
    new aws.ec2.VpcEndpoint(
      `${name}-${endpoint.name}`,
      {
        vpcId,
        serviceName: endpoint.serviceName,
        vpcEndpointType: "Interface",
        subnetIds: subnets.filter(({ plan: { tier } }) => tier === "intra").map(({ subnet }) => subnet.id),
        securityGroupIds: [securityGroup.id],
        privateDnsEnabled: true,
        tags: { ...tags, Name: `${plan.name}-${endpoint.name}` },
      },
      opts,
    );
  }
}

function recordFlows({ args, name, opts, vpcId }: Making) {
  const { logsKeyArn, plan, tags } = args;
  const { group, role } = plan.flowLogs;
  const logGroup = new aws.cloudwatch.LogGroup(
    `${name}-flow-logs`,
    { name: group.name, retentionInDays: group.retentionDays, kmsKeyId: logsKeyArn, tags },
    opts,
  );
  const writer = new AccessRole(`${name}-flow-logs`, { plan: role, tags }, opts);
  new aws.ec2.FlowLog(
    name,
    {
      vpcId,
      trafficType: "ALL",
      logDestinationType: "cloud-watch-logs",
      logDestination: logGroup.arn,
      iamRoleArn: writer.arn,
      maxAggregationInterval: 600,
      tags: { ...tags, Name: plan.name },
    },
    opts,
  );
}
