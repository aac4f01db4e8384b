import { describe, expect, test } from "vitest";
import { planDatabase } from "../../../planning/data/database.ts";
import { observabilityPrices, observabilityWarnings } from "../../../planning/observability/observability.ts";
import { planWatched } from "../../../planning/observability/watched.ts";
import { watchable } from "../../support/edge.ts";
import { awsSpec } from "../../support/foundation.ts";

const spec = awsSpec("prod");
const database = planDatabase(spec, { vectorsGiB: 0, vectorsMiB: 0 });
const watched = planWatched(spec, watchable("prod", { database }));
const named = (name: string) => watched.filter((one) => one.name === name);

describe("what pages someone", () => {
  test("says what to do, in no more than CloudWatch's 1,024 characters", () => {
    for (const { alarms, prefix } of watched) {
      for (const { description, what } of alarms) {
        expect(description.length, `${prefix}: ${what}`).toBeLessThanOrEqual(1024);
        expect(description.split(". ").length, `${prefix}: ${what}`).toBeGreaterThanOrEqual(2);
      }
    }
  });

  test("has a name and a resource of its own", () => {
    expect(new Set(watched.map(({ prefix }) => prefix)).size).toBe(watched.length);
    expect(new Set(watched.map(({ resource }) => JSON.stringify(resource))).size).toBe(watched.length);
  });

  test("is each NAT gateway: one per zone in prod, one in dev", () => {
    const gateways = (environment: "dev" | "prod") =>
      planWatched(awsSpec(environment), watchable(environment)).flatMap(({ resource }) =>
        resource.kind === "nat-gateway" ? [resource.subnet] : [],
      );
    expect(gateways("prod")).toEqual(["public-a", "public-b", "public-c"]);
    expect(gateways("dev")).toEqual(["public-a"]);
  });

  test("is a node group with all the nodes that it may have, but for those that are planned so", () => {
    const [cpu] = named("cpu").flatMap(({ alarms }) => alarms);
    // 1 node planned, at most 3: above 2 is 3.
    expect(cpu).toMatchObject({
      metric: "GroupDesiredCapacity",
      comparison: "GreaterThanThreshold",
      statistic: "Minimum",
      threshold: 2,
    });
    expect(cpu?.description).toContain("cpu has had all of its 3 nodes");
    // All 3 nodes of `full` are planned. GPUs that are reserved start at their least, in prod at what is planned.
    expect(named("full")).toEqual([]);
    expect(named("gpu-a100")).toEqual([]);
  });

  test("is the database by the name that the plan gives it, where RDS runs one", () => {
    expect(named("postgres")).toEqual([
      expect.objectContaining({
        prefix: "ai-platform-prod-postgres",
        resource: { kind: "database", identifier: database.identifier },
      }),
    ]);
    expect(planWatched(spec, watchable("prod")).map(({ name }) => name)).not.toContain("postgres");
  });

  test("is the load balancer, where there is one", () => {
    expect(named("load-balancer").flatMap(({ alarms }) => alarms.map(({ what }) => what))).toEqual([
      "no healthy node",
      "unhealthy node",
      "connections refused",
    ]);
    const without = planWatched(spec, watchable("prod", { balanced: false }));
    expect(without.map(({ name }) => name)).not.toContain("load-balancer");
  });
});

test("each alarm is paid, and one key", () => {
  const alarms = watched.flatMap((one) => one.alarms);
  expect(observabilityPrices({ watched })).toEqual({ kmsKey: 1, cloudWatchAlarm: alarms.length });
});

test("an environment that users depend on warns when nobody is told; others don't", () => {
  expect(observabilityWarnings(spec)).toEqual([expect.stringContaining("observability.alarmEmail")]);
  expect(observabilityWarnings(awsSpec("prod", { observability: { alarmEmail: "ml@example.com" } }))).toEqual(
    [],
  );
  expect(observabilityWarnings(awsSpec("dev"))).toEqual([]);
});
