import { expect, test } from "vitest";
import { Data } from "../../components/data/data.ts";
import { Database } from "../../components/data/database.ts";
import { Edge } from "../../components/edge/edge.ts";
import { Alarms } from "../../components/observability/alarms.ts";
import { Notifications } from "../../components/observability/notifications.ts";
import { planData } from "../../planning/data/data.ts";
import { planDatabase } from "../../planning/data/database.ts";
import { loadBalancerAlarms } from "../../planning/observability/alarms.ts";
import { planObservability } from "../../planning/observability/observability.ts";
import { tagsByComponent } from "../../planning/ownership.ts";
import { awsRequiredTags } from "../../policy/rules/awsRequiredTags.ts";
import { edgeOf, hostedZone, watchable } from "../support/edge.ts";
import { awsSpec } from "../support/foundation.ts";
import { judge } from "../support/policy.ts";
import { render } from "../support/render.ts";

const spec = awsSpec("prod", {
  budget: { usdPerMonth: 1000 },
  gateway: { host: "ai.example.com", hostedZone },
  observability: { alarmEmail: "ml@example.com" },
});
const tags = tagsByComponent(spec);
const region = spec.cloud.region;

function everything() {
  new Data("data", { plan: planData(spec), region, tags, protectState: true });
  new Database("postgres", {
    plan: planDatabase(spec, { vectorsGiB: 0, vectorsMiB: 0 }),
    vpcId: "vpc",
    subnetIds: ["intra-a", "intra-b"],
    clientsSecurityGroupId: "cluster",
    keyArn: "key",
    tags: tags.database,
    protectState: true,
  });
  const { topicArn } = new Notifications("alarms", {
    plan: planObservability(spec, watchable("prod")),
    region,
    tags: tags.others,
  });
  const { dimensions } = new Edge("edge", {
    plan: edgeOf(spec),
    vpcId: "vpc",
    subnetIds: ["public-a"],
    nodesSecurityGroupId: "nodes",
    autoscalingGroups: new Map([["system", "eks-system"]]),
    accessLogsBucket: "logs",
    tags: tags.network,
    protectState: true,
  });
  new Alarms("edge", { plans: loadBalancerAlarms, prefix: "edge", dimensions, topicArn, tags: tags.others });
}

test("data, edge and alarms: everything that AWS can tag says whose it is and what part of the bill it is on", async () => {
  const resources = await render(everything);
  expect(resources.length).toBeGreaterThan(70);
  const violations = await Promise.all(
    resources.map(async (resource) =>
      (await judge(awsRequiredTags, resource)).map(
        (problem) => `${resource.type} ${resource.name} ${problem}`,
      ),
    ),
  );
  expect(violations.flat()).toEqual([]);
  const tagged = resources.filter(({ inputs }) => inputs.tags !== undefined);
  expect(tagged.filter(({ inputs }) => inputs.tags.Component === undefined)).toEqual([]);
});
