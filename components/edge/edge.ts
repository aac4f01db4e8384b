import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { EdgePlan } from "../../planning/edge/edge.ts";
import { type Transform, transformed } from "../transform.ts";
import { Certificate } from "./certificate.ts";

export interface EdgeArgs {
  readonly plan: EdgePlan;
  readonly vpcId: pulumi.Input<string>;
  /** One public subnet per zone, known when there is a way to the internet. Zones can be added in place. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** Security group of the nodes. */
  readonly nodesSecurityGroupId: pulumi.Input<string>;
  /** Auto Scaling groups whose nodes pass requests on to Traefik, by the name of their node group. */
  readonly autoscalingGroups: ReadonlyMap<string, pulumi.Input<string>>;
  /** Bucket that takes the access logs, known when the load balancer may write to it. */
  readonly accessLogsBucket: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  /** Refuses to delete the load balancer. */
  readonly protectState: boolean;
  readonly transform?:
    | {
        readonly loadBalancer?: Transform<aws.lb.LoadBalancerArgs>;
        readonly targetGroup?: Transform<aws.lb.TargetGroupArgs>;
      }
    | undefined;
}

/** What a part of the edge is made with. */
interface Making {
  readonly name: string;
  readonly args: EdgeArgs;
  readonly opts: { readonly parent: pulumi.Resource };
}

const httpsPort = 443;

/**
 * The way in: a network load balancer over all zones with a certificate of its own, a DNS name, and nodes that Auto Scaling
 * puts behind it as they come and takes out as they go. Pulumi owns all of it, so that nothing is left in the VPC when
 * it goes. See `planEdge` for why TLS ends here.
 *
 * Everything changes in place but the name, and the node port, which makes a new target group before the old one goes.
 *
 * Costs $0.0225 an hour and $0.006 per LCU-hour, and a public address per zone, $3.65 a month each. Takes three minutes to
 * make, and doesn't wait for the cluster: only what connects it to the nodes does.
 */
export class Edge extends pulumi.ComponentResource {
  /** `https://ai.example.com`, known when everything on the way to Traefik is there. */
  readonly url: pulumi.Output<string>;
  /** Name that AWS gave the load balancer: what a record that is made elsewhere leads to. */
  readonly dnsName: pulumi.Output<string>;
  /** `LoadBalancer` and `TargetGroup`, by which CloudWatch knows it. */
  readonly dimensions: {
    readonly LoadBalancer: pulumi.Output<string>;
    readonly TargetGroup: pulumi.Output<string>;
  };

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:edge:Edge", name, {}, opts);
    const making: Making = { name, args, opts: { parent: this } };
    const { plan } = args;

    const securityGroup = createSecurityGroup(making);
    const rules = [...admitClients(making, securityGroup), ...connectNodes(making, securityGroup)];
    const loadBalancer = createLoadBalancer(making, securityGroup);
    const targets = createTargetGroup(making);
    const listener = listen(making, { loadBalancer, targets, certificateArn: certify(making) });
    const attachments = attachNodes(making, targets, listener);
    const records = nameIt(making, loadBalancer);

    this.dimensions = { LoadBalancer: loadBalancer.arnSuffix, TargetGroup: targets.arnSuffix };
    const ready = pulumi.all([...rules, listener, ...attachments, ...records].map(({ id }) => id));
    this.url = ready.apply(() => `https://${plan.host}`);
    this.dnsName = loadBalancer.dnsName;
    this.registerOutputs({ url: this.url, dnsName: this.dnsName });
  }
}

function createSecurityGroup({ args, name, opts }: Making) {
  return new aws.ec2.SecurityGroup(
    name,
    {
      vpcId: args.vpcId,
      description: "Load balancer: HTTPS from clients, to Traefik on the nodes",
      tags: { ...args.tags, Name: args.plan.name },
    },
    opts,
  );
}

function admitClients({ args: { plan, tags }, name, opts }: Making, securityGroup: aws.ec2.SecurityGroup) {
  return plan.clientCidrs.map(
    (cidrIpv4) =>
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-https-${cidrIpv4}`,
        {
          securityGroupId: securityGroup.id,
          description: "HTTPS from clients",
          cidrIpv4,
          ...tcp(httpsPort),
          tags,
        },
        opts,
      ),
  );
}

/** From the load balancer to one port of the nodes: nobody else gets to that port. */
function connectNodes({ args, name, opts }: Making, securityGroup: aws.ec2.SecurityGroup) {
  const { nodesSecurityGroupId, plan, tags } = args;
  return [
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-nodes`,
      {
        securityGroupId: securityGroup.id,
        description: "Traefik on the nodes",
        referencedSecurityGroupId: nodesSecurityGroupId,
        ...tcp(plan.nodePort),
        tags,
      },
      opts,
    ),
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-nodes`,
      {
        securityGroupId: nodesSecurityGroupId,
        description: "Traefik from the load balancer",
        referencedSecurityGroupId: securityGroup.id,
        ...tcp(plan.nodePort),
        tags,
      },
      opts,
    ),
  ];
}

const tcp = (port: number) => ({ ipProtocol: "tcp", fromPort: port, toPort: port });

function createLoadBalancer({ args, name, opts }: Making, securityGroup: aws.ec2.SecurityGroup) {
  const { accessLogsBucket, plan, protectState, subnetIds, tags, transform } = args;
  return new aws.lb.LoadBalancer(
    name,
    transformed(transform?.loadBalancer, {
      name: plan.name,
      loadBalancerType: "network",
      internal: false,
      subnets: [...subnetIds],
      securityGroups: [securityGroup.id],
      // A zone with few nodes would get as much as one with many.
      enableCrossZoneLoadBalancing: true,
      enableDeletionProtection: plan.deletionProtection,
      accessLogs: { enabled: true, bucket: accessLogsBucket, prefix: plan.accessLogs.prefix },
      tags,
    }),
    { ...opts, protect: protectState },
  );
}

/**
 * Named by the engine: another must be there before this one can go. A node without Traefik passes requests on.
 *
 * The client's address goes ahead of each connection, by the PROXY protocol, and not as its sender: that is lost on the way
 * to another node, and breaks connections of one client that come by two zones at once.
 * Source: Network Load Balancer user guide, "Troubleshoot your Network Load Balancer".
 */
function createTargetGroup({ args, name, opts }: Making) {
  const { plan, tags, transform, vpcId } = args;
  return new aws.lb.TargetGroup(
    name,
    transformed(transform?.targetGroup, {
      vpcId,
      targetType: "instance",
      protocol: "TCP",
      port: plan.nodePort,
      preserveClientIp: "false",
      proxyProtocolV2: true,
      deregistrationDelay: plan.drainSeconds,
      // Nodes answer on the port only while a pod of Traefik is ready, on whichever node.
      healthCheck: {
        protocol: "TCP",
        port: "traffic-port",
        interval: 10,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      tags,
    }),
    opts,
  );
}

/** ARN of the certificate, known when it can be used. */
function certify({ args: { plan, tags }, name, opts }: Making): pulumi.Input<string> {
  const { certificate, host } = plan;
  if (certificate.kind === "given") return certificate.arn;
  return new Certificate(name, { host, hostedZoneId: certificate.zoneId, tags }, opts).arn;
}

function listen(
  { args: { plan, tags }, name, opts }: Making,
  parts: {
    readonly loadBalancer: aws.lb.LoadBalancer;
    readonly targets: aws.lb.TargetGroup;
    readonly certificateArn: pulumi.Input<string>;
  },
) {
  return new aws.lb.Listener(
    name,
    {
      loadBalancerArn: parts.loadBalancer.arn,
      port: httpsPort,
      protocol: "TLS",
      sslPolicy: plan.tlsPolicy,
      certificateArn: parts.certificateArn,
      defaultActions: [{ type: "forward", targetGroupArn: parts.targets.arn }],
      tags,
    },
    opts,
  );
}

/** Before a group's nodes go, they are taken out of the load balancer and what they have begun ends. */
function attachNodes({ args, name, opts }: Making, targets: aws.lb.TargetGroup, listener: aws.lb.Listener) {
  return [...args.autoscalingGroups].map(
    ([group, autoscalingGroupName]) =>
      new aws.autoscaling.Attachment(
        `${name}-${group}`,
        { autoscalingGroupName, lbTargetGroupArn: targets.arn },
        // Nobody checks targets that no listener sends to.
        { ...opts, dependsOn: listener },
      ),
  );
}

function nameIt({ args: { plan }, name, opts }: Making, loadBalancer: aws.lb.LoadBalancer) {
  if (plan.recordZoneId === undefined) return [];
  return [
    new aws.route53.Record(
      name,
      {
        zoneId: plan.recordZoneId,
        name: plan.host,
        type: "A",
        aliases: [{ name: loadBalancer.dnsName, zoneId: loadBalancer.zoneId, evaluateTargetHealth: true }],
      },
      opts,
    ),
  ];
}
