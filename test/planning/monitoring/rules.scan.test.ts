import { execa } from "execa";
import { beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type MetricRules, metricRules } from "../../../planning/monitoring/metricRules.ts";
import { podMetrics } from "../../../planning/serving/scalingMetrics.ts";
import { silent } from "../../../sandbox/lib/progress.ts";
import { buildGo } from "../../../sandbox/toolchain/go.ts";

/** What prometheus-adapter's own code makes of its configuration: the pinned release, built from its module. */
let program: string;

beforeAll(async () => {
  program = await buildGo(
    { name: "read-metric-rules", moduleDir: "test/support/prometheusAdapter", package: "." },
    silent,
  );
}, 60 * 60_000);

async function served(rules: MetricRules): Promise<Record<string, string>> {
  const { stdout } = await execa(program, { input: stringify(rules, { aliasDuplicateObjects: false }) });
  const all: { readonly metric: string; readonly query: string }[] = JSON.parse(stdout);
  return Object.fromEntries(all.map(({ metric, query }) => [metric, query]));
}

describe("prometheus-adapter", () => {
  test("serves each metric under its name, and asks Prometheus for the pods that are meant, each by itself", async () => {
    const all = await served(metricRules(podMetrics));
    expect(Object.keys(all)).toEqual(podMetrics.map(({ name }) => name));
    expect(all).toMatchObject({
      vllm_requests_waiting: 'sum(vllm:num_requests_waiting{namespace="ai-models",pod=~"a|b"}) by (pod)',
      vllm_queue_seconds_p95:
        'histogram_quantile(0.95, sum(rate(vllm:request_queue_time_seconds_bucket{namespace="ai-models",pod=~"a|b"}[2m])) by (le, pod))',
      adapter_requests_in_flight:
        'sum(adapter_in_flight_requests{namespace="ai-models",pod=~"a|b"}) by (pod)',
    });
  });

  test("refuses a query that is no template, and serves nothing by a pattern that its series doesn't match", async () => {
    const [rule] = metricRules(podMetrics).rules;
    if (rule === undefined) throw new Error("there is a rule");
    await expect(served({ rules: [{ ...rule, metricsQuery: "sum(<<.Series>" }] })).rejects.toThrow(
      "unable to construct metrics query",
    );
    expect(await served({ rules: [{ ...rule, name: { ...rule.name, matches: "^other$" } }] })).toEqual({});
  });
});
