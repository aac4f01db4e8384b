import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { EdgePlan } from "../../planning/edge/edge.ts";
import { type Transform, transformed } from "../transform.ts";
import { Certificate } from "./certificate.ts";

export interface EdgeArgs {
  readonly plan: EdgePlan;
  readonly vpcId: pulumi.Input<string>;
  /** One public subnet per zone. Zones can be added in place. */
  readonly subnetIds: readonly pulumi.Input<string>[];
  /** Public zone of Route 53 that the host is in. */
  readonly hostedZoneId: pulumi.Input<string>;
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
  /** `LoadBalancer` and `TargetGroup`, by which CloudWatch knows it. */
  readonly dimensions: {
    readonly LoadBalancer: pulumi.Output<string>;
    readonly TargetGroup: pulumi.Output<string>;
  };

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:edge:Edge", name, {}, opts);
    const making: Making = { name, args, opts: { parent: this } };
    const { hostedZoneId, plan, tags } = args;

    const securityGroup = createSecurityGroup(making);
    const rules = connect(making, securityGroup);
    const loadBalancer = createLoadBalancer(making, securityGroup);
    const targets = createTargetGroup(making);
    const certificate = new Certificate(name, { host: plan.host, hostedZoneId, tags }, making.opts);
    const listener = listen(making, { loadBalancer, targets, certificate });
    const attachments = attachNodes(making, targets, listener);
    const record = nameIt(making, loadBalancer);

    this.dimensions = { LoadBalancer: loadBalancer.arnSuffix, TargetGroup: targets.arnSuffix };
    const ready = pulumi.all([...rules, listener, ...attachments, record].map(({ id }) => id));
    this.url = ready.apply(() => `https://${plan.host}`);
    this.registerOutputs({ url: this.url });
  }
}

function createSecurityGroup({ args, name, opts }: Making) {
  return new aws.ec2.SecurityGroup(
    name,
    {
      vpcId: args.vpcId,
      description: "Load balancer: HTTPS from anywhere, to Traefik on the nodes",
      tags: { ...args.tags, Name: args.plan.name },
    },
    opts,
  );
}

/** From the internet to the load balancer, and from there to one port of the nodes: nobody else gets to that port. */
function connect({ args, name, opts }: Making, securityGroup: aws.ec2.SecurityGroup) {
  const { nodesSecurityGroupId, plan, tags } = args;
  const port = (fromPort: number) => ({ ipProtocol: "tcp", fromPort, toPort: fromPort, tags });
  return [
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-https`,
      {
        securityGroupId: securityGroup.id,
        description: "HTTPS from anywhere",
        cidrIpv4: "0.0.0.0/0",
        ...port(httpsPort),
      },
      opts,
    ),
    new aws.vpc.SecurityGroupEgressRule(
      `${name}-nodes`,
      {
        securityGroupId: securityGroup.id,
        description: "Traefik on the nodes",
        referencedSecurityGroupId: nodesSecurityGroupId,
        ...port(plan.nodePort),
      },
      opts,
    ),
    new aws.vpc.SecurityGroupIngressRule(
      `${name}-nodes`,
      {
        securityGroupId: nodesSecurityGroupId,
        description: "Traefik from the load balancer",
        referencedSecurityGroupId: securityGroup.id,
        ...port(plan.nodePort),
      },
      opts,
    ),
  ];
}

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

/** Named by the engine: another must be there before this one can go. A node without Traefik passes requests on. */
function createTargetGroup({ args, name, opts }: Making) {
  const { plan, tags, transform, vpcId } = args;
  return new aws.lb.TargetGroup(
    name,
    transformed(transform?.targetGroup, {
      vpcId,
      targetType: "instance",
      protocol: "TCP",
      port: plan.nodePort,
      preserveClientIp: "true",
      deregistrationDelay: plan.drainSeconds,
      // Nodes answer on the port only while a pod of Traefik is ready behind it.
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

function listen(
  { args: { plan, tags }, name, opts }: Making,
  parts: {
    readonly loadBalancer: aws.lb.LoadBalancer;
    readonly targets: aws.lb.TargetGroup;
    readonly certificate: Certificate;
  },
) {
  return new aws.lb.Listener(
    name,
    {
      loadBalancerArn: parts.loadBalancer.arn,
      port: httpsPort,
      protocol: "TLS",
      sslPolicy: plan.tlsPolicy,
      certificateArn: parts.certificate.arn,
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

function nameIt({ args, name, opts }: Making, loadBalancer: aws.lb.LoadBalancer) {
  return new aws.route53.Record(
    name,
    {
      zoneId: args.hostedZoneId,
      name: args.plan.host,
      type: "A",
      aliases: [{ name: loadBalancer.dnsName, zoneId: loadBalancer.zoneId, evaluateTargetHealth: true }],
    },
    opts,
  );
}
