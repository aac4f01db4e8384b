import type { ServiceQuota } from "@aws-sdk/client-service-quotas";
import type { Outside, QuotaValue, UsageMetric } from "../outside.ts";
import { asked, type Connection, clientConfig, isCode, remembered } from "./clients.ts";
import { counters } from "./usage.ts";

/** How far back the newest count of what is in use may lie, milliseconds. CloudWatch gets one every few minutes. */
const recently = 3 * 3600 * 1000;

/** Limits by Service Quotas; what is in use by CloudWatch or, for what it doesn't count, by counting. */
export async function quotas(connection: Connection): Promise<Pick<Outside, "inUse" | "quota">> {
  const { GetAWSDefaultServiceQuotaCommand, paginateListServiceQuotas, ServiceQuotasClient } = await import(
    "@aws-sdk/client-service-quotas"
  );
  const { CloudWatchClient, GetMetricStatisticsCommand } = await import("@aws-sdk/client-cloudwatch");
  const clientIn = (region: string) =>
    new ServiceQuotasClient(clientConfig(connection, "servicequotas", region));

  // By service, because Service Quotas answers five questions about single ones a second.
  const applied = remembered((service: string, region: string) =>
    asked("servicequotas:ListServiceQuotas", async () => {
      const pages = paginateListServiceQuotas(
        { client: clientIn(region), pageSize: 100 },
        { ServiceCode: service },
      );
      const found = new Map<string, QuotaValue>();
      for await (const { Quotas = [] } of pages) {
        for (const each of Quotas) found.set(each.QuotaCode ?? "", quotaValue(each));
      }
      return found;
    }),
  );
  const counted = await counters(connection);

  return {
    quota: async (service, code, region) => {
      const own = (await applied(service, region)).get(code);
      if (own !== undefined) return own;
      // One that was never raised may have no value of its own.
      return asked("servicequotas:GetAWSDefaultServiceQuota", async () => {
        try {
          const { Quota } = await clientIn(region).send(
            new GetAWSDefaultServiceQuotaCommand({ ServiceCode: service, QuotaCode: code }),
          );
          return Quota && quotaValue(Quota);
        } catch (error) {
          if (isCode(error, "NoSuchResourceException")) return undefined;
          throw error;
        }
      });
    },
    inUse: async (code, { metric }, region) => {
      const measured =
        metric &&
        (await asked("cloudwatch:GetMetricStatistics", () =>
          new CloudWatchClient(clientConfig(connection, "cloudwatch", region)).send(
            new GetMetricStatisticsCommand({
              ...statisticsOf(metric),
              StartTime: new Date(Date.now() - recently),
              EndTime: new Date(),
              Period: 300,
            }),
          ),
        ));
      const newest = [...(measured?.Datapoints ?? [])]
        .sort((one, other) => (one.Timestamp?.getTime() ?? 0) - (other.Timestamp?.getTime() ?? 0))
        .at(-1);
      return newest?.Maximum ?? newest?.Sum ?? (await counted.get(code)?.());
    },
  };
}

function statisticsOf({ dimensions, name, namespace, statistic }: UsageMetric) {
  return {
    Namespace: namespace,
    MetricName: name,
    Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    Statistics: [statistic === "Sum" ? ("Sum" as const) : ("Maximum" as const)],
  };
}

function quotaValue({ UsageMetric: metric, Value = 0 }: ServiceQuota): QuotaValue {
  if (metric?.MetricName === undefined) return { limit: Value, metric: undefined };
  return {
    limit: Value,
    metric: {
      namespace: metric.MetricNamespace ?? "AWS/Usage",
      name: metric.MetricName,
      dimensions: metric.MetricDimensions ?? {},
      statistic: metric.MetricStatisticRecommendation ?? "Maximum",
    },
  };
}
