import fc from "fast-check";
import { instanceTypes } from "../../../catalog/ec2/instances.ts";
import type { NetworkPlan, NodeGroupPlan } from "../../../planning/infrastructure.ts";
import { planNetwork } from "../../../planning/network.ts";
import { networkSchema } from "../../../spec/sections.ts";

/** A node group of one m7i.large on demand, but for what is given. */
export function nodeGroup(change: Partial<NodeGroupPlan> = {}): NodeGroupPlan {
  return {
    name: "cpu-m7i-large-on-demand",
    role: "cpu",
    instanceTypes: ["m7i.large"],
    purchase: "on-demand",
    reservation: undefined,
    fallbacks: [],
    zones: ["us-east-1a", "us-east-1b"],
    size: { min: 0, planned: 1, max: 3 },
    gpu: undefined,
    labels: {},
    taints: [],
    rootDiskGiB: 50,
    instanceStore: false,
    efaInterfaces: 0,
    pods: {},
    usdPerHour: 0,
    ...change,
  };
}

export function network(
  input: Parameters<typeof networkSchema.parse>[0] = {},
  environment: "dev" | "prod" = "dev",
): NetworkPlan {
  const regionZones = ["us-east-1a", "us-east-1b", "us-east-1c"];
  return planNetwork({ environment, network: networkSchema.parse(input), regionZones });
}

const typeNames = fc.constantFrom(...instanceTypes.map(({ name }) => name));
const purchases = ["reservation", "capacity-block", "spot", "on-demand"] as const;

/** Any node group of the catalog's instance types. */
export const anyNodeGroup: fc.Arbitrary<NodeGroupPlan> = fc
  .record({
    first: typeNames,
    others: fc.array(typeNames, { maxLength: 3 }),
    purchase: fc.constantFrom(...purchases),
    fallbacks: fc.subarray([...purchases]),
    planned: fc.nat({ max: 200 }),
    more: fc.nat({ max: 50 }),
    rootDiskGiB: fc.integer({ min: 20, max: 500 }),
  })
  .map(({ first, fallbacks, more, others, planned, purchase, rootDiskGiB }) =>
    nodeGroup({
      name: `${first}-${purchase}`,
      instanceTypes: [first, ...others],
      purchase,
      fallbacks,
      size: { min: 0, planned, max: planned + more },
      rootDiskGiB,
    }),
  );
