import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { ManagedNodeGroupPlan } from "../../../planning/foundation/nodeGroups.ts";
import { everyCapacity, everyKind, foundationOf, group } from "../../support/foundation.ts";

const { autoscaler, nodeGroups } = foundationOf("prod", everyKind, everyCapacity);

function named(name: string, among: readonly ManagedNodeGroupPlan[] = nodeGroups): ManagedNodeGroupPlan {
  const found = among.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no group ${name} among ${among.map((g) => g.name).join(", ")}`);
  return found;
}

/** The NodeConfig in a MIME document. */
function nodeConfigIn(userData: string | undefined): unknown {
  const [, part] = (userData ?? "").split("Content-Type: application/node.eks.aws\n\n");
  return part === undefined ? undefined : parse(part.slice(0, part.indexOf("\n--")));
}

describe("what a group buys", () => {
  test("on demand and spot name their types in the group, and leave capacity reservations alone", () => {
    expect(named("cpu")).toMatchObject({ capacityType: "ON_DEMAND", instanceTypes: ["m7i.large"] });
    expect(named("gpu-l4")).toMatchObject({
      capacityType: "SPOT",
      instanceTypes: ["g6.xlarge", "g6.2xlarge"],
    });
    for (const name of ["cpu", "gpu-l4"]) {
      expect(named(name).launchTemplate).toMatchObject({
        instanceType: undefined,
        marketType: undefined,
        reservation: undefined,
      });
    }
  });

  test("a reservation is bought on demand, from that reservation, in its zone", () => {
    const reserved = named("gpu-a100");
    expect(reserved).toMatchObject({
      capacityType: "ON_DEMAND",
      instanceTypes: ["p4d.24xlarge"],
      zones: ["us-east-1a"],
      update: { strategy: "MINIMAL" },
    });
    expect(reserved.launchTemplate).toMatchObject({
      instanceType: undefined,
      marketType: undefined,
      reservation: "cr-0fedcba9876543210",
    });
  });

  test("a capacity block is named by the launch template with its one type, and may be emptied when it ends", () => {
    const block = named("gpu-h100");
    expect(block).toMatchObject({
      capacityType: "CAPACITY_BLOCK",
      instanceTypes: [],
      zones: ["us-east-1b"],
      size: { min: 0, start: 0, max: 2 },
    });
    expect(block.launchTemplate).toMatchObject({
      instanceType: "p5.48xlarge",
      marketType: "capacity-block",
      reservation: "cr-0123456789abcdef0",
    });
  });

  test("GPUs start at the least, everything else as planned", () => {
    expect(named("system").size).toEqual({ min: 2, start: 2, max: 4 });
    expect(named("cpu").size).toEqual({ min: 0, start: 1, max: 3 });
    expect(named("gpu-l4").size).toEqual({ min: 0, start: 0, max: 3 });
    expect(named("gpu-a100").size).toEqual({ min: 1, start: 1, max: 1 });
  });

  test("images are pinned for the cluster's version, with NVIDIA's driver where there are GPUs", () => {
    expect(named("cpu")).toMatchObject({
      amiType: "AL2023_x86_64_STANDARD",
      version: "1.36",
      amiRelease: expect.stringMatching(/^1\.36\.\d+-\d{8}$/),
    });
    expect(named("gpu-l4").amiType).toBe("AL2023_x86_64_NVIDIA");
  });
});

describe("what stands by for a group", () => {
  test("the same hardware bought in the next way, empty and without workloads", () => {
    expect(named("gpu-l4-or-on-demand")).toMatchObject({
      capacityType: "ON_DEMAND",
      instanceTypes: ["g6.xlarge", "g6.2xlarge"],
      zones: ["us-east-1a", "us-east-1b", "us-east-1c"],
      size: { min: 0, start: 0, max: 3 },
      labels: named("gpu-l4").labels,
      taints: named("gpu-l4").taints,
      workloads: [],
    });
  });

  test("a capacity block only of the group's own type", () => {
    expect(nodeGroups.map(({ name }) => name)).toEqual([
      ...everyKind.map(({ name }) => name),
      "gpu-l4-or-on-demand",
      "gpu-a100-or-on-demand",
    ]);
  });

  test("reservations that the spec names, as large as they are", () => {
    const spot = group({
      name: "gpu-a100-spot",
      role: "gpu",
      instanceTypes: ["p4d.24xlarge"],
      purchase: "spot",
      fallbacks: ["reservation"],
      size: { min: 0, planned: 1, max: 3 },
    });
    const { nodeGroups: groups } = foundationOf("prod", [spot], everyCapacity);
    expect(named("gpu-a100-spot-or-reservation-cr-0fedcba9876543210", groups)).toMatchObject({
      size: { min: 0, start: 0, max: 1 },
      zones: ["us-east-1a"],
      launchTemplate: { reservation: "cr-0fedcba9876543210" },
    });
  });

  test("nothing that a planned group buys already", () => {
    const spot = group({ name: "cpu-spot", purchase: "spot", fallbacks: ["on-demand"] });
    const planned = foundationOf("prod", [spot, group({ name: "cpu" })]).nodeGroups;
    expect(planned.map(({ name }) => name)).toEqual(["cpu-spot", "cpu"]);
  });
});

describe("how nodes are launched", () => {
  test("NVMe becomes RAID 0, and GPU nodes pull images in parallel onto it", () => {
    expect(nodeConfigIn(named("gpu-l4").launchTemplate.userData)).toEqual({
      apiVersion: "node.eks.aws/v1alpha1",
      kind: "NodeConfig",
      spec: { instance: { localStorage: { strategy: "RAID0" } }, featureGates: { FastImagePull: true } },
    });
    expect(nodeConfigIn(named("vectors").launchTemplate.userData)).toMatchObject({
      spec: { instance: { localStorage: { strategy: "RAID0" } } },
    });
    expect(nodeConfigIn(named("vectors").launchTemplate.userData)).not.toHaveProperty("spec.featureGates");
    expect(named("cpu").launchTemplate.userData).toBeUndefined();
  });

  test("user data is a MIME document that begins and ends as cloud-init wants it", () => {
    const lines = (named("gpu-l4").launchTemplate.userData ?? "").split("\n");
    expect(lines.slice(0, 5)).toEqual([
      "MIME-Version: 1.0",
      'Content-Type: multipart/mixed; boundary="NODE-CONFIG"',
      "",
      "--NODE-CONFIG",
      "Content-Type: application/node.eks.aws",
    ]);
    expect(lines.slice(-2)).toEqual(["--NODE-CONFIG--", ""]);
  });

  test("p5.48xlarge has an EFA on each of 32 network cards, and one address", () => {
    const { interfaces } = named("gpu-h100").launchTemplate;
    expect(interfaces[0]).toEqual({ card: 0, device: 0, type: "efa" });
    expect(interfaces.slice(1)).toEqual(
      Array.from({ length: 31 }, (_, index) => ({ card: index + 1, device: 1, type: "efa-only" })),
    );
  });

  test("p6-b300.48xlarge has 16 EFAs behind a first card without", () => {
    const b300 = group({ name: "b300", role: "gpu", instanceTypes: ["p6-b300.48xlarge"] });
    const [planned] = foundationOf("prod", [b300]).nodeGroups;
    expect(planned?.launchTemplate.interfaces.map(({ type }) => type)).toEqual([
      "interface",
      ...Array.from({ length: 16 }, () => "efa-only"),
    ]);
  });

  test("nodes with EFA say how many interfaces they have, and others don't", () => {
    expect(named("gpu-h100").labels).toMatchObject({ "ai-platform/efa": "32" });
    const b300 = group({ name: "b300", role: "gpu", instanceTypes: ["p6-b300.48xlarge"] });
    expect(foundationOf("prod", [b300]).nodeGroups[0]?.labels).toMatchObject({ "ai-platform/efa": "16" });
    for (const name of ["gpu-l4", "vectors", "cpu"]) {
      expect(named(name).labels).not.toHaveProperty("ai-platform/efa");
    }
  });

  test("types with one EFA, and nodes without GPUs, keep the interface that EC2 makes", () => {
    const g6 = group({ name: "g6", role: "gpu", instanceTypes: ["g6.48xlarge"], efaInterfaces: 1 });
    const [single] = foundationOf("prod", [g6]).nodeGroups;
    expect(single?.launchTemplate.interfaces).toEqual([]);
    expect(named("vectors").launchTemplate.interfaces).toEqual([]);
  });

  test("a cluster placement group only where all nodes are in one zone and of no reservation", () => {
    const a100 = { role: "gpu", instanceTypes: ["p4d.24xlarge"] } as const;
    const { nodeGroups: groups } = foundationOf("prod", [
      group({ name: "one-zone", ...a100, zones: ["us-east-1a"] }),
      group({ name: "two-zones", ...a100 }),
    ]);
    expect(named("one-zone", groups).launchTemplate.placementGroup).toBe("ai-platform-prod-one-zone");
    expect(named("two-zones", groups).launchTemplate.placementGroup).toBeUndefined();
    expect(named("gpu-a100").launchTemplate.placementGroup).toBeUndefined();
    expect(named("gpu-h100").launchTemplate.placementGroup).toBeUndefined();
  });
});

describe("what the cluster autoscaler is told of an empty group", () => {
  const tags = (name: string) => named(name).autoscalerTags;

  test("EFA interfaces and huge pages, which it can't know from the instance type", () => {
    expect(tags("gpu-h100")).toMatchObject({
      "k8s.io/cluster-autoscaler/node-template/resources/vpc.amazonaws.com/efa": "32",
      "k8s.io/cluster-autoscaler/node-template/resources/hugepages-2Mi": "10256Mi",
    });
  });

  test("labels, taints and the disk that pods get: (250 GB = 232 GiB) x 0.9 - 1 = 208 GiB of a g6.xlarge's NVMe", () => {
    expect(tags("gpu-l4")).toEqual({
      "k8s.io/cluster-autoscaler/node-template/label/ai-platform/role": "gpu",
      "k8s.io/cluster-autoscaler/node-template/label/ai-platform/gpu": "L4",
      "k8s.io/cluster-autoscaler/node-template/label/k8s.amazonaws.com/accelerator": "L4",
      "k8s.io/cluster-autoscaler/node-template/taint/nvidia.com/gpu": "true:NoSchedule",
      "k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage": "208Gi",
    });
  });

  test("50 x 0.9 - 1 = 44 GiB of a root disk", () => {
    expect(tags("cpu")).toMatchObject({
      "k8s.io/cluster-autoscaler/node-template/resources/ephemeral-storage": "44Gi",
    });
  });

  test("nothing where there is always a node to look at", () => {
    expect(tags("system")).toEqual({});
    expect(tags("gpu-a100")).toEqual({});
  });

  test("groups are grown in the order in which the spec wants capacity bought", () => {
    expect(autoscaler.priorities).toEqual([
      { priority: 40, groups: ["^eks-gpu-a100-[0-9a-f-]+$"] },
      { priority: 30, groups: ["^eks-gpu-h100-[0-9a-f-]+$"] },
      { priority: 20, groups: ["^eks-gpu-l4-[0-9a-f-]+$"] },
      {
        priority: 10,
        groups: ["cpu", "gpu-a100-or-on-demand", "gpu-l4-or-on-demand", "system", "vectors"].map(
          (name) => `^eks-${name}-[0-9a-f-]+$`,
        ),
      },
    ]);
  });
});
