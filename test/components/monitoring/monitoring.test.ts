import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { MetricRules } from "../../../planning/monitoring/metricRules.ts";
import type { PrometheusConfig } from "../../../planning/monitoring/scrapeConfig.ts";
import type { Rendered } from "../../support/render.ts";
import { renderStack } from "../../support/stacks.ts";
import { type Scaling, scalingFaults } from "./scalingFaults.ts";

const environments = ["staging", "prod"] as const;
const stacks = new Map<string, Rendered[]>();

beforeAll(async () => {
  for (const environment of environments) stacks.set(environment, await renderStack(environment));
}, 120_000);

const find = (resources: readonly Rendered[], kind: string, name: string) => {
  const found = resources.find((one) => one.type.endsWith(`:${kind}`) && one.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found.inputs;
};

function scalingOf(resources: readonly Rendered[]): Scaling {
  return {
    resources,
    config: parse(find(resources, "ConfigMap", "prometheus-settings").data["prometheus.yml"]),
    rules: parse(find(resources, "ConfigMap", "metrics-api-settings").data["config.yaml"]),
  };
}

describe.each(environments)("what scales in %s", (environment) => {
  const scaling = () => scalingOf(stacks.get(environment) ?? []);
  const faults = (change: Partial<Scaling>) => scalingFaults({ ...scaling(), ...change });

  test("a model and the adapter do, by metrics that are served by one rule and collected by one job each", () => {
    const scaled = scaling().resources.filter(({ type }) => type.endsWith(":HorizontalPodAutoscaler"));
    expect(scaled.map(({ name }) => name).sort()).toEqual(["adapter", "llama-3-1-8b"]);
    expect(faults({})).toEqual([]);
  });

  test.each<[string, (rules: MetricRules) => MetricRules["rules"], RegExp]>([
    ["gone", ({ rules }) => rules.slice(1), /vllm_requests_waiting: 0 rules/],
    ["there twice", ({ rules }) => [...rules, ...rules.slice(0, 1)], /vllm_requests_waiting: 2 rules/],
    [
      "of another series than it names",
      ({ rules }) => rules.map((rule) => ({ ...rule, seriesQuery: '{__name__="up",namespace!="",pod!=""}' })),
      /does not name what it asks for/,
    ],
    [
      "without the pods that are asked for",
      ({ rules }) => rules.map((rule) => ({ ...rule, metricsQuery: "sum(<<.Series>>)" })),
      /has no place for <<\.LabelMatchers>>/,
    ],
    [
      "by labels that no series has",
      ({ rules }) =>
        rules.map((rule) => ({ ...rule, resources: { overrides: { kubernetes_pod: { resource: "pod" } } } })),
      /label kubernetes_pod/,
    ],
  ])("a rule that is %s is found", (_, change, message) => {
    const { rules } = scaling();
    expect(faults({ rules: { rules: change(rules) } }).join("\n")).toMatch(message);
  });

  test.each<[string, (config: PrometheusConfig) => PrometheusConfig["scrape_configs"], RegExp]>([
    ["gone", (config) => config.scrape_configs.filter(({ job_name }) => job_name !== "vllm"), /0 jobs/],
    [
      "there twice",
      (config) => [
        ...config.scrape_configs,
        ...config.scrape_configs.map((job) => ({ ...job, job_name: "b" })),
      ],
      /2 jobs/,
    ],
    [
      "at a port that is closed",
      (config) => JSON.parse(JSON.stringify(config.scrape_configs).replaceAll("$1:8000", "$1:8765")),
      /llama-3-1-8b lets Prometheus in at 8000, not 8765/,
    ],
  ])("a job that is %s is found", (_, change, message) => {
    const { config } = scaling();
    expect(faults({ config: { ...config, scrape_configs: change(config) } }).join("\n")).toMatch(message);
  });

  test("Prometheus may see pods where it looks for them, and nowhere else", () => {
    const { config, resources } = scaling();
    const looked = config.scrape_configs.flatMap(
      ({ kubernetes_sd_configs }) =>
        kubernetes_sd_configs?.flatMap(({ namespaces }) => namespaces?.names ?? []) ?? [],
    );
    const allowed = resources
      .filter(({ inputs, type }) => type.endsWith(":RoleBinding") && inputs.subjects[0].name === "prometheus")
      .map(({ inputs }) => inputs.metadata.namespace);
    expect(allowed.sort()).toEqual([...new Set(looked)].sort());
    expect(find(resources, "ClusterRole", "prometheus-nodes").rules).toEqual([
      { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
    ]);
  });

  test("the API is called by the name in its certificate, which is all that it is trusted by", () => {
    const { resources } = scaling();
    const api = find(resources, "APIService", "metrics-api");
    const secret = find(resources, "Secret", "metrics-api-certificate");
    expect(api.metadata.name).toBe("v1beta1.custom.metrics.k8s.io");
    expect(api.spec).not.toHaveProperty("insecureSkipTLSVerify");
    expect(Buffer.from(api.spec.caBundle, "base64").toString()).toBe(secret.stringData["tls.crt"]);
    const { name, namespace } = api.spec.service;
    const certificate = new X509Certificate(secret.stringData["tls.crt"]);
    expect(certificate.checkHost(`${name}.${namespace}.svc`)).toBeDefined();
    expect(find(resources, "Service", "metrics-api").metadata.name).toBe(name);
  });

  test("Prometheus never has less memory than it asks for, and leaves room on its volume", () => {
    const { resources } = scaling();
    const set = find(resources, "StatefulSet", "prometheus").spec;
    const [container] = set.template.spec.containers;
    expect(container.resources.limits.memory).toBe(container.resources.requests.memory);
    const retention = container.args.find((arg: string) => arg.startsWith("--storage.tsdb.retention.size="));
    const volume = Number.parseInt(set.volumeClaimTemplates[0].spec.resources.requests.storage, 10);
    expect(Number.parseInt(retention.split("=")[1], 10)).toBe(Math.floor(volume * 1024 * 0.8));
    expect(set.replicas).toBe(environment === "prod" ? 2 : 1);
  });
});
