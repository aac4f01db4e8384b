import { zonesOfRegion } from "../../catalog/ec2/zones.ts";
import { type FoundationPlan, planFoundation } from "../../planning/foundation/foundation.ts";
import type { NodeGroupPlan } from "../../planning/infrastructure.ts";
import { planNetwork } from "../../planning/network.ts";
import { parsePlatform } from "../../spec/parse.ts";
import type { AwsPlatformInput, AwsPlatformSpec } from "../../spec/platform.ts";

type AwsEnvironment = AwsPlatformSpec["environment"];

/** A service that is asked who may, in a namespace of somebody else's. */
export const identityService = { namespace: "identity", service: "oauth2-proxy", port: 4180 };

/** A description of an AWS environment, checked. */
export function awsSpec(
  environment: AwsEnvironment,
  overrides: Partial<AwsPlatformInput> = {},
): AwsPlatformSpec {
  const spec = parsePlatform(
    {
      environment,
      ownership: { owner: "platform-team", costCenter: "ml-infrastructure" },
      cloud: { region: "us-east-1" },
      gateway: { host: "ai.example.com" },
      ...overrides,
    },
    "test",
  );
  if (spec.environment === "local") throw new Error("local has no foundation");
  return spec;
}

/** The foundation of an environment with these node groups. */
export function foundationOf(
  environment: AwsEnvironment,
  nodeGroups: readonly NodeGroupPlan[],
  overrides: Partial<AwsPlatformInput> = {},
): FoundationPlan {
  const spec = awsSpec(environment, overrides);
  const network = planNetwork({ ...spec, regionZones: zonesOfRegion(spec.cloud.region) });
  return planFoundation(spec, { network, nodeGroups });
}

/** A node group of m7i.large nodes, but for what is given. */
export function group(given: Partial<NodeGroupPlan> & { readonly name: string }): NodeGroupPlan {
  return {
    role: "cpu",
    instanceTypes: ["m7i.large"],
    purchase: "on-demand",
    reservation: undefined,
    fallbacks: [],
    zones: ["us-east-1a", "us-east-1b"],
    size: { min: 0, planned: 1, max: 3 },
    gpu: undefined,
    labels: { "ai-platform/role": given.role ?? "cpu" },
    taints: [],
    rootDiskGiB: 50,
    instanceStore: false,
    efaInterfaces: 0,
    pods: {},
    usdPerHour: 0,
    ...given,
  };
}

const gpuTaint = { key: "nvidia.com/gpu", value: "true", effect: "NO_SCHEDULE" } as const;
const block = { id: "cr-0123456789abcdef0", instanceType: "p5.48xlarge", count: 2, zone: "us-east-1b" };
const reserved = { id: "cr-0fedcba9876543210", instanceType: "p4d.24xlarge", count: 1, zone: "us-east-1a" };

/** One node group of every kind that there is. */
export const everyKind: readonly NodeGroupPlan[] = [
  group({ name: "system", role: "system", size: { min: 2, planned: 2, max: 4 }, pods: { coredns: 2 } }),
  group({ name: "cpu", pods: { mlflow: 2, postgres: 1 } }),
  group({
    name: "vectors",
    role: "vectors",
    instanceTypes: ["i4i.2xlarge"],
    instanceStore: true,
    taints: [{ key: "ai-platform/role", value: "vectors", effect: "NO_SCHEDULE" }],
    pods: { qdrant: 3 },
  }),
  group({
    name: "gpu-l4",
    role: "gpu",
    instanceTypes: ["g6.xlarge", "g6.2xlarge"],
    purchase: "spot",
    fallbacks: ["on-demand"],
    gpu: { name: "L4", perNode: 1 },
    labels: { "ai-platform/role": "gpu", "ai-platform/gpu": "L4" },
    taints: [gpuTaint],
    rootDiskGiB: 100,
    instanceStore: true,
    pods: { qwen: 1 },
  }),
  group({
    name: "gpu-a100",
    role: "gpu",
    instanceTypes: ["p4d.24xlarge"],
    purchase: "reservation",
    reservation: reserved.id,
    fallbacks: ["capacity-block", "on-demand"],
    zones: [reserved.zone],
    size: { min: 1, planned: 1, max: 1 },
    gpu: { name: "A100-40", perNode: 8 },
    labels: { "ai-platform/role": "gpu", "ai-platform/gpu": "A100-40" },
    taints: [gpuTaint],
    rootDiskGiB: 100,
    instanceStore: true,
    efaInterfaces: 4,
    pods: { llama: 1 },
  }),
  group({
    name: "gpu-h100",
    role: "gpu",
    instanceTypes: ["p5.48xlarge"],
    purchase: "capacity-block",
    reservation: block.id,
    zones: [block.zone],
    size: { min: 2, planned: 2, max: 2 },
    gpu: { name: "H100", perNode: 8 },
    labels: { "ai-platform/role": "gpu", "ai-platform/gpu": "H100" },
    taints: [gpuTaint],
    rootDiskGiB: 100,
    instanceStore: true,
    efaInterfaces: 32,
    pods: { deepseek: 2 },
  }),
];

/** What the spec says about capacity where those groups are planned. */
export const everyCapacity: Partial<AwsPlatformInput> = {
  capacity: {
    purchase: ["reservation", "capacity-block", "spot", "on-demand"],
    reservations: [reserved],
    capacityBlocks: [{ ...block, endsAt: "2027-03-01T11:30:00Z" }],
  },
};
