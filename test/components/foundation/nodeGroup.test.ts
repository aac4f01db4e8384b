import { beforeAll, describe, expect, test } from "vitest";
import { Foundation } from "../../../components/foundation/foundation.ts";
import { everyCapacity, everyKind, foundationOf } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";

let resources: Rendered[] = [];

beforeAll(async () => {
  const plan = foundationOf("prod", everyKind, everyCapacity);
  resources = await render(() => new Foundation("foundation", { plan }));
});

const ofType = (kind: string) => resources.filter(({ type }) => type.endsWith(`:${kind}`));
const template = (name: string) => find(resources, "LaunchTemplate", name).inputs;
const nodeGroup = (name: string) => find(resources, "NodeGroup", name).inputs;

describe("every launch template", () => {
  test("answers metadata to the node only, by version 2", () => {
    expect(ofType("LaunchTemplate")).toHaveLength(8);
    for (const { inputs, name } of ofType("LaunchTemplate")) {
      expect(inputs.metadataOptions, name).toEqual({
        httpEndpoint: "enabled",
        httpTokens: "required",
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: "disabled",
      });
    }
  });

  test("encrypts its root disk, which goes with the instance", () => {
    for (const { inputs, name } of ofType("LaunchTemplate")) {
      expect(inputs.blockDeviceMappings, name).toEqual([
        {
          deviceName: "/dev/xvda",
          ebs: {
            volumeType: "gp3",
            volumeSize: name.startsWith("gpu") ? 100 : 50,
            encrypted: "true",
            deleteOnTermination: "true",
          },
        },
      ]);
    }
  });

  test("tags the instances, volumes and network interfaces that are made from it", () => {
    for (const { inputs, name } of ofType("LaunchTemplate")) {
      expect(inputs.tagSpecifications, name).toEqual(
        ["instance", "volume", "network-interface"].map((resourceType) => ({
          resourceType,
          tags: {
            Project: "ai-platform",
            Environment: "prod",
            Owner: "platform-team",
            CostCenter: "ml-infrastructure",
            ManagedBy: "pulumi",
            Component: resourceType === "volume" ? "storage" : "nodes",
            Name: `ai-platform-prod-${name}`,
          },
        })),
      );
    }
  });

  test("says nothing that managed node groups forbid: subnet, instance profile, image, shutdown behaviour", () => {
    for (const { inputs, name } of ofType("LaunchTemplate")) {
      for (const forbidden of [
        "iamInstanceProfile",
        "imageId",
        "instanceInitiatedShutdownBehavior",
        "keyName",
      ]) {
        expect(inputs, name).not.toHaveProperty(forbidden);
      }
      for (const networkInterface of inputs.networkInterfaces ?? []) {
        expect(networkInterface, name).not.toHaveProperty("subnetId");
      }
    }
  });
});

describe("capacity", () => {
  test("a capacity block: market, reservation and type in the template, none of it in the group", () => {
    expect(template("gpu-h100")).toMatchObject({
      instanceType: "p5.48xlarge",
      instanceMarketOptions: { marketType: "capacity-block" },
      capacityReservationSpecification: {
        capacityReservationTarget: { capacityReservationId: "cr-0123456789abcdef0" },
      },
    });
    expect(nodeGroup("gpu-h100")).toMatchObject({
      capacityType: "CAPACITY_BLOCK",
      subnetIds: ["network-private-b-10.0.64.0/18-id"],
      scalingConfig: { minSize: 0, maxSize: 2, desiredSize: 0 },
    });
    expect(nodeGroup("gpu-h100")).not.toHaveProperty("instanceTypes");
  });

  test("a reservation: on demand, in its zone, from it", () => {
    expect(template("gpu-a100")).toMatchObject({
      capacityReservationSpecification: {
        capacityReservationTarget: { capacityReservationId: "cr-0fedcba9876543210" },
      },
    });
    expect(template("gpu-a100")).not.toHaveProperty("instanceMarketOptions");
    expect(nodeGroup("gpu-a100")).toMatchObject({
      capacityType: "ON_DEMAND",
      instanceTypes: ["p4d.24xlarge"],
      subnetIds: ["network-private-a-10.0.0.0/18-id"],
    });
  });

  test("spot: several types in the group, and no market in the template", () => {
    expect(nodeGroup("gpu-l4")).toMatchObject({
      capacityType: "SPOT",
      instanceTypes: ["g6.xlarge", "g6.2xlarge"],
      scalingConfig: { minSize: 0, maxSize: 3, desiredSize: 0 },
    });
    for (const absent of ["instanceMarketOptions", "capacityReservationSpecification", "instanceType"]) {
      expect(template("gpu-l4")).not.toHaveProperty(absent);
    }
  });
});

describe("a group", () => {
  test("pins the image's release, is repaired, updated and labelled as planned, and named by the engine", () => {
    expect(nodeGroup("gpu-l4")).toMatchObject({
      clusterName: "ai-platform-prod",
      nodeRoleArn: "node-arn",
      amiType: "AL2023_x86_64_NVIDIA",
      version: "1.36",
      releaseVersion: expect.stringMatching(/^1\.36\.\d+-\d{8}$/),
      launchTemplate: { id: "gpu-l4-id", version: "7" },
      labels: {
        "ai-platform/role": "gpu",
        "ai-platform/gpu": "L4",
        "k8s.amazonaws.com/accelerator": "L4",
      },
      taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NO_SCHEDULE" }],
      updateConfig: { maxUnavailablePercentage: 33, updateStrategy: "DEFAULT" },
      nodeRepairConfig: { enabled: true },
    });
    expect(nodeGroup("gpu-l4")).not.toHaveProperty("nodeGroupName");
    expect(nodeGroup("gpu-l4")).not.toHaveProperty("remoteAccess");
  });

  test("with EFA has each interface in the cluster's security group, which EKS then adds to none", () => {
    const { networkInterfaces, placement } = template("gpu-a100");
    expect(networkInterfaces).toEqual(
      [0, 1, 2, 3].map((card) => ({
        networkCardIndex: card,
        deviceIndex: card === 0 ? 0 : 1,
        interfaceType: card === 0 ? "efa" : "efa-only",
        associatePublicIpAddress: "false",
        deleteOnTermination: "true",
        securityGroups: ["cluster-security-group"],
      })),
    );
    expect(placement).toBeUndefined();
    expect(template("cpu")).not.toHaveProperty("networkInterfaces");
  });

  test("of one zone, with EFA, is placed close together", async () => {
    const close = everyKind
      .filter(({ name }) => name === "system" || name === "gpu-a100")
      .map((group) =>
        group.name === "gpu-a100"
          ? { ...group, purchase: "on-demand" as const, reservation: undefined, fallbacks: [] }
          : group,
      );
    const plan = foundationOf("prod", close, everyCapacity);
    const placed = await render(() => new Foundation("foundation", { plan }));
    expect(find(placed, "PlacementGroup", "gpu-a100").inputs).toMatchObject({
      name: "ai-platform-prod-gpu-a100",
      strategy: "cluster",
    });
    expect(find(placed, "LaunchTemplate", "gpu-a100").inputs.placement).toEqual({
      groupName: "ai-platform-prod-gpu-a100",
    });
  });

  test("gives nodes their configuration in base64", () => {
    const text = Buffer.from(template("gpu-l4").userData, "base64").toString();
    expect(text).toContain("Content-Type: application/node.eks.aws");
    expect(text).toContain("strategy: RAID0");
    expect(template("cpu")).not.toHaveProperty("userData");
  });

  test("that may be empty tells the autoscaler what a node would be, on its Auto Scaling group", () => {
    const prefix = "k8s.io/cluster-autoscaler/node-template";
    const tags = ofType("Tag")
      .filter(({ inputs }) => inputs.autoscalingGroupName === "eks-gpu-l4-0123456-asg")
      .map(({ inputs }) => inputs.tag);
    expect(
      Object.fromEntries(tags.map(({ key, value }: { key: string; value: string }) => [key, value])),
    ).toEqual({
      [`${prefix}/label/ai-platform/role`]: "gpu",
      [`${prefix}/label/ai-platform/gpu`]: "L4",
      [`${prefix}/label/k8s.amazonaws.com/accelerator`]: "L4",
      [`${prefix}/taint/nvidia.com/gpu`]: "true:NoSchedule",
      [`${prefix}/resources/ephemeral-storage`]: "208Gi",
    });
    expect(new Set(tags.map(({ propagateAtLaunch }) => propagateAtLaunch))).toEqual(new Set([false]));
    expect(ofType("Tag").map(({ inputs }) => inputs.autoscalingGroupName)).not.toContain(
      "eks-system-0123456-asg",
    );
  });
});

test("nodes may join, pull images and fetch their pods' credentials, and no more", () => {
  const attached = ofType("RolePolicyAttachment")
    .filter(({ inputs }) => inputs.role === "ai-platform-prod-node")
    .map(({ inputs }) => inputs.policyArn);
  expect(attached).toEqual([
    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly",
    "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy",
  ]);
  expect(ofType("RolePolicy").filter(({ inputs }) => inputs.role === "ai-platform-prod-node")).toEqual([]);
});
