import { vi } from "vitest";
import { z } from "zod";
import { type Call, call, type Sdk } from "../../../support/simulated/sdk.ts";

/** Something that can't be deleted yet. */
export interface Obstructed {
  /** What AWS refuses, and does when the obstacle is gone. */
  readonly deletion: Call;
  /** How the obstacle is taken away. */
  readonly clearance: readonly Call[];
}

/** What AWS refuses to delete, with the code of its refusal, and how it comes about. */
export interface Refusal {
  readonly what: string;
  readonly code: string;
  readonly arrange: (account: Account) => Promise<Obstructed>;
}

/** An account in which things are made that stand in each other's way. Each is its own: names and ranges are counted. */
export class Account {
  private made = 0;

  constructor(readonly sdk: Sdk) {}

  /** A name that nothing else has. */
  name(kind: string): string {
    this.made += 1;
    return `${kind}-${this.made}`;
  }

  async vpc(): Promise<string> {
    const made = z.object({ Vpc: z.object({ VpcId: z.string() }) });
    return (await this.sdk.get(ec2("create_vpc", { CidrBlock: "10.0.0.0/16" }), made)).Vpc.VpcId;
  }

  async subnet(VpcId: string, zone = "a"): Promise<string> {
    this.made += 1;
    const made = z.object({ Subnet: z.object({ SubnetId: z.string() }) });
    const given = {
      VpcId,
      CidrBlock: `10.0.${this.made % 256}.0/24`,
      AvailabilityZone: `us-east-1${zone}`,
    };
    return (await this.sdk.get(ec2("create_subnet", given), made)).Subnet.SubnetId;
  }

  /** Subnets of two zones in a VPC of their own. */
  async subnets(): Promise<{ readonly vpc: string; readonly subnets: readonly string[] }> {
    const vpc = await this.vpc();
    return { vpc, subnets: [await this.subnet(vpc, "a"), await this.subnet(vpc, "b")] };
  }

  async group(VpcId: string): Promise<string> {
    const given = { VpcId, GroupName: this.name("group"), Description: "a test's" };
    return (await this.sdk.get(ec2("create_security_group", given), z.object({ GroupId: z.string() })))
      .GroupId;
  }

  async networkInterface(SubnetId: string, Groups: readonly string[] = []): Promise<string> {
    const made = z.object({ NetworkInterface: z.object({ NetworkInterfaceId: z.string() }) });
    const given = { SubnetId, ...(Groups.length === 0 ? {} : { Groups }) };
    const answer = await this.sdk.get(ec2("create_network_interface", given), made);
    return answer.NetworkInterface.NetworkInterfaceId;
  }

  async gateway(VpcId: string): Promise<string> {
    const made = z.object({ InternetGateway: z.object({ InternetGatewayId: z.string() }) });
    const { InternetGatewayId } = (await this.sdk.get(ec2("create_internet_gateway"), made)).InternetGateway;
    await this.sdk.do(ec2("attach_internet_gateway", { InternetGatewayId, VpcId }));
    return InternetGatewayId;
  }

  /** A NAT gateway, with its address. */
  async nat(SubnetId: string): Promise<{ readonly gateway: string; readonly address: string }> {
    const { AllocationId } = await this.sdk.get(
      ec2("allocate_address", { Domain: "vpc" }),
      z.object({ AllocationId: z.string() }),
    );
    const made = z.object({ NatGateway: z.object({ NatGatewayId: z.string() }) });
    const { NatGateway } = await this.sdk.get(ec2("create_nat_gateway", { SubnetId, AllocationId }), made);
    return { gateway: NatGateway.NatGatewayId, address: AllocationId };
  }

  async endpoint(given: Readonly<Record<string, unknown>>): Promise<string> {
    const made = z.object({ VpcEndpoint: z.object({ VpcEndpointId: z.string() }) });
    return (await this.sdk.get(ec2("create_vpc_endpoint", given), made)).VpcEndpoint.VpcEndpointId;
  }

  async balancer(Subnets: readonly string[], more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const made = z.object({ LoadBalancers: z.tuple([z.object({ LoadBalancerArn: z.string() })]) });
    const given = { Name: this.name("balancer"), Type: "network", Subnets, ...more };
    const { LoadBalancers } = await this.sdk.get(call("elbv2", "create_load_balancer", given), made);
    return LoadBalancers[0].LoadBalancerArn;
  }

  async targets(VpcId: string): Promise<string> {
    const made = z.object({ TargetGroups: z.tuple([z.object({ TargetGroupArn: z.string() })]) });
    const given = { Name: this.name("targets"), Protocol: "TCP", Port: 443, VpcId };
    return (await this.sdk.get(call("elbv2", "create_target_group", given), made)).TargetGroups[0]
      .TargetGroupArn;
  }

  /** A load balancer's listener that sends to targets, for TLS where it gets a certificate. */
  async listener(LoadBalancerArn: string, TargetGroupArn: string, certificate?: string): Promise<string> {
    const made = z.object({ Listeners: z.tuple([z.object({ ListenerArn: z.string() })]) });
    const secure =
      certificate === undefined ? {} : { Protocol: "TLS", Certificates: [{ CertificateArn: certificate }] };
    const given = {
      LoadBalancerArn,
      Protocol: "TCP",
      Port: 443,
      DefaultActions: [{ Type: "forward", TargetGroupArn }],
      ...secure,
    };
    return (await this.sdk.get(call("elbv2", "create_listener", given), made)).Listeners[0].ListenerArn;
  }

  async certificate(): Promise<string> {
    const given = { DomainName: "ai.example.com", ValidationMethod: "DNS" };
    return (
      await this.sdk.get(call("acm", "request_certificate", given), z.object({ CertificateArn: z.string() }))
    ).CertificateArn;
  }

  async database(more: Readonly<Record<string, unknown>>): Promise<string> {
    const DBInstanceIdentifier = this.name("database");
    const given = {
      DBInstanceIdentifier,
      Engine: "postgres",
      DBInstanceClass: "db.t4g.medium",
      AllocatedStorage: 20,
      MasterUsername: "root0",
      MasterUserPassword: "correct-horse-battery",
      ...more,
    };
    await this.sdk.do(call("rds", "create_db_instance", given));
    return DBInstanceIdentifier;
  }

  /** A cluster that is ready. */
  async cluster(subnetIds: readonly string[], securityGroupIds: readonly string[] = []): Promise<string> {
    const name = this.name("cluster");
    const roleArn = "arn:aws:iam::123456789012:role/cluster";
    const resourcesVpcConfig = { subnetIds, securityGroupIds };
    await this.sdk.do(call("eks", "create_cluster", { name, roleArn, resourcesVpcConfig }));
    const shown = z.object({ cluster: z.object({ status: z.literal("ACTIVE") }) });
    await vi.waitFor(() => this.sdk.get(call("eks", "describe_cluster", { name }), shown), 10_000);
    return name;
  }

  async template(LaunchTemplateData: Readonly<Record<string, unknown>>): Promise<string> {
    const made = z.object({ LaunchTemplate: z.object({ LaunchTemplateId: z.string() }) });
    const given = { LaunchTemplateName: this.name("template"), LaunchTemplateData };
    return (await this.sdk.get(ec2("create_launch_template", given), made)).LaunchTemplate.LaunchTemplateId;
  }

  async nodeGroup(
    clusterName: string,
    subnets: readonly string[],
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const nodegroupName = this.name("nodes");
    await this.sdk.do(nodeGroup(clusterName, nodegroupName, subnets, more));
    return nodegroupName;
  }
}

export const ec2 = (operation: string, parameters: Call["parameters"] = {}): Call =>
  call("ec2", operation, parameters);

export const dropped = (DBInstanceIdentifier: string): Call =>
  call("rds", "delete_db_instance", { DBInstanceIdentifier, SkipFinalSnapshot: true });

/** Asks for a node group with a node. */
export const nodeGroup = (
  clusterName: string,
  nodegroupName: string,
  subnets: readonly string[],
  more: Readonly<Record<string, unknown>>,
): Call =>
  call("eks", "create_nodegroup", {
    clusterName,
    nodegroupName,
    subnets,
    nodeRole: "arn:aws:iam::123456789012:role/nodes",
    scalingConfig: { minSize: 1, desiredSize: 1, maxSize: 2 },
    ...more,
  });
