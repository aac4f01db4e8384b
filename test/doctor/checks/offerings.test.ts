import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { candidateSets, judgeOfferings } from "../../../doctor/checks/offerings.ts";
import { propertyRuns, propertyTimeout } from "../../support/properties.ts";

const zones = ["us-east-1a", "us-east-1b"];
const judge = (types: readonly string[], offered: Readonly<Record<string, readonly string[]>>) =>
  judgeOfferings({ types, zones }, new Map(Object.entries(offered)), "stacks/prod.ts");

describe("instance types", () => {
  test.each([
    ["everywhere", { "g6.xlarge": zones }, "ok", "g6.xlarge: offered in us-east-1a, us-east-1b", []],
    [
      "in one zone of two",
      { "g6.xlarge": ["us-east-1a", "us-east-1f"] },
      "failed",
      "not offered in us-east-1b, for which EKS refuses the whole node group",
      ["Name zones in network.zones of stacks/prod.ts that offer it: us-east-1a, us-east-1f"],
    ],
    [
      "in other zones only",
      { "g6.xlarge": ["us-east-1f"] },
      "failed",
      "not offered in us-east-1a, us-east-1b",
      ["Name zones in network.zones of stacks/prod.ts that offer it: us-east-1f"],
    ],
    [
      "nowhere",
      {},
      "failed",
      "not offered in us-east-1a, us-east-1b",
      ["Leave its family out of capacity.families of stacks/prod.ts, or its GPU out of capacity.gpus"],
    ],
  ] as const)("offered %s", (_, offered, status, says, remedy) => {
    const verdict = judge(["g6.xlarge"], offered);
    expect(verdict).toMatchObject({ status, remedy });
    expect(verdict.says).toContain(says);
  });

  test("stand in for each other zone by zone", () => {
    const verdict = judge(["g6.xlarge", "g6.2xlarge"], {
      "g6.xlarge": ["us-east-1a"],
      "g6.2xlarge": ["us-east-1b"],
    });
    expect(verdict).toMatchObject({ status: "ok" });
    expect(verdict.says).toContain("at least one is offered in each of");
  });

  test("that aren't offered at all are told, though others are", () => {
    const verdict = judge(["g6.xlarge", "g6.2xlarge"], { "g6.xlarge": zones });
    expect(verdict).toMatchObject({
      status: "warning",
      says: "g6.2xlarge: not offered; g6.xlarge is",
      remedy: [],
    });
  });
});

test(
  "fail when a zone could start none",
  () => {
    const names = ["a.large", "b.large", "c.large"];
    fc.assert(
      fc.property(
        fc.subarray(names, { minLength: 1 }),
        fc.dictionary(fc.constantFrom(...names), fc.subarray([...zones, "us-east-1f"])),
        (types, offered) => {
          const startsIn = zones.filter((zone) => types.some((type) => offered[type]?.includes(zone)));
          const { status } = judge(types, offered);
          expect(status === "failed").toBe(startsIn.length < zones.length);
        },
      ),
      { numRuns: propertyRuns(300) },
    );
  },
  propertyTimeout,
);

test("groups with the same types and zones are asked about once, and a block by its launch template", () => {
  const group = (name: string, instanceTypes: readonly string[], instanceType?: string) => ({
    name,
    instanceTypes,
    launchTemplate: { instanceType },
    zones,
  });
  expect(
    candidateSets([
      group("gpu-spot", ["g6.xlarge"]),
      group("gpu-on-demand", ["g6.xlarge"]),
      group("gpu-block", [], "p5.48xlarge"),
    ]),
  ).toEqual([
    { groups: ["gpu-spot", "gpu-on-demand"], types: ["g6.xlarge"], zones },
    { groups: ["gpu-block"], types: ["p5.48xlarge"], zones },
  ]);
});
