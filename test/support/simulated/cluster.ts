import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DescribeVolumesCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  DescribeNodegroupCommand,
  EKSClient,
  ListNodegroupsCommand,
  UpdateNodegroupConfigCommand,
} from "@aws-sdk/client-eks";
import { z } from "zod";
import { efaResource } from "../../../catalog/ec2/efa.ts";
import { efaLabel } from "../../../planning/foundation/nodeGroups.ts";
import { sharingLabel } from "../../../planning/sharing.ts";
import type { SimulatedAws } from "../../../sandbox/aws/server.ts";
import { ClusterApi } from "../../sandbox/support/cluster-api.ts";

/** The Kubernetes of an environment in the simulated AWS. */
export async function openCluster({ folder }: SimulatedAws): Promise<ClusterApi> {
  const [cluster = ""] = await readdir(join(folder, "clusters"));
  return ClusterApi.open(join(folder, "clusters", cluster, "kubeconfig"));
}

const quantity = z.string();
const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).default([]),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z.array(
      z.object({
        resources: z.object({
          requests: z.object({ cpu: quantity.default("0"), memory: quantity.default("0") }).optional(),
        }),
      }),
    ),
  }),
});
const nodeSchema = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()) }),
  status: z.object({
    allocatable: z.object({
      cpu: quantity,
      memory: quantity,
      pods: quantity,
      [efaResource]: quantity.optional(),
      "hugepages-2Mi": quantity.optional(),
    }),
  }),
});

const runningSchema = z.object({ spec: z.object({ nodeName: z.string() }) });

/** Instance types that the running pods of a workload are on. */
export async function typesUnder(api: ClusterApi, namespace: string, app: string): Promise<string[]> {
  const query = `labelSelector=app.kubernetes.io%2Fname%3D${app}&fieldSelector=status.phase%3DRunning`;
  const pods = await listed(api, `/api/v1/namespaces/${namespace}/pods?${query}`, runningSchema);
  const nodes = await listed(api, "/api/v1/nodes", nodeSchema);
  return pods.map(({ spec }) => {
    const node = nodes.find(({ metadata }) => metadata.name === spec.nodeName);
    return node?.metadata.labels["node.kubernetes.io/instance-type"] ?? "";
  });
}

interface Room {
  readonly milliCpus: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

export interface SimulatedNode {
  readonly type: string;
  readonly role: string;
  readonly nodeGroup: string;
  /** How its cards are shared, by its label. */
  readonly sharing: string | undefined;
  /** EFA interfaces by its label and by what pods can ask for, and huge pages; undefined where there are none. */
  readonly efa: readonly (string | undefined)[] | undefined;
  readonly allocatable: Room;
  /** What the pods of DaemonSets on it request. */
  readonly daemons: readonly ({ readonly name: string } & Omit<Room, "pods">)[];
}

/** Nodes of the cluster with the daemons that run on each. */
export async function nodesOf(api: ClusterApi): Promise<SimulatedNode[]> {
  const nodes = await listed(api, "/api/v1/nodes", nodeSchema);
  const pods = await listed(api, "/api/v1/pods", podSchema);
  return nodes.map(({ metadata: { labels, name }, status: { allocatable } }) => ({
    type: labels["node.kubernetes.io/instance-type"] ?? "",
    role: labels["ai-platform/role"] ?? "",
    nodeGroup: labels["eks.amazonaws.com/nodegroup"] ?? "",
    sharing: labels[sharingLabel],
    efa: efaOf(labels[efaLabel], allocatable[efaResource], allocatable["hugepages-2Mi"]),
    allocatable: {
      milliCpus: milliCpus(allocatable.cpu),
      memoryMiB: memoryMiB(allocatable.memory),
      pods: Number(allocatable.pods),
    },
    daemons: pods
      .filter(({ spec }) => spec.nodeName === name)
      .flatMap(({ metadata, spec }) => {
        const owner = metadata.ownerReferences.find(({ kind }) => kind === "DaemonSet");
        if (owner === undefined) return [];
        const requests = spec.containers.map(({ resources }) => resources.requests);
        return [
          {
            name: owner.name,
            milliCpus: sum(requests.map((request) => milliCpus(request?.cpu ?? "0"))),
            memoryMiB: sum(requests.map((request) => memoryMiB(request?.memory ?? "0"))),
          },
        ];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  }));
}

const efaOf = (...of: (string | undefined)[]) => (of.some((value) => value !== undefined) ? of : undefined);

/** Zones of a namespace's pods, in order. */
export async function zonesOf(api: ClusterApi, namespace: string): Promise<string[]> {
  const nodes = await listed(api, "/api/v1/nodes", nodeSchema);
  const pods = await listed(api, `/api/v1/namespaces/${namespace}/pods`, podSchema);
  return pods
    .map(({ spec }) => nodes.find(({ metadata }) => metadata.name === spec.nodeName))
    .map((node) => node?.metadata.labels["topology.kubernetes.io/zone"] ?? "")
    .sort();
}

const deploymentSchema = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.tuple([z.object({ image: z.string() })]) }),
    }),
  }),
});

/** What the pods of a Deployment run. */
export async function imageOf(api: ClusterApi, namespace: string, name: string): Promise<string> {
  const { text } = await api.text("GET", `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
  return deploymentSchema.parse(JSON.parse(text)).spec.template.spec.containers[0].image;
}

/** Gives every node group that stands empty a node, as the cluster autoscaler would. Returns how many groups there are. */
export async function fillNodeGroups(
  aws: SimulatedAws,
  region: string,
  clusterName: string,
): Promise<number> {
  const eks = new EKSClient(access(aws, region));
  const { nodegroups = [] } = await eks.send(new ListNodegroupsCommand({ clusterName }));
  for (const nodegroupName of nodegroups) {
    const { nodegroup } = await eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName }));
    const sizes = nodegroup?.scalingConfig;
    if (sizes?.desiredSize !== 0) continue;
    const scalingConfig = { ...sizes, desiredSize: 1 };
    await eks.send(new UpdateNodegroupConfigCommand({ clusterName, nodegroupName, scalingConfig }));
  }
  return nodegroups.length;
}

export interface Volume {
  readonly zone: string | undefined;
  readonly sizeGiB: number | undefined;
  readonly encrypted: boolean | undefined;
  readonly tags: Readonly<Record<string, string | undefined>>;
}

/** All volumes of EC2 in a region. */
export async function volumesOf(aws: SimulatedAws, region: string): Promise<Volume[]> {
  const { Volumes = [] } = await new EC2Client(access(aws, region)).send(new DescribeVolumesCommand({}));
  return Volumes.map(({ AvailabilityZone, Encrypted, Size, Tags = [] }) => ({
    zone: AvailabilityZone,
    sizeGiB: Size,
    encrypted: Encrypted,
    tags: Object.fromEntries(Tags.map(({ Key = "", Value }) => [Key, Value])),
  }));
}

const access = ({ endpoint }: SimulatedAws, region: string) => ({
  endpoint,
  region,
  credentials: { accessKeyId: "simulated", secretAccessKey: "simulated" },
});

/** Objects of a collection. */
export async function listed<T>(api: ClusterApi, path: string, item: z.ZodType<T>): Promise<T[]> {
  const { text } = await api.text("GET", path);
  return z.object({ items: z.array(item) }).parse(JSON.parse(text)).items;
}

const milliCpus = (text: string) => (text.endsWith("m") ? Number(text.slice(0, -1)) : Number(text) * 1000);

const mebibytes: Readonly<Record<string, number>> = { Mi: 1, Gi: 1024 };

function memoryMiB(text: string): number {
  const unit = mebibytes[text.slice(-2)];
  return unit === undefined ? Number(text) / 2 ** 20 : Number(text.slice(0, -2)) * unit;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
