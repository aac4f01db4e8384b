import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { Adapter } from "../../../components/serving/adapter.ts";
import { type AdapterPlan, planAdapter } from "../../../planning/serving/adapter.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import type { ModelInput } from "../../../spec/models.ts";
import { awsSpec } from "../../support/foundation.ts";
import { find, type Rendered, render } from "../../support/render.ts";
import { planned } from "../../support/servingModels.ts";

const inputs: Readonly<Record<string, ModelInput>> = {
  chat: { model: "Qwen/Qwen3-8B", gpus: ["L4"], quantization: "fp8" },
  small: { model: "TinyLlama/TinyLlama-1.1B-Chat-v1.0", engine: "ollama" },
};

function planOf(): AdapterPlan {
  const spec = awsSpec("prod", {
    models: inputs,
    access: { teams: { search: { keys: ["old", "new"] }, batch: {} } },
  });
  const models = Object.entries(inputs).flatMap(([name, input]) => {
    const model = planned(name, input);
    return model
      ? [{ ...model, nodes: [{ instanceType: "g6.xlarge", purchase: "on-demand" as const }] }]
      : [];
  });
  const plan = planAdapter(spec, planServing(spec, models).plans, models);
  if (plan === undefined) throw new Error("there is an adapter");
  return plan;
}

const plan = planOf();
let resources: Rendered[] = [];

beforeAll(async () => {
  const url = pulumi.output("http://models");
  resources = await render(
    () =>
      new Adapter("adapter", {
        plan,
        labels: { "app.kubernetes.io/part-of": "ai-platform" },
        image: "registry.example.com/adapter@sha256:0",
        endpoints: new Map([
          ["chat", { url, key: { secret: "chat-key-abc", key: "key" } }],
          ["small", { url, key: undefined }],
        ]),
        clients: [{ namespace: "ai-gateway", app: "traefik" }],
      }),
  );
});

const deployment = () => find(resources, "Deployment", "adapter").inputs.spec;
const pod = () => deployment().template.spec;
const decoded = (text: string) => Buffer.from(text, "base64").toString();

describe("its settings", () => {
  test("are the planned ones, in an object that a change replaces and that the pods mount", () => {
    const { inputs: configMap } = find(resources, "ConfigMap", "adapter-settings");
    expect(parse(configMap.data["config.yaml"])).toEqual(plan.config);
    expect(configMap.immutable).toBe(true);
    expect(configMap.metadata).not.toHaveProperty("name");
    expect(pod().volumes).toContainEqual({
      name: "settings",
      configMap: { name: "adapter-settings-generated" },
    });
  });

  test("name files and ports that the pod has", () => {
    const [container] = pod().containers;
    const mounts = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    const { ADAPTER_CONFIG } = Object.fromEntries(
      container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
    );
    const configured = Object.values(plan.config.upstreams).flatMap(({ apiKeyFile }) => apiKeyFile ?? []);
    expect(configured).toHaveLength(1);
    for (const file of [ADAPTER_CONFIG, plan.config.keysFile, ...configured])
      expect(mounts).toContain(file.slice(0, file.lastIndexOf("/")));
    expect(container.ports).toEqual([{ name: "http", containerPort: plan.config.listen.port }]);
    expect(container.readinessProbe.httpGet).toEqual({ path: "/readyz", port: 9000 });
    expect(container.livenessProbe.httpGet).toEqual({ path: "/healthz", port: 9000 });
  });
});

describe("keys", () => {
  const secretOf = (name: string) => find(resources, "Secret", name);

  test("of a team lie in a Secret of its own, under their names", () => {
    const { inputs: search } = secretOf("adapter-search");
    expect(search.metadata.name).toBe("adapter-keys-search");
    expect(
      Object.fromEntries(Object.entries(search.data).map(([key, value]) => [key, decoded(String(value))])),
    ).toEqual({
      old: "sk-adapter-search-old-random",
      new: "sk-adapter-search-new-random",
    });
    expect(Object.keys(secretOf("adapter-batch").inputs.data)).toEqual(["first"]);
  });

  test("have 256 random bits", () => {
    const passwords = resources.filter(({ type }) => type.endsWith(":RandomPassword"));
    expect(passwords).toHaveLength(3);
    for (const { inputs: password } of passwords) {
      expect(password.special).toBe(false);
      expect(password.length * Math.log2(62)).toBeGreaterThanOrEqual(256);
    }
  });

  test("are known to the adapter by their hashes only, in a Secret that changes under a running pod", () => {
    const { inputs: keys } = secretOf("adapter-keys");
    const text = decoded(keys.data["keys.yaml"]);
    const hash = (key: string) => `sha256:${createHash("sha256").update(key).digest("hex")}`;
    expect(parse(text)).toEqual({
      teams: {
        search: [hash("sk-adapter-search-old-random"), hash("sk-adapter-search-new-random")],
        batch: [hash("sk-adapter-batch-first-random")],
      },
    });
    expect(keys).not.toHaveProperty("immutable");
    expect(keys.metadata.name).toBe("adapter-keys");
    expect(pod().volumes).toContainEqual({
      name: "keys",
      secret: { secretName: "adapter-keys", defaultMode: 0o440 },
    });
  });

  test("never show", () => {
    for (const { name, secrets } of resources.filter(({ type }) => type.endsWith(":Secret")))
      expect(secrets, name).toEqual(["data"]);
  });

  test("of engines are files under the models' names", () => {
    const engines = pod().volumes.find(({ name }: { name: string }) => name === "engines");
    expect(engines.projected).toEqual({
      defaultMode: 0o440,
      sources: [{ secret: { name: "chat-key-abc", items: [{ key: "key", path: "chat" }] } }],
    });
  });
});

describe("its way in and out", () => {
  test("it reaches the models' servers and nothing else, and only the gateway reaches it", () => {
    const { spec } = find(resources, "NetworkPolicy", "adapter").inputs;
    expect(
      spec.egress.map(({ ports, to }: { ports: { port: number }[]; to: { podSelector: object }[] }) => [
        to[0]?.podSelector,
        ports[0]?.port,
      ]),
    ).toEqual([
      [{ matchLabels: { "app.kubernetes.io/name": "chat" } }, 8000],
      [{ matchLabels: { "app.kubernetes.io/name": "small" } }, 11_434],
    ]);
    expect(spec.ingress).toHaveLength(1);
    expect(spec.ingress[0].ports).toEqual([{ protocol: "TCP", port: 8000 }]);
    expect(spec.ingress[0].from).toHaveLength(1);
  });

  test("the gateway takes its path off, and keeps no body or answer back", () => {
    const { metadata, spec } = find(resources, "Ingress", "adapter").inputs;
    expect(spec.rules).toMatchObject([
      { host: "ai.example.com", http: { paths: [{ path: "/llm", pathType: "Prefix" }] } },
    ]);
    expect(metadata.annotations["traefik.ingress.kubernetes.io/router.middlewares"]).toBe(
      "secure-headers@file,adapter-path@file",
    );
  });
});

test("scales by what it has in hand, which an update leaves alone", () => {
  expect(find(resources, "HorizontalPodAutoscaler", "adapter").inputs.spec).toMatchObject({
    scaleTargetRef: { kind: "Deployment", name: "adapter" },
    minReplicas: 2,
    maxReplicas: 4,
    metrics: [{ pods: { metric: { name: "adapter_requests_in_flight" }, target: { averageValue: "64" } } }],
  });
});

test("two replicas roll one by one, one stays through a drain of nodes, and each has the time that it drains in", () => {
  expect(deployment()).toMatchObject({
    replicas: 2,
    strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  });
  expect(find(resources, "PodDisruptionBudget", "adapter").inputs.spec.maxUnavailable).toBe(1);
  expect(pod().terminationGracePeriodSeconds).toBe(plan.graceSeconds);
});
