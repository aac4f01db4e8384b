import type { MetricRules } from "../../../planning/monitoring/metricRules.ts";
import type { PrometheusConfig, ScrapeConfig } from "../../../planning/monitoring/scrapeConfig.ts";
import type { Rendered } from "../../support/render.ts";

/** All that has to fit together before something scales. */
export interface Scaling {
  readonly resources: readonly Rendered[];
  readonly config: PrometheusConfig;
  readonly rules: MetricRules;
}

/** Why autoscalers would not get the metrics that they ask for; empty where they would. */
export function scalingFaults({ config, resources, rules }: Scaling): string[] {
  const autoscalers = resources.filter(({ type }) => type.endsWith(":HorizontalPodAutoscaler"));
  return autoscalers.flatMap(({ inputs }) => {
    const { namespace } = inputs.metadata;
    const app: string = inputs.spec.scaleTargetRef.name;
    const names: string[] = inputs.spec.metrics.map(
      (metric: { pods: { metric: { name: string } } }) => metric.pods.metric.name,
    );
    const jobs = config.scrape_configs.filter((job) => finds(job, namespace, app));
    const [job] = jobs;
    return [
      ...names.flatMap((name) => ruleFaults(name, rules, job)),
      ...(jobs.length === 1 ? [] : [`${app}: ${jobs.length} jobs ask its pods`]),
      ...(job === undefined ? [] : portFaults(app, namespace, job, resources)),
    ];
  });
}

function ruleFaults(name: string, { rules }: MetricRules, job: ScrapeConfig | undefined): string[] {
  const serving = rules.filter((rule) => {
    const series = seriesOf(rule);
    const matches = new RegExp(rule.name.matches);
    return rule.name.as === name || (matches.test(series) && series.replace(matches, rule.name.as) === name);
  });
  const [rule] = serving;
  if (rule === undefined || serving.length > 1) return [`${name}: ${serving.length} rules serve it`];
  const labels = new Set(job?.relabel_configs?.map(({ target_label }) => target_label));
  return [
    ...(new RegExp(rule.name.matches).test(seriesOf(rule))
      ? []
      : [`${name}: its rule does not name what it asks for`]),
    ...["<<.Series>>", "<<.LabelMatchers>>", "<<.GroupBy>>"]
      .filter((place) => !rule.metricsQuery.includes(place))
      .map((place) => `${name}: its query has no place for ${place}`),
    ...Object.keys(rule.resources.overrides)
      .filter((label) => !labels.has(label))
      .map((label) => `${name}: no series has the label ${label}`),
  ];
}

const seriesOf = ({ seriesQuery }: MetricRules["rules"][number]) =>
  /__name__="([^"]+)"/.exec(seriesQuery)?.[1] ?? "";

/** Whether a job's discovery comes to the pods of a workload. */
function finds({ kubernetes_sd_configs = [] }: ScrapeConfig, namespace: string, app: string): boolean {
  return kubernetes_sd_configs.some(
    ({ namespaces, selectors = [] }) =>
      namespaces?.names.includes(namespace) &&
      selectors.every(({ label }) => /\((.*)\)/.exec(label)?.[1]?.split(",").includes(app)),
  );
}

/** Prometheus must be let out, and in at the other side, on the port that it asks. */
function portFaults(
  app: string,
  namespace: string,
  job: ScrapeConfig,
  resources: readonly Rendered[],
): string[] {
  const address = job.relabel_configs?.find(({ target_label }) => target_label === "__address__");
  const port = Number(address?.replacement?.split(":")[1]);
  const policy = (of: string, where: string) =>
    resources.find(
      ({ inputs, type }) =>
        type.endsWith(":NetworkPolicy") && inputs.metadata.name === of && inputs.metadata.namespace === where,
    )?.inputs.spec;
  const opened = (rules: Rule[], side: "from" | "to", other: string) =>
    rules
      .filter((rule) =>
        (rule[side] ?? []).some(
          ({ podSelector }) => Object.values(podSelector?.matchLabels ?? {})[0] === other,
        ),
      )
      .flatMap(({ ports = [] }) => ports.map((each) => each.port));
  const inside = opened(policy(app, namespace).ingress, "from", "prometheus");
  const outside = opened(policy("prometheus", "ai-monitoring").egress, "to", app);
  return [
    ...(inside.includes(port) ? [] : [`${app} lets Prometheus in at ${inside.join(", ")}, not ${port}`]),
    ...(outside.includes(port) ? [] : [`Prometheus may go to ${app} at ${outside.join(", ")}, not ${port}`]),
  ];
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port: number }[];
}
interface Peer {
  readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
}
