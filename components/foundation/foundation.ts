import * as aws from "@pulumi/aws";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { partitionOf } from "../../catalog/partitions.ts";
import type { AddonTurn } from "../../planning/foundation/addons.ts";
import type { FoundationPlan } from "../../planning/foundation/foundation.ts";
import type { IsolatedNamespace } from "../kubernetes/namespace.ts";
import type { Peer } from "../kubernetes/network.ts";
import { AccessRole } from "./accessRole.ts";
import { Addons } from "./addons.ts";
import { awsCli } from "./awsCli.ts";
import { Cluster, type ClusterArgs } from "./cluster.ts";
import { ClusterAutoscaler } from "./clusterAutoscaler.ts";
import { EncryptionKey } from "./encryptionKey.ts";
import { GpuNodes } from "./gpuNodes.ts";
import { kubeconfigOf } from "./kubeconfig.ts";
import type { NetworkArgs } from "./network/making.ts";
import { Network } from "./network/network.ts";
import { NodeGroup, type NodeGroupArgs } from "./nodeGroup.ts";
import { DefaultStorage } from "./storageClass.ts";

export interface FoundationArgs {
  readonly plan: FoundationPlan;
  /** Who collects metrics. Default: nobody. */
  readonly scrapers?: readonly Peer[];
  readonly transform?:
    | {
        readonly network?: NetworkArgs["transform"];
        readonly cluster?: ClusterArgs["transform"];
        readonly nodeGroup?: NodeGroupArgs["transform"];
      }
    | undefined;
}

/**
 * Network, cluster, nodes, and what every cluster needs on them.
 *
 * A cluster starts from nothing in this order: control plane; the add-ons that a node can't be ready without; nodes; the
 * rest. It goes in the opposite order: nodes keep their way out and their network until they are drained. What doesn't need
 * the cluster doesn't wait for it.
 */
export class Foundation extends pulumi.ComponentResource {
  /** For everything in the cluster. */
  readonly kubernetes: k8s.Provider;
  /** Known when the API server answers. */
  readonly clusterName: pulumi.Output<string>;
  readonly network: Network;
  /** The group that nodes, and pods with them, are in. */
  readonly securityGroupId: pulumi.Output<string>;
  /** What claims of volumes must come after. */
  readonly storage: readonly pulumi.Resource[];
  readonly namespaces: readonly IsolatedNamespace[];
  readonly #plan: FoundationPlan;
  readonly #nodeGroups: ReadonlyMap<string, NodeGroup>;
  readonly #dns: pulumi.Resource;

  constructor(name: string, args: FoundationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:foundation:Foundation", name, {}, opts);
    const child = { parent: this };
    const { plan, scrapers = [], transform } = args;
    const { labels, region, tags } = plan;
    const accountId = aws.getCallerIdentityOutput({}, child).accountId;

    const logsKey = new EncryptionKey(
      "logs",
      {
        plan: plan.logsKey,
        use: { partition: partitionOf(region), region, logGroups: logGroupsOf(plan) },
        accountId,
        tags: tags.others,
      },
      child,
    );
    const network = new Network(
      "network",
      {
        plan: plan.vpc,
        logsKeyArn: logsKey.arn,
        tags: tags.network,
        protectState: plan.protectState,
        transform: transform?.network,
      },
      child,
    );
    const cluster = new Cluster(
      "cluster",
      {
        plan: plan.cluster,
        region,
        accountId,
        subnetIds: network.intraSubnetIds,
        logsKeyArn: logsKey.arn,
        tags: tags.cluster,
        keyTags: tags.others,
        protectState: plan.protectState,
        transform: transform?.cluster,
      },
      child,
    );
    const { clusterName } = cluster;
    const addons = (turn: AddonTurn, after: readonly pulumi.Resource[]) =>
      new Addons(
        `addons-${turn}`,
        { plans: plan.addons.filter((addon) => addon.turn === turn), clusterName, tags: tags.cluster, after },
        child,
      );
    const beforeNodes = addons("before-nodes", []);
    addons("any", []);
    const nodeGroups = createNodeGroups(args, { network, cluster, beforeNodes }, child);
    const systemNodes = plan.nodeGroups
      .filter(({ role }) => role === "system")
      .flatMap((group) => nodeGroups.get(group.name)?.nodes ?? []);
    const afterNodes = addons("after-nodes", systemNodes);

    const kubernetes = new k8s.Provider(
      "kubernetes",
      { kubeconfig: kubeconfigOf(cluster, region, awsCli()) },
      child,
    );
    const inCluster = { ...child, providers: [kubernetes] };
    const storage = new DefaultStorage("storage", { labels }, inCluster);
    const autoscaler = new ClusterAutoscaler(
      "cluster-autoscaler",
      {
        plan: plan.autoscaler,
        clusterName,
        labels,
        scrapers,
        tags: tags.cluster,
        after: [...systemNodes, afterNodes.get("coredns")],
      },
      inCluster,
    );
    const gpuNodes =
      plan.gpuNodes && new GpuNodes("gpu", { plan: plan.gpuNodes, labels, scrapers }, inCluster);

    this.kubernetes = kubernetes;
    this.namespaces = [autoscaler.namespace, ...(gpuNodes ? [gpuNodes.namespace] : [])];
    this.clusterName = clusterName;
    this.network = network;
    this.securityGroupId = cluster.securityGroupId;
    this.storage = [storage.storageClass, afterNodes.get("aws-ebs-csi-driver")];
    this.#plan = plan;
    this.#nodeGroups = nodeGroups;
    this.#dns = afterNodes.get("coredns");
    this.registerOutputs({ clusterName, vpcId: network.vpcId });
  }

  /**
   * What a workload's pods must come after, and go before: the nodes that the plan puts them on, and name resolution.
   * Those of a workload that the plan doesn't place may land on any node without a taint.
   */
  ground(workload: string): pulumi.Resource[] {
    const planned = this.#plan.nodeGroups.filter(({ workloads }) => workloads.includes(workload));
    const groups =
      planned.length > 0 ? planned : this.#plan.nodeGroups.filter(({ taints }) => taints.length === 0);
    return [...groups.flatMap(({ name }) => this.#nodeGroups.get(name) ?? []), this.#dns];
  }

  /** Names of the Auto Scaling groups of node groups, by the node groups' names. */
  autoscalingGroups(nodeGroups: readonly string[]): Map<string, pulumi.Output<string>> {
    return new Map(
      nodeGroups.flatMap((name) => {
        const group = this.#nodeGroups.get(name);
        return group === undefined ? [] : [[name, group.autoscalingGroup]];
      }),
    );
  }
}

const logGroupsOf = ({ cluster, vpc }: FoundationPlan) => [cluster.logs.group.name, vpc.flowLogs.group.name];

function createNodeGroups(
  { plan, transform }: FoundationArgs,
  {
    beforeNodes,
    cluster,
    network,
  }: {
    readonly beforeNodes: Addons;
    readonly cluster: Cluster;
    readonly network: Network;
  },
  opts: { readonly parent: pulumi.Resource },
): Map<string, NodeGroup> {
  const role = new AccessRole("node", { plan: plan.nodeRole, tags: plan.tags.nodes }, opts);
  return new Map(
    plan.nodeGroups.map((group) => [
      group.name,
      new NodeGroup(
        group.name,
        {
          plan: group,
          clusterName: cluster.clusterName,
          securityGroupId: cluster.securityGroupId,
          roleArn: role.arn,
          subnetIds: network.nodeSubnetIds(group.zones),
          tags: plan.tags.nodes,
          volumeTags: plan.tags.storage,
          after: [beforeNodes],
          transform: transform?.nodeGroup,
        },
        opts,
      ),
    ]),
  );
}
