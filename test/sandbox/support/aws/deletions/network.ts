import { z } from "zod";
import { call } from "../../../../support/simulated/sdk.ts";
import { ec2, type Refusal } from "../account.ts";

/** What networks are made of. */
export const network: readonly Refusal[] = [
  {
    what: "a VPC with a subnet",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const SubnetId = await account.subnet(VpcId);
      return {
        deletion: ec2("delete_vpc", { VpcId }),
        clearance: [ec2("delete_subnet", { SubnetId })],
      };
    },
  },
  {
    what: "a VPC with an internet gateway",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const InternetGatewayId = await account.gateway(VpcId);
      return {
        deletion: ec2("delete_vpc", { VpcId }),
        clearance: [ec2("detach_internet_gateway", { InternetGatewayId, VpcId })],
      };
    },
  },
  {
    what: "a VPC with a security group",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const GroupId = await account.group(VpcId);
      return {
        deletion: ec2("delete_vpc", { VpcId }),
        clearance: [ec2("delete_security_group", { GroupId })],
      };
    },
  },
  {
    what: "a VPC with a gateway endpoint",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const ServiceName = "com.amazonaws.us-east-1.s3";
      const endpoint = await account.endpoint({ VpcId, ServiceName, VpcEndpointType: "Gateway" });
      return {
        deletion: ec2("delete_vpc", { VpcId }),
        clearance: [ec2("delete_vpc_endpoints", { VpcEndpointIds: [endpoint] })],
      };
    },
  },
  {
    what: "an internet gateway that is attached",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const InternetGatewayId = await account.gateway(VpcId);
      return {
        deletion: ec2("delete_internet_gateway", { InternetGatewayId }),
        clearance: [ec2("detach_internet_gateway", { InternetGatewayId, VpcId })],
      };
    },
  },
  {
    what: "an internet gateway's attachment with a NAT gateway's address behind it",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const InternetGatewayId = await account.gateway(VpcId);
      const { gateway } = await account.nat(await account.subnet(VpcId));
      return {
        deletion: ec2("detach_internet_gateway", { InternetGatewayId, VpcId }),
        clearance: [ec2("delete_nat_gateway", { NatGatewayId: gateway })],
      };
    },
  },
  {
    what: "an address of a NAT gateway",
    code: "InvalidIPAddress.InUse",
    arrange: async (account) => {
      const { address, gateway } = await account.nat(await account.subnet(await account.vpc()));
      return {
        deletion: ec2("release_address", { AllocationId: address }),
        clearance: [ec2("delete_nat_gateway", { NatGatewayId: gateway })],
      };
    },
  },
  {
    what: "a subnet with a network interface",
    code: "DependencyViolation",
    arrange: async (account) => {
      const SubnetId = await account.subnet(await account.vpc());
      const NetworkInterfaceId = await account.networkInterface(SubnetId);
      return {
        deletion: ec2("delete_subnet", { SubnetId }),
        clearance: [ec2("delete_network_interface", { NetworkInterfaceId })],
      };
    },
  },
  {
    what: "a subnet with a NAT gateway",
    code: "DependencyViolation",
    arrange: async (account) => {
      const SubnetId = await account.subnet(await account.vpc());
      const { gateway } = await account.nat(SubnetId);
      return {
        deletion: ec2("delete_subnet", { SubnetId }),
        clearance: [ec2("delete_nat_gateway", { NatGatewayId: gateway })],
      };
    },
  },
  {
    what: "a subnet with an interface endpoint",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const SubnetId = await account.subnet(VpcId);
      const ServiceName = "com.amazonaws.us-east-1.ecr.api";
      const given = { VpcId, ServiceName, VpcEndpointType: "Interface", SubnetIds: [SubnetId] };
      const endpoint = await account.endpoint(given);
      return {
        deletion: ec2("delete_subnet", { SubnetId }),
        clearance: [ec2("delete_vpc_endpoints", { VpcEndpointIds: [endpoint] })],
      };
    },
  },
  {
    what: "a subnet with a load balancer",
    code: "DependencyViolation",
    arrange: async (account) => {
      const SubnetId = await account.subnet(await account.vpc());
      const LoadBalancerArn = await account.balancer([SubnetId]);
      return {
        deletion: ec2("delete_subnet", { SubnetId }),
        clearance: [call("elbv2", "delete_load_balancer", { LoadBalancerArn })],
      };
    },
  },
  {
    what: "a subnet with a cluster",
    code: "DependencyViolation",
    arrange: async (account) => {
      const { subnets } = await account.subnets();
      const name = await account.cluster(subnets);
      return {
        deletion: ec2("delete_subnet", { SubnetId: subnets[0] }),
        clearance: [call("eks", "delete_cluster", { name })],
      };
    },
  },
  {
    what: "a route table that a subnet has",
    code: "DependencyViolation",
    arrange: async (account) => {
      const VpcId = await account.vpc();
      const SubnetId = await account.subnet(VpcId);
      const table = z.object({ RouteTable: z.object({ RouteTableId: z.string() }) });
      const { RouteTableId } = (await account.sdk.get(ec2("create_route_table", { VpcId }), table))
        .RouteTable;
      const { AssociationId } = await account.sdk.get(
        ec2("associate_route_table", { RouteTableId, SubnetId }),
        z.object({ AssociationId: z.string() }),
      );
      return {
        deletion: ec2("delete_route_table", { RouteTableId }),
        clearance: [ec2("disassociate_route_table", { AssociationId })],
      };
    },
  },
];
