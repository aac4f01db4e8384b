import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Edge } from "../../components/edge/edge.ts";
import { Observability } from "../../components/observability/observability.ts";
import { planDatabase } from "../../planning/data/database.ts";
import { planObservability } from "../../planning/observability/observability.ts";
import { tagsByComponent } from "../../planning/ownership.ts";
import { edgeOf, watchable } from "./edge.ts";
import { awsSpec } from "./foundation.ts";

// A program for the engine: the edge, alarms and notifications of an environment on the least of a network and of nodes.
const config = new pulumi.Config();
const zoneId = config.get("zone");
const clients = config.get("clients");
const tags = { Owner: "platform-team" };

export const zone = new aws.route53.Zone("zone", { name: "example.com", tags }).zoneId;
export const url = zoneId === undefined ? undefined : edgeIn(zoneId);

function edgeIn(hostedZoneId: string) {
  const spec = awsSpec("dev", {
    budget: { usdPerMonth: 1000 },
    gateway: {
      host: config.get("host") ?? "ai.example.com",
      hostedZone: { id: hostedZoneId, name: "example.com" },
      ...(clients === undefined ? {} : { allowedCidrs: [clients] }),
    },
    observability: { alarmEmail: "ml@example.com" },
  });
  const vpc = new aws.ec2.Vpc("vpc", { cidrBlock: "10.0.0.0/16", tags });
  const gateway = new aws.ec2.InternetGateway("gateway", { vpcId: vpc.id, tags });
  const subnets = ["a", "b"].map(
    (letter, index) =>
      new aws.ec2.Subnet(
        letter,
        { vpcId: vpc.id, cidrBlock: `10.0.${index}.0/24`, availabilityZone: `us-east-1${letter}`, tags },
        { dependsOn: gateway },
      ),
  );
  const nodes = new aws.ec2.SecurityGroup("nodes", { vpcId: vpc.id, description: "Nodes", tags });
  const template = new aws.ec2.LaunchTemplate("nodes", {
    imageId: "ami-12c6146b",
    instanceType: "m7i.large",
  });
  const plan = edgeOf(spec);
  const groups = new Map(
    [...plan.nodeGroups, "cpu", "vectors", "gpu-l4", "gpu-l4-or-on-demand"].map((name) => [
      name,
      new aws.autoscaling.Group(name, {
        minSize: 0,
        maxSize: 1,
        vpcZoneIdentifiers: subnets.map(({ id }) => id),
        launchTemplate: { id: template.id },
      }).name,
    ]),
  );
  const autoscalingGroups = (names: readonly string[]) =>
    new Map(names.map((name) => [name, groups.get(name) ?? pulumi.output(`eks-${name}`)]));
  const byComponent = tagsByComponent(spec);
  const edge = new Edge("edge", {
    plan,
    vpcId: vpc.id,
    subnetIds: subnets.map(({ id }) => id),
    nodesSecurityGroupId: nodes.id,
    autoscalingGroups: autoscalingGroups(plan.nodeGroups),
    accessLogsBucket: new aws.s3.Bucket("logs", { bucket: plan.accessLogs.bucket, tags }).bucket,
    tags: byComponent.network,
    protectState: false,
  });
  const database = planDatabase(spec, { vectorsGiB: 0, vectorsMiB: 0 });
  new Observability("observability", {
    plan: planObservability(spec, watchable("dev", { database })),
    region: spec.cloud.region,
    tags: byComponent.others,
    edge,
    foundation: {
      autoscalingGroups,
      clusterName: pulumi.output("ai-platform-dev"),
      network: { natGatewayIds: new Map([["public-a", pulumi.output("nat-0123456789abcdef0")]]) },
    },
  });
  return edge.url;
}
