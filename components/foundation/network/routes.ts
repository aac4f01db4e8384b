import * as aws from "@pulumi/aws";
import type { SubnetPlan } from "../../../planning/infrastructure.ts";
import { transformed } from "../../transform.ts";
import { type Made, type Making, withRange } from "./making.ts";

export function routePublic(making: Making, subnets: readonly Made[]) {
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
export function createNatGateways(
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
export function routePrivate(
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
export function routeIntra(making: Making, subnets: readonly Made[]) {
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
