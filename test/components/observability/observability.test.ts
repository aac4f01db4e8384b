import { describe, expect, test } from "vitest";
import { Alarms } from "../../../components/observability/alarms.ts";
import { Notifications } from "../../../components/observability/notifications.ts";
import { planDatabase } from "../../../planning/data/database.ts";
import {
  databaseAlarms,
  loadBalancerAlarms,
  natGatewayAlarms,
} from "../../../planning/observability/alarms.ts";
import { planObservability } from "../../../planning/observability/observability.ts";
import { tagsFor } from "../../../planning/ownership.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";
import { awsSpec } from "../../support/foundation.ts";
import { find, render } from "../../support/render.ts";

const notifications = (overrides: Partial<AwsPlatformInput> = {}) => {
  const spec = awsSpec("prod", overrides);
  return render(
    () =>
      new Notifications("alarms", {
        plan: planObservability(spec),
        region: "us-east-1",
        tags: tagsFor(spec, "others"),
      }),
  );
};

describe("notifications", () => {
  test("go through a topic that AWS's services may use for this account only, encrypted with a key that they have", async () => {
    const resources = await notifications();
    expect(find(resources, "Topic", "alarms").inputs).toMatchObject({
      name: "ai-platform-prod-alarms",
      kmsMasterKeyId: "alarms-arn",
    });
    const services = ["budgets", "cloudwatch", "costalerts"].map((name) => `${name}.amazonaws.com`);
    const { Statement } = JSON.parse(find(resources, "TopicPolicy", "alarms").inputs.policy);
    expect(Statement.map(({ Principal }: { Principal: { Service: string } }) => Principal.Service)).toEqual(
      services,
    );
    for (const statement of Statement) {
      expect(statement).toMatchObject({
        Effect: "Allow",
        Action: ["sns:Publish"],
        Resource: ["alarms-arn"],
        Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } },
      });
    }
    const key = JSON.parse(find(resources, "Key", "alarms").inputs.policy).Statement;
    expect(key.at(-1)).toMatchObject({
      Principal: { Service: services },
      Action: expect.arrayContaining(["kms:Decrypt", "kms:GenerateDataKey"]),
    });
  });

  test("go to the address that the spec names, and to none that it doesn't", async () => {
    const subscriptions = async (overrides: Partial<AwsPlatformInput>) =>
      (await notifications(overrides))
        .filter(({ type }) => type.endsWith(":TopicSubscription"))
        .map(({ inputs }) => [inputs.protocol, inputs.endpoint]);
    expect(await subscriptions({ observability: { alarmEmail: "ml@example.com" } })).toEqual([
      ["email", "ml@example.com"],
    ]);
    expect(await subscriptions({})).toEqual([]);
  });

  test("come at each share of the budget that was spent, and at a forecast beyond it, for this environment only", async () => {
    const resources = await notifications({ budget: { usdPerMonth: 60_000, alertAtPercent: [50, 80, 100] } });
    const budget = find(resources, "Budget", "alarms").inputs;
    expect(budget).toMatchObject({ limitAmount: "60000", limitUnit: "USD", timeUnit: "MONTHLY" });
    expect(
      budget.notifications.map((n: Record<string, unknown>) => [n.notificationType, n.threshold]),
    ).toEqual([
      ["ACTUAL", 50],
      ["ACTUAL", 80],
      ["ACTUAL", 100],
      ["FORECASTED", 100],
    ]);
    for (const { subscriberSnsTopicArns } of budget.notifications) {
      expect(subscriberSnsTopicArns).toEqual(["alarms-arn"]);
    }
    expect(budget.filterExpression.ands).toEqual([
      { tags: { key: "Environment", values: ["prod"] } },
      { tags: { key: "Project", values: ["ai-platform"] } },
    ]);
  });

  test("come for anomalies of 2% of the budget: $1,200 of 60,000, $20 of 500, $100 without one", async () => {
    const budgets = [{ budget: { usdPerMonth: 60_000 } }, { budget: { usdPerMonth: 500 } }, {}];
    const least = await Promise.all(
      budgets.map((overrides) => planObservability(awsSpec("prod", overrides)).anomalies.atLeastUsd),
    );
    expect(least).toEqual([1200, 20, 100]);
    const resources = await notifications();
    expect(find(resources, "AnomalySubscription", "alarms").inputs).toMatchObject({
      monitorArnLists: ["alarms-arn"],
      frequency: "IMMEDIATE",
      subscribers: [{ type: "SNS", address: "alarms-arn" }],
      thresholdExpression: { dimension: { values: ["100"] } },
    });
    expect(resources.filter(({ type }) => type.endsWith(":Budget"))).toEqual([]);
  });
});

describe("alarms", () => {
  const database = databaseAlarms(planDatabase(awsSpec("prod"), { vectorsGiB: 0, vectorsMiB: 0 }));
  const every = [...database, ...natGatewayAlarms, ...loadBalancerAlarms];

  test("say what to do, in no more than CloudWatch's 1,024 characters", () => {
    for (const { description, what } of every) {
      expect(description.length, what).toBeLessThanOrEqual(1024);
      expect(description.split(". ").length, what).toBeGreaterThanOrEqual(2);
    }
  });

  test("of db.m7g.large: 2 GiB of 20 free, 720 of its 901 connections, 5% of 8 GiB", () => {
    const thresholds = database.map(({ metric, threshold }) => [metric, threshold]);
    expect(thresholds).toEqual([
      ["FreeStorageSpace", 2 * 2 ** 30],
      ["CPUUtilization", 90],
      ["DatabaseConnections", 720],
      ["FreeableMemory", 429_496_729],
    ]);
  });

  test("tell the topic when something is wrong, and when it is well again", async () => {
    const resources = await render(
      () =>
        new Alarms("postgres", {
          plans: database,
          prefix: "ai-platform-prod-postgres",
          dimensions: { DBInstanceIdentifier: "ai-platform-prod-postgres" },
          topicArn: "topic",
          tags: tagsFor(awsSpec("prod"), "others"),
        }),
    );
    expect(resources).toHaveLength(4);
    for (const { inputs } of resources) {
      expect(inputs).toMatchObject({
        alarmActions: ["topic"],
        okActions: ["topic"],
        dimensions: { DBInstanceIdentifier: "ai-platform-prod-postgres" },
        tags: { Component: "others", Project: "ai-platform" },
      });
    }
    expect(find(resources, "MetricAlarm", "postgres-disk-almost-full").inputs).toMatchObject({
      name: "ai-platform-prod-postgres: disk almost full",
      comparisonOperator: "LessThanThreshold",
      treatMissingData: "breaching",
      period: 300,
      evaluationPeriods: 2,
    });
  });
});
