import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { SimulatedAws } from "../../sandbox/aws/server.ts";
import { ClusterApi } from "../sandbox/support/cluster-api.ts";

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
  status: z.object({ allocatable: z.object({ cpu: quantity, memory: quantity, pods: quantity }) }),
});

interface Room {
  readonly milliCpus: number;
  readonly memoryMiB: number;
  readonly pods: number;
}

export interface SimulatedNode {
  readonly type: string;
  readonly role: string;
  readonly nodeGroup: string;
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

/** Gives every node group that stands empty a node, as the cluster autoscaler would. Returns how many groups there are. */
export async function fillNodeGroups(aws: SimulatedAws, region: string, cluster: string): Promise<number> {
  const groups = `/clusters/${cluster}/node-groups`;
  const { nodegroups } = z
    .object({ nodegroups: z.array(z.string()) })
    .parse(await askEks(aws, region, "GET", groups));
  for (const name of nodegroups) {
    const { nodegroup } = groupSchema.parse(await askEks(aws, region, "GET", `${groups}/${name}`));
    const { scalingConfig } = nodegroup;
    if (scalingConfig.desiredSize > 0) continue;
    await askEks(aws, region, "POST", `${groups}/${name}/update-config`, {
      scalingConfig: { ...scalingConfig, desiredSize: 1 },
    });
  }
  return nodegroups.length;
}

const groupSchema = z.object({
  nodegroup: z.object({
    scalingConfig: z.object({ minSize: z.number(), maxSize: z.number(), desiredSize: z.number() }),
  }),
});

async function askEks(
  { endpoint }: SimulatedAws,
  region: string,
  method: string,
  path: string,
  body?: unknown,
) {
  const credential = `Credential=x/20260101/${region}/eks/aws4_request`;
  const response = await fetch(`${endpoint}${path}`, {
    method,
    headers: { Authorization: `AWS4-HMAC-SHA256 ${credential}, Signature=x` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${answer}`);
  const parsed: unknown = JSON.parse(answer);
  return parsed;
}

async function listed<T>(api: ClusterApi, path: string, item: z.ZodType<T>): Promise<T[]> {
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
