import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { Alarms } from "../../../components/observability/alarms.ts";
import { Notifications } from "../../../components/observability/notifications.ts";
import { Observability } from "../../../components/observability/observability.ts";
import { planDatabase } from "../../../planning/data/database.ts";
import { databaseAlarms } from "../../../planning/observability/alarms.ts";
import { planObservability } from "../../../planning/observability/observability.ts";
import { tagsFor } from "../../../planning/ownership.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";
import { watchable } from "../../support/edge.ts";
import { awsSpec } from "../../support/foundation.ts";
import { find, render } from "../../support/render.ts";

const notifications = (overrides: Partial<AwsPlatformInput> = {}) => {
  const spec = awsSpec("prod", overrides);
  return render(
    () =>
      new Notifications("alarms", {
        plan: planObservability(spec, watchable("prod")),
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
    expect(budget).toMatchObject({
      limitAmount: "60000",
      limitUnit: "USD",
      timeUnit: "MONTHLY",
      metrics: "UnblendedCost",
    });
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
      budgets.map(
        (overrides) => planObservability(awsSpec("prod", overrides), watchable("prod")).anomalies.atLeastUsd,
      ),
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

  test("of a resource without one of the dimensions are refused: CloudWatch would never have a value for them", async () => {
    const program = () => {
      const dimensions = { DBClusterIdentifier: "main" };
      const args = {
        plans: database,
        prefix: "ai-platform-prod-postgres",
        dimensions,
        topicArn: "topic",
        tags: {},
      };
      expect(() => new Alarms("postgres", args)).toThrow(
        "ai-platform-prod-postgres is watched by DBInstanceIdentifier",
      );
    };
    expect(await render(program)).toEqual([]);
  });
});

test("everything that is planned to be watched is, each as CloudWatch knows it", async () => {
  const spec = awsSpec("prod");
  const balancer = { LoadBalancer: pulumi.output("net/edge/1"), TargetGroup: pulumi.output("targets/2") };
  const resources = await render(
    () =>
      new Observability("observability", {
        plan: planObservability(
          spec,
          watchable("prod", { database: planDatabase(spec, { vectorsGiB: 0, vectorsMiB: 0 }) }),
        ),
        region: "us-east-1",
        tags: tagsFor(spec, "others"),
        edge: { dimensions: balancer },
        foundation: {
          clusterName: pulumi.output("main"),
          autoscalingGroups: (names) => new Map(names.map((name) => [name, pulumi.output(`eks-${name}`)])),
          network: {
            natGatewayIds: new Map(
              ["a", "b", "c"].map((zone) => [`public-${zone}`, pulumi.output(`nat-${zone}`)]),
            ),
          },
        },
      }),
  );
  const dimensions = (name: string) => find(resources, "MetricAlarm", name).inputs.dimensions;
  expect(dimensions("load-balancer-no-healthy-node")).toEqual({
    LoadBalancer: "net/edge/1",
    TargetGroup: "targets/2",
  });
  expect(dimensions("load-balancer-connections-refused")).toEqual({ LoadBalancer: "net/edge/1" });
  expect(dimensions("postgres-CPU-busy")).toEqual({ DBInstanceIdentifier: "ai-platform-prod-postgres" });
  expect(dimensions("cluster-pods-without-a-node")).toEqual({ ClusterName: "main" });
  expect(dimensions("cpu-at-its-maximum")).toEqual({ AutoScalingGroupName: "eks-cpu" });
  expect(dimensions("nat-public-c-out-of-ports")).toEqual({ NatGatewayId: "nat-c" });
  const alarms = resources.filter(({ type }) => type.endsWith(":MetricAlarm"));
  expect(new Set(alarms.map(({ inputs }) => inputs.name)).size).toBe(alarms.length);
  expect(new Set(alarms.map(({ inputs }) => inputs.alarmActions[0]))).toEqual(new Set(["alarms-arn"]));
});
