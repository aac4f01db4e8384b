import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeQuota, type QuotaAnswer } from "../../../doctor/checks/quotas.ts";
import { propertyRuns, propertyTimeout } from "../../support/properties.ts";

const need = { name: "Running On-Demand G and VT instances", unit: " vCPU", planned: 24, largest: 32 };
const raise = (desired: number) => `raise to ${desired}`;
const limited = (limit: number, rest: Partial<QuotaAnswer> = {}): QuotaAnswer => ({
  value: { limit, metric: undefined },
  inUse: undefined,
  unknown: undefined,
  up: false,
  ...rest,
});

describe("a quota", () => {
  test.each([
    ["of a new account", limited(0), "failed", ": 0 vCPU; 24 needed", ["raise to 32"]],
    ["that is one short", limited(23), "failed", ": 23 vCPU; 24 needed", ["raise to 32"]],
    ["that holds what is planned", limited(24), "warning", "not for 32 at its largest", ["raise to 32"]],
    ["that holds the largest", limited(32), "ok", ": 32 vCPU; 24 needed", []],
    ["with others in it", limited(40, { inUse: 20 }), "failed", "40 vCPU, 20 in use", ["raise to 52"]],
    ["with room beside others", limited(52, { inUse: 20 }), "ok", "52 vCPU, 20 in use", []],
    ["with fractions in use", limited(40, { inUse: 19.5 }), "failed", "19.5 in use", ["raise to 52"]],
    [
      "with the environment itself in it",
      limited(32, { inUse: 32, up: true }),
      "ok",
      "32 in use with this environment's own",
      [],
    ],
    ["that AWS doesn't know", { ...limited(0), value: undefined }, "warning", "doesn't know it", []],
  ] as const)("%s", (_, answer, status, says, remedy) => {
    const verdict = judgeQuota(need, answer, raise);
    expect(verdict).toMatchObject({ status, remedy });
    expect(verdict.says).toContain(says);
  });

  test("that only a fallback takes of is a warning", () => {
    const verdict = judgeQuota({ ...need, planned: 0 }, limited(0), raise);
    expect(verdict.status).toBe("warning");
    expect(verdict.says).toContain("none needed, but 32 to fall back to");
  });
});

describe("what can't be asked of a quota's use", () => {
  const unknown = { kind: "denied", action: "cloudwatch:GetMetricStatistics", explicit: false } as const;
  test("hides no limit that is too low", () => {
    expect(judgeQuota(need, limited(23, { unknown }), raise)).toMatchObject({
      status: "failed",
      remedy: ["raise to 32"],
    });
  });
  test("is told where the limit would do", () => {
    const verdict = judgeQuota(need, limited(32, { unknown }), raise);
    expect(verdict.status).toBe("warning");
    expect(verdict.says).toMatch(
      /what is in use isn't known: cloudwatch:GetMetricStatistics is not allowed$/,
    );
  });
});

const anyNeed = fc
  .record({ planned: fc.nat(500), more: fc.nat(500) })
  .map(({ more, planned }) => ({ ...need, planned, largest: planned + more }));
const anyAnswer = fc.record({
  limit: fc.nat(1000),
  inUse: fc.option(fc.nat(1000), { nil: undefined }),
  up: fc.boolean(),
});
const rank = { failed: 0, warning: 1, ok: 2 };

test(
  "what is asked of AWS is enough, and one less is not",
  () => {
    fc.assert(
      fc.property(anyNeed, anyAnswer, (wanted, { limit, ...rest }) => {
        const { remedy, status } = judgeQuota(wanted, limited(limit, rest), String);
        if (status === "ok") return;
        const desired = Number(remedy[0]);
        expect(desired).toBeGreaterThan(limit);
        expect(judgeQuota(wanted, limited(desired, rest), String).status).toBe("ok");
        expect(judgeQuota(wanted, limited(desired - 1, rest), String).status).not.toBe("ok");
      }),
      { numRuns: propertyRuns(300) },
    );
  },
  propertyTimeout,
);

test(
  "a higher limit, or less in use, never makes it worse",
  () => {
    fc.assert(
      fc.property(anyNeed, anyAnswer, fc.nat(100), (wanted, { inUse, limit, up }, more) => {
        const before = rank[judgeQuota(wanted, limited(limit, { inUse, up }), raise).status];
        const higher = judgeQuota(wanted, limited(limit + more, { inUse, up }), raise);
        const emptier = judgeQuota(
          wanted,
          limited(limit, { inUse: inUse === undefined ? undefined : Math.max(0, inUse - more), up }),
          raise,
        );
        expect(rank[higher.status]).toBeGreaterThanOrEqual(before);
        expect(rank[emptier.status]).toBeGreaterThanOrEqual(before);
      }),
      { numRuns: propertyRuns(300) },
    );
  },
  propertyTimeout,
);
