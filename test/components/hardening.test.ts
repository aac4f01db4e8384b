import { beforeAll, describe, expect, test } from "vitest";
import { environments } from "../../spec/platform.ts";
import type { Rendered } from "../support/render.ts";
import { renderStack } from "../support/stacks.ts";

const objectsOf = (resources: Rendered[], kind: string) =>
  resources.filter(({ type }) => type.startsWith("kubernetes:") && type.endsWith(`:${kind}`));

/** Device plugins, one more for each way in which cards are shared. */
const isDevicePlugin = (name: string) => /^gpu-((nvidia-)?device-plugin(-|$)|efa-plugin$)/.test(name);
/** What reaches into its node, by what it needs there; everything else is unprivileged. See `NodeDaemon`. */
const isNodeDaemon = (name: string) => isDevicePlugin(name) || name === "gpu-metrics";

/** Talks to the API server: routes are read there, nodes and pods watched, callers looked up. */
const withApiToken = ["cluster-autoscaler", "gateway", "metrics-api", "prometheus"];

/** Rules that hold for whatever is added later, in every environment. */
describe.each(environments)("%s", (environment) => {
  let resources: Rendered[] = [];
  let workloads: Rendered[] = [];

  beforeAll(async () => {
    resources = await renderStack(environment);
    workloads = resources.filter(({ inputs }) => inputs.spec?.template?.spec !== undefined);
  });

  test("has workloads at all", () => {
    expect(workloads.length).toBeGreaterThanOrEqual(5);
  });

  test("every pod is unprivileged on a read-only root", () => {
    for (const { name, inputs } of workloads.filter((workload) => !isNodeDaemon(workload.name))) {
      const pod = inputs.spec.template.spec;
      expect(pod.securityContext, name).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(pod.securityContext.runAsUser, name).toBeGreaterThan(0);
      expect(pod, name).not.toHaveProperty("hostNetwork");
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          readOnlyRootFilesystem: true,
        });
        expect(container.resources.requests, name).toMatchObject({
          cpu: expect.any(String),
          memory: expect.any(String),
        });
        expect(container.resources.limits, name).toHaveProperty("memory");
        expect(container.image, name).toMatch(/^[a-z0-9./-]+:[A-Za-z0-9._-]+(@sha256:[0-9a-f]{64})?$/);
        expect(container.image, name).not.toMatch(/:latest$/);
      }
    }
  });

  test("nothing but the daemons of GPU nodes sees a folder of its node", () => {
    const reaching = workloads.filter(({ inputs }) =>
      (inputs.spec.template.spec.volumes ?? []).some((volume: object) => "hostPath" in volume),
    );
    for (const { name } of reaching) expect(isNodeDaemon(name), name).toBe(true);
  });

  test("only what works on the API server gets a token for it", () => {
    const withToken = workloads.filter(
      ({ inputs }) => inputs.spec.template.spec.automountServiceAccountToken !== false,
    );
    expect(withToken.map(({ name }) => name).sort()).toEqual(
      environment === "local" ? ["gateway", "metrics-api", "prometheus"] : withApiToken,
    );
  });

  test("what keeps running has probes, and a network policy of its own that lets DNS be the only default", () => {
    const policies = objectsOf(resources, "NetworkPolicy").map(({ inputs }) => inputs);
    for (const { name, type, inputs } of workloads) {
      const { metadata, spec } = inputs.spec.template;
      // Device plugins serve nobody but kubelet, which restarts them when they go.
      if (!type.endsWith(":Job") && !isDevicePlugin(name)) {
        for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"]) {
          expect(spec.containers[0], name).toHaveProperty(probe);
        }
      }
      const own = policies.filter(
        (policy) =>
          policy.metadata.namespace === inputs.metadata.namespace &&
          policy.spec.podSelector.matchLabels?.["app.kubernetes.io/name"] ===
            metadata.labels["app.kubernetes.io/name"],
      );
      expect(own, name).toHaveLength(1);
      expect(own[0].spec.policyTypes, name).toEqual(["Ingress", "Egress"]);
    }
    const closed = policies.filter(({ metadata }) => metadata.name === "default");
    expect(closed).toHaveLength(objectsOf(resources, "Namespace").length);
    for (const { spec } of closed) {
      expect(spec.ingress).toBeUndefined();
      expect(spec.egress).toEqual([
        { ports: [expect.objectContaining({ port: 53 }), expect.objectContaining({ port: 53 })] },
      ]);
    }
  });

  test("whom a policy lets in is let out on the other side", () => {
    const policies = objectsOf(resources, "NetworkPolicy").map(({ inputs }) => inputs);
    const key = (namespace: string, app: string) => `${namespace}/${app}`;
    const peerKey = (peer: {
      namespaceSelector: { matchLabels: object };
      podSelector: { matchLabels: object };
    }) =>
      key(
        String(Object.values(peer.namespaceSelector.matchLabels)[0]),
        String(Object.values(peer.podSelector.matchLabels)[0]),
      );
    const ins = new Set<string>();
    const outs = new Set<string>();
    for (const { metadata, spec } of policies) {
      const self = key(metadata.namespace, spec.podSelector.matchLabels?.["app.kubernetes.io/name"] ?? "*");
      for (const rule of spec.ingress ?? []) {
        for (const peer of rule.from ?? []) {
          // A whole namespace is somebody else's, with policies of their own.
          if (peer.podSelector) ins.add(`${peerKey(peer)} -> ${self}:${rule.ports[0].port}`);
        }
      }
      for (const rule of spec.egress ?? []) {
        for (const peer of rule.to ?? []) {
          if (peer.podSelector) outs.add(`${self} -> ${peerKey(peer)}:${rule.ports[0].port}`);
        }
      }
    }
    expect([...outs].sort()).toEqual([...ins].sort());
    expect(outs.size).toBeGreaterThan(0);
  });

  test("namespaces enforce the restricted Pod Security Standard", () => {
    const namespaces = objectsOf(resources, "Namespace");
    expect(namespaces.length).toBeGreaterThanOrEqual(3);
    for (const { inputs } of namespaces) {
      expect(inputs.metadata.labels, inputs.metadata.name).toHaveProperty(
        ["pod-security.kubernetes.io/enforce"],
        inputs.metadata.name === "ai-gpu" ? "privileged" : "restricted",
      );
    }
  });

  test("no Service is open to the network but the gateway's", () => {
    const open = objectsOf(resources, "Service").filter(
      ({ inputs }) => (inputs.spec.type ?? "ClusterIP") !== "ClusterIP",
    );
    expect(open.map(({ name }) => name)).toEqual(["gateway"]);
  });

  test("configuration that pods mount is immutable and named by the engine, so that a change rolls them", () => {
    for (const kind of ["Secret", "ConfigMap"]) {
      // The autoscaler asks the API server for its priorities, by name; the adapter reads keys anew while it runs, and teams
      // find theirs by name.
      const named = [
        "cluster-autoscaler-priorities",
        "adapter-keys",
        "adapter-platform-team",
        "adapter-trial",
      ];
      const objects = objectsOf(resources, kind).filter(({ name }) => !named.includes(name));
      expect(objects.length).toBeGreaterThan(0);
      for (const { name, inputs } of objects) {
        expect(inputs.immutable, name).toBe(true);
        expect(inputs.metadata, name).not.toHaveProperty("name");
      }
    }
  });

  test("logs in AWS end some day, and are encrypted with a key of the environment", () => {
    const groups = resources.filter(({ type }) => type === "aws:cloudwatch/logGroup:LogGroup");
    expect(groups.length > 0).toBe(environment !== "local");
    for (const { name, inputs } of groups) {
      expect(inputs.retentionInDays, name).toBeGreaterThan(0);
      expect(inputs.kmsKeyId, name).toMatch(/-arn$/);
    }
  });
});
