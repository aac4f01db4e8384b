import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { Foundation } from "../../../components/foundation/foundation.ts";
import { everyCapacity, everyKind, foundationOf, group } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";

let resources: Rendered[] = [];

beforeAll(async () => {
  const plan = foundationOf("prod", everyKind, everyCapacity);
  resources = await render(() => new Foundation("foundation", { plan }));
});

test("volumes without a class are encrypted, made where their pod lands, and may grow", () => {
  const { inputs } = find(resources, "StorageClass", "storage");
  expect(inputs).toMatchObject({
    provisioner: "ebs.csi.aws.com",
    parameters: { type: "gp3", encrypted: "true" },
    volumeBindingMode: "WaitForFirstConsumer",
    allowVolumeExpansion: true,
  });
  expect(inputs.metadata.annotations).toEqual({ "storageclass.kubernetes.io/is-default-class": "true" });
});

describe("the cluster autoscaler", () => {
  const pod = () => find(resources, "Deployment", "cluster-autoscaler").inputs.spec.template.spec;

  test("is of the cluster's minor version, finds this cluster's groups, and knows its region without metadata", () => {
    const [{ command, env, image }] = pod().containers;
    expect(image).toMatch(/^registry\.k8s\.io\/autoscaling\/cluster-autoscaler:v1\.36\.\d+@sha256:/);
    expect(command).toContain(
      "--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/ai-platform-prod",
    );
    expect(env).toContainEqual({ name: "AWS_REGION", value: "us-east-1" });
  });

  test("has its role, its token and its priorities in one namespace", () => {
    expect(find(resources, "PodIdentityAssociation", "cluster-autoscaler").inputs).toMatchObject({
      namespace: "ai-autoscaler",
      serviceAccount: "cluster-autoscaler",
      roleArn: "cluster-autoscaler-arn",
    });
    expect(pod()).toMatchObject({
      serviceAccountName: "cluster-autoscaler",
      automountServiceAccountToken: true,
      priorityClassName: "system-cluster-critical",
    });
    const { data, metadata } = find(resources, "ConfigMap", "cluster-autoscaler-priorities").inputs;
    expect(metadata).toMatchObject({
      name: "cluster-autoscaler-priority-expander",
      namespace: "ai-autoscaler",
    });
    expect(pod().containers[0].command).toContain("--namespace=ai-autoscaler");
    expect(parse(data.priorities)).toMatchObject({
      40: ["^eks-gpu-a100-[0-9a-f-]+$"],
      20: ["^eks-gpu-l4-[0-9a-f-]+$"],
    });
  });

  test("a pattern fits the group that EKS names after ours, and not one whose name goes on", () => {
    const { data } = find(resources, "ConfigMap", "cluster-autoscaler-priorities").inputs;
    const [pattern] = parse(data.priorities)[20];
    const name = (group: string) => `eks-${group}-1a2b3c4-0ec9a5b2-7f3d-4c1e-9b8a-5d6e7f8091a2`;
    expect(new RegExp(pattern).test(name("gpu-l4"))).toBe(true);
    expect(new RegExp(pattern).test(name("gpu-l4-or-on-demand"))).toBe(false);
  });

  test("may change nodes, evict pods and write its own objects, and only read the rest", () => {
    const changing = (kind: string) =>
      find(resources, kind, "cluster-autoscaler")
        .inputs.rules.filter(({ verbs }: { verbs: string[] }) =>
          verbs.some((verb) => !["get", "list", "watch"].includes(verb)),
        )
        .flatMap(({ resources: kinds }: { resources: string[] }) => kinds);
    expect(changing("ClusterRole")).toEqual(["events", "nodes", "pods/eviction", "pods/status"]);
    expect(new Set(changing("rbac.authorization.k8s.io/v1:Role"))).toEqual(new Set(["leases", "configmaps"]));
  });
});

describe("nodes with GPUs", () => {
  const pod = (name: string) => find(resources, "DaemonSet", name).inputs.spec.template.spec;
  const onNodes = (name: string) =>
    pod(name).affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]
      .matchExpressions;

  test("run the device plugin and the exporter, and no other node does", () => {
    for (const name of ["gpu-device-plugin", "gpu-metrics"]) {
      expect(pod(name).tolerations).toEqual([
        { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" },
      ]);
      expect(onNodes(name)).toContainEqual({ key: "ai-platform/gpu", operator: "Exists" });
      expect(pod(name).priorityClassName).toBe("system-node-critical");
    }
  });

  test("run EFA's plugin where they are launched with EFA, as their node sees devices", () => {
    const { affinity, containers, hostNetwork, tolerations, volumes } = pod("gpu-efa-plugin");
    expect(affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution).toEqual({
      nodeSelectorTerms: [{ matchExpressions: [{ key: "ai-platform/efa", operator: "Exists" }] }],
    });
    expect(tolerations).toEqual([{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }]);
    expect(hostNetwork).toBe(true);
    expect(containers[0].securityContext).toEqual({
      privileged: true,
      readOnlyRootFilesystem: true,
      runAsUser: 0,
    });
    expect(volumes.flatMap(({ hostPath }: { hostPath?: { path: string } }) => hostPath?.path ?? [])).toEqual([
      "/var/lib/kubelet/device-plugins",
      "/dev/infiniband",
    ]);
    expect(pod("gpu-device-plugin")).not.toHaveProperty("hostNetwork");
  });

  test("give them one folder each, and no more privileges than NVIDIA's manifests", () => {
    const of = (name: string) => {
      const { containers, volumes } = pod(name);
      return [
        containers[0].securityContext.capabilities,
        volumes.flatMap(({ hostPath }: { hostPath?: { path: string } }) => hostPath?.path ?? []),
      ];
    };
    expect(of("gpu-device-plugin")).toEqual([{ drop: ["ALL"] }, ["/var/lib/kubelet/device-plugins"]]);
    expect(of("gpu-metrics")).toEqual([
      { drop: ["ALL"], add: ["SYS_ADMIN"] },
      ["/var/lib/kubelet/pod-resources"],
    ]);
    const [folder] = pod("gpu-metrics").containers[0].volumeMounts.filter(
      ({ name }: { name: string }) => name === "pod-resources",
    );
    expect(folder.readOnly).toBe(true);
  });

  test("are absent where nothing has a GPU", async () => {
    const plan = foundationOf("dev", [group({ name: "system", role: "system" })]);
    const plain = await render(() => new Foundation("foundation", { plan }));
    expect(plain.filter(({ type }) => type.endsWith(":DaemonSet"))).toEqual([]);
  });
});
