import { beforeAll, describe, expect, test } from "vitest";
import { Serving, type ServingArgs } from "../../../components/serving/serving.ts";
import type { ModelPlan } from "../../../planning/models.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import type { ServingPlan } from "../../../planning/serving/servingPlan.ts";
import { type ModelInput, type ModelSpec, modelSchema } from "../../../spec/models.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";
import { awsSpec, identityService } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";
import { overTwoNodes, planned } from "../../support/servingModels.ts";

/** One model for each server, and what else makes a difference. */
const inputs: Readonly<Record<string, ModelInput & { readonly node: string; readonly count?: number }>> = {
  chat: {
    model: "Qwen/Qwen3-8B",
    gpus: ["L4"],
    quantization: "fp8",
    replicas: 3,
    spread: "zone",
    node: "g6.xlarge",
  },
  old: {
    model: "mistralai/Mixtral-8x7B-Instruct-v0.1",
    engine: "tgi",
    gpus: ["A100-40"],
    node: "p4d.24xlarge",
  },
  small: {
    model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0",
    engine: "ollama",
    replicas: 2,
    digest: "a".repeat(64),
    node: "m7i.xlarge",
  },
  graph: { model: "Qwen/Qwen3-8B", gpus: ["L4"], quantization: "fp8", server: "triton", node: "g6.xlarge" },
  scaled: {
    model: "Qwen/Qwen3-8B",
    gpus: ["L4"],
    quantization: "fp8",
    replicas: 1,
    autoscaling: { least: 1, most: 4 },
    node: "g6.xlarge",
  },
};

function plansOf(access: AwsPlatformInput["access"] = {}): ServingPlan[] {
  const specs: Record<string, ModelSpec> = {};
  const models: ModelPlan[] = [];
  for (const [name, { node, ...input }] of Object.entries(inputs)) {
    const model = planned(name, input);
    if (model === undefined) throw new Error(`${name} fits`);
    specs[name] = modelSchema.parse(input);
    models.push({ ...model, nodes: [{ instanceType: node, purchase: "on-demand" }] });
  }
  models.push(overTwoNodes("large", 2));
  const { plans, problems } = planServing({ ...awsSpec("prod", { access }), models: specs }, models);
  expect(problems).toEqual([]);
  return [...plans];
}

const gateway = { namespace: "ai-gateway", app: "traefik" };
const adapter = { namespace: "ai-models", app: "adapter" };

const servingOf = (plans: readonly ServingPlan[], more: Partial<ServingArgs> = {}) =>
  render(
    () =>
      new Serving("serving", {
        plans,
        namespace: "ai-models",
        labels: { "app.kubernetes.io/part-of": "ai-platform" },
        entrypoint: { "__main__.py": "main()" },
        pull: "pull it",
        imageOf: (choice) => ({ ref: "ref" in choice ? choice.ref : choice.kind, after: [] }),
        gateway,
        clients: ({ name }) => [adapter, ...(name === plans[0]?.name ? [{ namespace: "team" }] : [])],
        protectState: true,
        aws: { clusterName: "ai-platform-prod", tags: { Project: "ai-platform" } },
        ...more,
      }),
  );

let resources: Rendered[] = [];
let plans: ServingPlan[] = [];

const planOf = (name: string) => {
  const plan = plans.find((candidate) => candidate.name === name);
  if (plan === undefined) throw new Error(`there is no ${name}`);
  return plan;
};
const podOf = (kind: string, name: string) => find(resources, kind, name).inputs.spec.template.spec;
const ofType = (kind: string) => resources.filter(({ type }) => type.endsWith(`:${kind}`));
const workloads = () => [...ofType("Deployment"), ...ofType("StatefulSet"), ...ofType("Job")];

beforeAll(async () => {
  plans = plansOf();
  resources = await servingOf(plans);
});

describe("every model server", () => {
  test("runs as the restricted standard asks for, and without service variables", () => {
    expect(workloads().length).toBe(4 + 1 + 2 + 2);
    for (const { inputs, name } of workloads()) {
      const pod = inputs.spec.template.spec;
      expect(pod.enableServiceLinks, name).toBe(false);
      expect(pod.automountServiceAccountToken, name).toBe(false);
      expect(pod.securityContext, name).toMatchObject({ runAsNonRoot: true });
      expect(pod.securityContext.runAsUser, name).toBeGreaterThan(0);
      for (const container of pod.containers) {
        expect(container.securityContext, name).toMatchObject({
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
        });
      }
      for (const volume of pod.volumes) expect(volume, name).not.toHaveProperty("hostPath");
    }
  });

  test("mounts only volumes that it has", () => {
    for (const { inputs, name } of workloads()) {
      const pod = inputs.spec.template.spec;
      const claims = inputs.spec.volumeClaimTemplates ?? [];
      const there = [...pod.volumes, ...claims.map(({ metadata }: { metadata: object }) => metadata)].map(
        (volume: { name: string }) => volume.name,
      );
      expect(new Set(there).size, name).toBe(there.length);
      for (const { name: mounted } of pod.containers[0].volumeMounts) expect(there, name).toContain(mounted);
    }
  });

  test("has requests, limits, probes, times, class and places as planned", () => {
    for (const plan of plans) {
      const at = plan.podsPerReplica > 1 ? `${plan.name}-0` : plan.name;
      const pod = podOf(plan.store || plan.podsPerReplica > 1 ? "StatefulSet" : "Deployment", at);
      const [container] = pod.containers;
      expect(container.resources).toEqual(plan.resources);
      expect(pod.terminationGracePeriodSeconds).toBe(plan.timing.graceSeconds);
      const { endCommand } = plan.health;
      expect(container.lifecycle.preStop).toEqual(
        endCommand ? { exec: { command: endCommand } } : { sleep: { seconds: plan.timing.preStopSeconds } },
      );
      expect(pod.priorityClassName).toBe("ai-platform-serving");
      expect(pod.nodeSelector).toEqual(plan.scheduling.nodeSelector);
      const { failureThreshold, periodSeconds, timeoutSeconds } = container.startupProbe;
      const allowed = plan.health.startCommand ? timeoutSeconds : failureThreshold * periodSeconds;
      expect(allowed).toBeGreaterThanOrEqual(plan.timing.startLimitSeconds);
      expect(container).toHaveProperty("readinessProbe");
      expect(container).toHaveProperty("livenessProbe");
    }
  });

  test("lets in the gateway where it has a route, and its clients, and a budget keeps it", () => {
    for (const { name, ports, route } of plans) {
      const { spec } = find(resources, "NetworkPolicy", name).inputs;
      expect(spec.ingress).toHaveLength(1);
      const [first] = plans;
      expect(spec.ingress[0].from, name).toHaveLength((route ? 2 : 1) + (name === first?.name ? 1 : 0));
      if (name === first?.name) {
        expect(spec.ingress[0].from.at(-1)).toEqual({
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "team" } },
        });
      }
      expect(spec.ingress[0].ports[0].port).toBe(ports.http);
      expect(find(resources, "PodDisruptionBudget", name).inputs.spec.maxUnavailable).toBe(1);
    }
  });

  test("changes its configuration by a new object: immutable, named by the engine", () => {
    for (const kind of ["ConfigMap", "Secret"]) {
      for (const { inputs, name } of ofType(kind)) {
        expect(inputs.immutable, name).toBe(true);
        expect(inputs.metadata, name).not.toHaveProperty("name");
      }
    }
  });
});

describe("vLLM", () => {
  test("is launched by the entrypoint, with a key that shows nowhere", () => {
    const [container] = podOf("Deployment", "chat").containers;
    expect(container.command).toEqual(["python3", "/opt/m2m/entrypoint"]);
    expect(container.image).toMatch(/^vllm\/vllm-openai:v/);
    expect(container.env).toContainEqual({
      name: "VLLM_API_KEY",
      valueFrom: { secretKeyRef: { name: "chat-key-generated", key: "key" } },
    });
    expect(find(resources, "Secret", "chat-key").secrets).toContain("stringData");
    const launch = JSON.parse(find(resources, "ConfigMap", "chat-settings").inputs.data["launch.json"]);
    expect(launch).toEqual(planOf("chat").launches[0]);
  });

  test("stands one to a node and even over zones, tolerates GPU nodes only, and rolls without a spare GPU", () => {
    const pod = podOf("Deployment", "chat");
    expect(pod.tolerations).toEqual([{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }]);
    expect(pod.topologySpreadConstraints).toMatchObject([
      { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule", maxSkew: 1 },
    ]);
    expect(pod.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution).toHaveLength(1);
    expect(find(resources, "Deployment", "chat").inputs.spec.strategy.rollingUpdate).toEqual({
      maxSurge: 0,
      maxUnavailable: 1,
    });
  });

  test("over several nodes is a StatefulSet per replica whose pods find rank 0, which alone answers", () => {
    for (const replica of [0, 1]) {
      const { spec } = find(resources, "StatefulSet", `large-${replica}`).inputs;
      expect(spec).toMatchObject({
        replicas: 2,
        serviceName: "large-group",
        podManagementPolicy: "Parallel",
      });
      const { containers } = spec.template.spec;
      expect(containers[0].volumeMounts).toContainEqual({
        name: "settings",
        mountPath: "/etc/m2m/launch.json",
        readOnly: true,
        subPathExpr: "$(POD_NAME).json",
      });
    }
    const { data } = find(resources, "ConfigMap", "large-settings").inputs;
    expect(Object.keys(data)).toEqual([
      "large-0-0.json",
      "large-0-1.json",
      "large-1-0.json",
      "large-1-1.json",
    ]);
    expect(JSON.parse(data["large-1-1.json"]).arguments).toMatchObject({
      "node-rank": 1,
      headless: true,
      "master-addr": "large-1-0.large-group.ai-models.svc.cluster.local",
    });
    expect(find(resources, "Service", "large").inputs.spec.selector).toHaveProperty(
      ["apps.kubernetes.io/pod-index"],
      "0",
    );
    expect(find(resources, "Service", "large-group").inputs.spec).toMatchObject({
      clusterIP: "None",
      publishNotReadyAddresses: true,
    });
    const group = find(resources, "NetworkPolicy", "large-group").inputs.spec;
    expect(group.ingress).toEqual([{ from: group.egress[0].to, ports: group.egress[0].ports }]);
  });

  test("scales by what waits, and an update leaves the number alone", () => {
    expect(find(resources, "HorizontalPodAutoscaler", "scaled").inputs.spec).toMatchObject({
      minReplicas: 1,
      maxReplicas: 4,
      metrics: [
        { pods: { metric: { name: "vllm_requests_waiting" }, target: { averageValue: "25" } } },
        { pods: { metric: { name: "vllm_queue_seconds_p95" }, target: { averageValue: "5" } } },
      ],
    });
    expect(ofType("HorizontalPodAutoscaler")).toHaveLength(1);
  });
});

describe("Ollama", () => {
  test("has a store per replica, filled by a Job with the pinned digest before the server starts", () => {
    for (const ordinal of [0, 1]) {
      const claim = find(resources, "PersistentVolumeClaim", `small-store-${ordinal}`);
      expect(claim.inputs.metadata.name).toBe(`store-small-${ordinal}`);
      const pod = podOf("Job", `small-store-${ordinal}`);
      expect(pod.volumes).toContainEqual({
        name: "store",
        persistentVolumeClaim: { claimName: `store-small-${ordinal}` },
      });
      const env = Object.fromEntries(
        pod.containers[0].env.map(({ name, value }: { name: string; value: string }) => [name, value]),
      );
      expect(env).toMatchObject({
        DIGEST: "a".repeat(64),
        MODEL: "tinyllama:1.1b-chat-v1-q4_K_M",
        MANIFEST: "/models/manifests/registry.ollama.ai/library/tinyllama/1.1b-chat-v1-q4_K_M",
      });
      expect(pod.containers[0].command).toEqual(["sh", "-euc", "pull it"]);
    }
    const { spec } = find(resources, "StatefulSet", "small").inputs;
    expect(spec.volumeClaimTemplates[0].metadata.name).toBe("store");
    expect(spec.template.spec.containers[0].startupProbe.exec.command.slice(4, 5)).toEqual(["run"]);
  });

  test("may talk to nobody, and only the Job to the registry", () => {
    expect(find(resources, "NetworkPolicy", "small").inputs.spec.egress).toEqual([]);
    const { egress } = find(resources, "NetworkPolicy", "small-store-0").inputs.spec;
    expect(egress).toEqual([
      {
        to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } }],
        ports: [{ protocol: "TCP", port: 443 }],
      },
    ]);
  });
});

describe("Triton", () => {
  test("finds its model repository without Kubernetes' own folders, and the bucket as one", () => {
    const pod = podOf("Deployment", "graph");
    const settings = pod.volumes.find(({ name }: { name: string }) => name === "settings");
    expect(settings.configMap.items).toEqual([
      { key: "etc_triton_graph_config.pbtxt", path: "etc/triton/graph/config.pbtxt" },
      { key: "etc_triton_graph_1_model.json", path: "etc/triton/graph/1/model.json" },
    ]);
    expect(pod.containers[0].volumeMounts).toContainEqual({
      name: "settings",
      mountPath: "/etc/triton",
      subPath: "etc/triton",
      readOnly: true,
    });
    const { data } = find(resources, "ConfigMap", "graph-settings").inputs;
    for (const { key } of settings.configMap.items) expect(data).toHaveProperty([key]);
    expect(find(resources, "PersistentVolume", "graph-weights").inputs.spec).toMatchObject({
      csi: { driver: "s3.csi.aws.com", volumeAttributes: { bucketName: "ai-platform-prod-models" } },
      mountOptions: expect.arrayContaining(["read-only", "prefix weights/Qwen/Qwen3-8B-FP8/main/"]),
    });
  });

  test("lets metrics and gRPC in beside HTTP", () => {
    const { ports } = find(resources, "NetworkPolicy", "graph").inputs.spec.ingress[0];
    expect(ports.map(({ port }: { port: number }) => port)).toEqual([8000, 8001, 8002]);
  });
});

describe("rights and routes", () => {
  test("whoever fetches from the bucket has a role of its own, nobody else has one", () => {
    const roles = ofType("PodIdentityAssociation").map(({ inputs }) => inputs.serviceAccount);
    expect(roles.sort()).toEqual(["chat", "large", "old", "scaled"]);
  });

  test("a server without keys is not routed, unless the gateway asks somebody", async () => {
    expect(
      ofType("Ingress")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(["chat", "large", "old", "scaled"]);
    const asked = await servingOf(plansOf({ forwardAuth: identityService }));
    const ingress = find(asked, "Ingress", "small").inputs;
    const annotation = "traefik.ingress.kubernetes.io/router.middlewares";
    expect(ingress.metadata.annotations[annotation]).toBe(
      "model-auth@file,model-user-rate@file,model-path@file,model-anonymous@file,secure-headers@file",
    );
    const paths = ingress.spec.rules[0].http.paths.map(({ path }: { path: string }) => path);
    expect(paths).toContain("/models/small/api/generate");
    for (const closed of ["pull", "delete", "create", "push", "copy"])
      expect(paths.join()).not.toContain(`/api/${closed}`);
    // A server that checks its own keys goes on doing so.
    for (const among of [resources, asked])
      expect(find(among, "Ingress", "chat").inputs.metadata.annotations[annotation]).not.toContain("auth");
  });
});
