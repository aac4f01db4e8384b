import { describe, expect, test } from "vitest";
import { addonNames, eksVersions, kubernetesVersions } from "../../../catalog/eks.ts";
import { everyCapacity, everyKind, foundationOf, group } from "../../support/foundation.ts";

const environments = ["dev", "staging", "prod"] as const;
const system = group({ name: "system", role: "system" });

describe("the control plane", () => {
  test("is reached from inside the VPC only, unless ranges are named", () => {
    const [closed, open] = [
      foundationOf("dev", [system]).cluster.endpoint,
      foundationOf("dev", [system], {
        cluster: {
          publicAccessCidrs: ["203.0.113.0/24"],
          privateAccessCidrs: ["192.168.0.0/16", "10.0.0.0/16"],
        },
      }).cluster.endpoint,
    ];
    expect(closed).toEqual({ publicCidrs: [], privateCidrs: ["10.0.0.0/16"] });
    expect(open).toEqual({
      publicCidrs: ["203.0.113.0/24"],
      privateCidrs: ["10.0.0.0/16", "192.168.0.0/16"],
    });
  });

  test("of prod can't be deleted by accident, and is not upgraded by itself", () => {
    const settings = environments.map((environment) => {
      const { cluster, protectState } = foundationOf(environment, [system]);
      const { deletionProtection, key, supportType, zonalShift } = cluster;
      return [environment, protectState, deletionProtection, key.deletionDays, supportType, zonalShift];
    });
    expect(settings).toEqual([
      ["dev", false, false, 7, "STANDARD", false],
      ["staging", false, false, 7, "STANDARD", false],
      ["prod", true, true, 30, "EXTENDED", true],
    ]);
  });

  test("keeps its logs for 7, 30 and 90 days, or as long as the spec says", () => {
    const kept = environments.map(
      (environment) => foundationOf(environment, [system]).cluster.logs.group.retentionDays,
    );
    expect(kept).toEqual([7, 30, 90]);
    const { cluster, vpc } = foundationOf("dev", [system], { observability: { logRetentionDays: 365 } });
    expect(cluster.logs.group).toEqual({ name: "/aws/eks/ai-platform-dev/cluster", retentionDays: 365 });
    expect(vpc.flowLogs.group.retentionDays).toBe(365);
  });

  test("has every administrator once", () => {
    const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
    const { admins } = foundationOf("dev", [system], {
      cluster: { admins: [arn("ops"), arn("ci"), arn("ops")] },
    }).cluster;
    expect(admins).toEqual([arn("ci"), arn("ops")]);
  });
});

describe("add-ons", () => {
  test.each(kubernetesVersions)("are all there, pinned for Kubernetes %s", (version) => {
    const { addons } = foundationOf("dev", [system], { cluster: { version } });
    expect(addons.map(({ name }) => name)).toEqual([...addonNames]);
    for (const { name, version: build } of addons)
      expect(build).toBe(eksVersions[version].addons[name].version);
  });

  test("those that a node can't be ready without come before nodes, those with Deployments after", () => {
    const { addons } = foundationOf("dev", [system]);
    const turn = (wanted: string) => addons.filter(({ turn }) => turn === wanted).map(({ name }) => name);
    expect(turn("before-nodes")).toEqual(["vpc-cni", "kube-proxy", "eks-pod-identity-agent"]);
    expect(turn("any")).toEqual(["eks-node-monitoring-agent", "prometheus-node-exporter"]);
    expect(turn("after-nodes")).toHaveLength(6);
  });

  test("never wait for one that comes later", () => {
    const turns = ["before-nodes", "any", "after-nodes"];
    const { addons } = foundationOf("dev", [system]);
    for (const { after, name, turn } of addons) {
      for (const other of after) {
        const before = addons.find((candidate) => candidate.name === other);
        expect(turns.indexOf(before?.turn ?? ""), `${name} after ${other}`).toBeLessThanOrEqual(
          turns.indexOf(turn),
        );
        expect(before?.after, `${name} and ${other} wait for each other`).not.toContain(name);
      }
    }
  });

  test("tag what they make: network interfaces and volumes", () => {
    const { addons, tags } = foundationOf("prod", [system]);
    const configuration = (name: string) => addons.find((addon) => addon.name === name)?.configuration;
    expect(configuration("vpc-cni")).toEqual({
      enableNetworkPolicy: "true",
      env: {
        ADDITIONAL_ENI_TAGS: JSON.stringify(tags.nodes),
        ENABLE_PREFIX_DELEGATION: "true",
        WARM_PREFIX_TARGET: "1",
      },
    });
    expect(configuration("aws-ebs-csi-driver")).toEqual({ controller: { extraVolumeTags: tags.storage } });
    // Or GPU nodes, which are tainted, would have nobody who asks their GPUs.
    expect(configuration("eks-node-monitoring-agent")).toEqual({
      dcgmAgent: {
        tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
        resources: { requests: { cpu: "50m", memory: "128Mi" } },
      },
    });
  });
});

describe("daemons of GPU nodes", () => {
  const gpuOf = (name: string) => ({ "ai-platform/role": "gpu", "ai-platform/gpu": name });

  test("request what placement keeps free for them", () => {
    const { gpuNodes } = foundationOf("prod", everyKind, everyCapacity);
    expect(gpuNodes?.devicePlugin.resources.requests).toEqual({ cpu: "50m", memory: "64Mi" });
    expect(gpuNodes?.metrics.resources.requests).toEqual({ cpu: "100m", memory: "128Mi" });
  });

  test("are joined by EFA's plugin where nodes are launched with EFA interfaces only", () => {
    const l4 = group({ name: "gpu-l4", role: "gpu", instanceTypes: ["g6.xlarge"], labels: gpuOf("L4") });
    const a100 = group({
      name: "gpu-a100",
      role: "gpu",
      instanceTypes: ["p4d.24xlarge"],
      labels: gpuOf("A100-40"),
    });
    const pluginOf = (...groups: (typeof l4)[]) => foundationOf("prod", groups).gpuNodes?.efaPlugin;
    expect(pluginOf(l4)).toBeUndefined();
    expect(pluginOf(l4, a100)?.resources.requests).toEqual({ cpu: "10m", memory: "20Mi" });
  });

  test("are absent where no node has a GPU", () => {
    expect(foundationOf("dev", [system]).gpuNodes).toBeUndefined();
  });
});

test("endpoints are those of the region, and S3's is always there", () => {
  const { vpc } = foundationOf("dev", [system], {
    cloud: { region: "eu-west-1" },
    network: { interfaceEndpoints: ["ecr.dkr"] },
  });
  expect(vpc.s3Service).toBe("com.amazonaws.eu-west-1.s3");
  expect(vpc.endpoints).toEqual([{ name: "ecr.dkr", serviceName: "com.amazonaws.eu-west-1.ecr.dkr" }]);
});

test("only the nodes' subnets name the cluster, which the VPC CNI's rights depend on", () => {
  const { subnetTags } = foundationOf("dev", [system]).vpc;
  expect(subnetTags).toEqual({
    public: { "kubernetes.io/role/elb": "1" },
    private: { "kubernetes.io/role/internal-elb": "1", "kubernetes.io/cluster/ai-platform-dev": "shared" },
    intra: {},
  });
});
