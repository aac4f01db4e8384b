import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { Foundation } from "../../../components/foundation/foundation.ts";
import { fallbackGroups } from "../../../planning/foundation/fallbacks.ts";
import { type PlatformPlan, planPlatform } from "../../../planning/plan.ts";
import { awsSpec, group } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";

const small = "Qwen/Qwen3-0.6B";

/** Models on whole cards, on turns and on slices, one with another on the same card; slices start from zero in staging. */
const spec = awsSpec("staging", {
  capacity: { gpus: ["L4", "A100-40"], purchase: ["spot", "on-demand"] },
  models: {
    whole: { model: small, gpus: ["L4"] },
    turns: { model: small, gpus: ["L4"], replicas: 2, gpuSharing: { timeSlicing: 3 } },
    turn: { model: small, gpus: ["L4"], gpuSharing: { timeSlicing: 3 } },
    sliced: { model: "Qwen/Qwen3-8B", quantization: "awq", replicas: 3, gpuSharing: { mig: "3g.20gb" } },
  },
});

let plan: PlatformPlan;
let resources: Rendered[] = [];

beforeAll(async () => {
  plan = await planPlatform(spec);
  if (plan.infrastructure === undefined) throw new Error("nothing in AWS");
  const { foundation } = plan.infrastructure;
  resources = await render(() => new Foundation("foundation", { plan: foundation }));
}, 60_000);

const turns = "gpu-l4-time-slicing-3-g6-2xlarge-spot";
const slices = "gpu-a100-40-mig-3g-20gb-p4d-24xlarge-spot";
const userData = (name: string) =>
  Buffer.from(find(resources, "LaunchTemplate", name).inputs.userData ?? "", "base64").toString();

describe("node groups", () => {
  test("are one for each way to share, filled by all models that share so, and none by others", () => {
    expect(plan.problems).toEqual([]);
    const gpus = plan.infrastructure?.nodeGroups.filter(({ role }) => role === "gpu");
    expect(gpus?.map(({ name, pods, size }) => [name, pods, size.planned])).toEqual([
      [slices, { sliced: 3 }, 1],
      ["gpu-l4-g6-xlarge-spot", { whole: 1 }, 1],
      [turns, { turn: 1, turns: 2 }, 1],
    ]);
  });

  test("tell what they are by a label, and keep others off by the taint of all GPUs", () => {
    for (const [name, sharing] of [
      [turns, "time-slicing-3"],
      [slices, "mig-3g.20gb"],
    ] as const) {
      const { labels, taints } = find(resources, "NodeGroup", name).inputs;
      expect(labels).toMatchObject({ "ai-platform/role": "gpu", "ai-platform/gpu-sharing": sharing });
      // The cluster autoscaler would wait for whole GPUs on a node with it, and never see one.
      expect(labels).not.toHaveProperty(["k8s.amazonaws.com/accelerator"]);
      expect(taints).toEqual([{ key: "nvidia.com/gpu", value: "true", effect: "NO_SCHEDULE" }]);
    }
    expect(find(resources, "NodeGroup", "gpu-l4-g6-xlarge-spot").inputs.labels).toEqual({
      "ai-platform/role": "gpu",
      "ai-platform/gpu": "L4",
      "k8s.amazonaws.com/accelerator": "L4",
    });
  });

  test("stand by in other ways with cards that are shared the same way, of types with the same card", () => {
    const groups = plan.infrastructure?.foundation.nodeGroups.filter(({ role }) => role === "gpu") ?? [];
    const standBy = groups.filter(({ name }) => name.endsWith("-or-on-demand"));
    expect(standBy.map(({ labels, sharing }) => [labels["ai-platform/gpu"], sharing])).toEqual([
      ["A100-40", { kind: "mig", profile: "3g.20gb" }],
      ["L4", undefined],
      ["L4", { kind: "time-slicing", replicas: 3 }],
    ]);
    for (const { instanceTypes, name } of groups.filter(({ labels }) => labels["ai-platform/gpu"] === "L4")) {
      for (const type of instanceTypes) expect(type, name).toMatch(/^g6\./);
    }
  });

  test("stand by for shared cards beside those for whole ones of the same type", () => {
    const bought = { role: "gpu", instanceTypes: ["g6.2xlarge"], purchase: "spot" } as const;
    const l4 = { name: "L4", perNode: 1 } as const;
    const groups = [
      group({ ...bought, name: "whole", fallbacks: ["on-demand"], gpu: l4 }),
      group({
        ...bought,
        name: "halves",
        fallbacks: ["on-demand"],
        gpu: { ...l4, sharing: { kind: "time-slicing", replicas: 2 } },
      }),
    ];
    const standBy = fallbackGroups(groups, ["us-east-1a"], spec.capacity);
    expect(standBy.map(({ gpu, name }) => [name, gpu?.sharing?.kind])).toEqual([
      ["whole-or-on-demand", undefined],
      ["halves-or-on-demand", "time-slicing"],
    ]);
  });

  test("tell the autoscaler which shares a node would have, and that it has no whole GPU", () => {
    const prefix = "k8s.io/cluster-autoscaler/node-template/resources/";
    const devices = (name: string) => {
      const group = plan.infrastructure?.foundation.nodeGroups.find((each) => each.name === name);
      const tags = Object.entries(group?.autoscalerTags ?? {});
      return Object.fromEntries(
        tags.flatMap(([key, value]) =>
          key.startsWith(`${prefix}nvidia.com/`) ? [[key.slice(prefix.length), value]] : [],
        ),
      );
    };
    expect(devices(turns)).toEqual({ "nvidia.com/gpu": "0", "nvidia.com/gpu.shared": "3" });
    expect(devices(slices)).toEqual({ "nvidia.com/gpu": "0", "nvidia.com/mig-3g.20gb": "16" });
    expect(devices("gpu-l4-g6-xlarge-spot")).toEqual({});
  });

  test("cut their cards at each start where they are sliced, by a part of user data before nodeadm's", () => {
    const [, ...parts] = userData(slices).split(/^--NODE-CONFIG/m);
    expect(parts[0]).toMatch(/^\nContent-Type: text\/x-shellscript\n\n#!\/bin\/bash\n/);
    expect(parts[0]).toContain("nvidia-smi mig -cgi 3g.20gb,3g.20gb -C");
    expect(parts[1]).toContain("Content-Type: application/node.eks.aws");
    for (const name of [turns, "gpu-l4-g6-xlarge-spot"]) expect(userData(name)).not.toContain("nvidia-smi");
  });
});

describe("device plugins", () => {
  interface Requirement {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }
  const plugins = () =>
    resources
      .filter(({ name, type }) => type.endsWith(":DaemonSet") && name.includes("device-plugin"))
      .map(({ inputs }) => ({ name: inputs.metadata.name, pod: inputs.spec.template.spec }));

  const selects = (requirements: readonly Requirement[], labels: Readonly<Record<string, string>>) =>
    requirements.every(({ key, operator, values = [] }) => {
      if (operator === "In") return values.includes(labels[key] ?? "");
      return (operator === "Exists") === Object.hasOwn(labels, key);
    });

  test("are exactly one on every node with GPUs, that of its sharing", () => {
    const found = new Map(
      plan.infrastructure?.foundation.nodeGroups.map(({ labels, name }) => [
        name,
        plugins()
          .filter(({ pod }) => {
            const { requiredDuringSchedulingIgnoredDuringExecution: required } = pod.affinity.nodeAffinity;
            return selects(required.nodeSelectorTerms[0].matchExpressions, labels);
          })
          .map((plugin) => plugin.name),
      ]),
    );
    expect(found.get(turns)).toEqual(["nvidia-device-plugin-time-slicing-3"]);
    expect(found.get(slices)).toEqual(["nvidia-device-plugin-mig-3g-20gb"]);
    expect(found.get(`${slices}-or-on-demand`)).toEqual(["nvidia-device-plugin-mig-3g-20gb"]);
    expect(found.get("gpu-l4-g6-xlarge-spot")).toEqual(["nvidia-device-plugin"]);
    for (const [name, own] of found) expect(own, name).toHaveLength(name.startsWith("gpu-") ? 1 : 0);
  });

  test("read their settings from a file that is theirs alone, and whole cards need none", () => {
    const settings = (plugin: string) => {
      const pod = plugins().find(({ name }) => name === plugin)?.pod;
      const file = pod.containers[0].env.find(({ name }: { name: string }) => name === "CONFIG_FILE")?.value;
      const volume = pod.volumes.find(({ configMap }: { configMap?: object }) => configMap !== undefined);
      if (file === undefined || volume === undefined) return undefined;
      const mount = pod.containers[0].volumeMounts.find(({ name }: { name: string }) => name === volume.name);
      const map = resources.find(
        ({ inputs, type }) =>
          type.endsWith(":ConfigMap") &&
          Object.hasOwn(inputs.data, file.slice(mount.mountPath.length + 1)) &&
          inputs.metadata.labels["app.kubernetes.io/name"] === plugin,
      );
      expect(map?.inputs.immutable).toBe(true);
      return parse(map?.inputs.data["config.yaml"]);
    };
    expect(settings("nvidia-device-plugin")).toBeUndefined();
    expect(settings("nvidia-device-plugin-mig-3g-20gb").flags).toEqual({ migStrategy: "mixed" });
    expect(settings("nvidia-device-plugin-time-slicing-3").sharing.timeSlicing).toEqual({
      renameByDefault: true,
      failRequestsGreaterThanOne: true,
      resources: [{ name: "nvidia.com/gpu", replicas: 3 }],
    });
  });

  test("have one privilege more where they look after slices", () => {
    const capabilities = plugins().map(({ name, pod }) => [
      name,
      pod.containers[0].securityContext.capabilities,
    ]);
    expect(Object.fromEntries(capabilities)).toEqual({
      "nvidia-device-plugin": { drop: ["ALL"] },
      "nvidia-device-plugin-mig-3g-20gb": { drop: ["ALL"], add: ["SYS_ADMIN"] },
      "nvidia-device-plugin-time-slicing-3": { drop: ["ALL"] },
    });
  });
});

test("pods ask for what their nodes offer, and nothing else of the card", () => {
  const devices = plan.serving.plans.map(({ model, resources: { limits } }) => [
    model,
    Object.fromEntries(Object.entries(limits).filter(([name]) => name.startsWith("nvidia.com/"))),
  ]);
  expect(Object.fromEntries(devices)).toEqual({
    whole: { "nvidia.com/gpu": "1" },
    turn: { "nvidia.com/gpu.shared": "1" },
    turns: { "nvidia.com/gpu.shared": "1" },
    sliced: { "nvidia.com/mig-3g.20gb": "1" },
  });
});
