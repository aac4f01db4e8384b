import { describe, expect, test } from "vitest";
import { judgeReservation, type Reserved } from "../../../doctor/checks/reservations.ts";
import type { Reservation } from "../../../doctor/outside.ts";

const now = new Date("2027-01-10T00:00:00Z");
const context = { up: false, now, source: "stacks/prod.ts", region: "us-east-1" };
const wanted: Reserved = {
  list: "reservations",
  id: "cr-0123456789abcdef0",
  instanceType: "p4d.24xlarge",
  count: 2,
  zone: "us-east-1a",
  endsAt: undefined,
};
const found: Reservation = {
  state: "active",
  capacityBlock: false,
  instanceType: "p4d.24xlarge",
  zone: "us-east-1a",
  total: 2,
  available: 2,
  startsAt: undefined,
  endsAt: undefined,
  platform: "Linux/UNIX",
  tenancy: "default",
};
const endsAt = "2027-01-31T11:30:00.000Z";
const block = {
  wanted: { ...wanted, list: "capacityBlocks", endsAt: "2027-01-31T12:30:00+01:00" } as const,
  found: { ...found, capacityBlock: true, endsAt },
};

describe("a reservation", () => {
  test("as described is ok", () => {
    expect(judgeReservation(wanted, found, context)).toEqual({
      status: "ok",
      says: "2 of 2 x p4d.24xlarge free in us-east-1a",
      remedy: [],
    });
  });

  test.each([
    ["that isn't there", undefined, "the account has no such reservation in us-east-1"],
    ["that has expired", { state: "expired" }, "is expired"],
    ["of another type", { instanceType: "p5.48xlarge" }, "holds p5.48xlarge, not p4d.24xlarge"],
    ["in another zone", { zone: "us-east-1b" }, "is in us-east-1b, not us-east-1a"],
    ["that is too small", { total: 1, available: 1 }, "holds 1 instances, not 2"],
    ["that others use", { available: 1 }, "has 1 of 2 instances free, not 2"],
    ["of another tenancy", { tenancy: "dedicated" }, "has dedicated tenancy"],
    ["for another system", { platform: "Windows" }, "is for Windows"],
    ["that is a block", { capacityBlock: true }, "is a capacity block: list it in capacity.capacityBlocks"],
    ["that has ended", { endsAt: "2027-01-09T00:00:00Z" }, "ended 2027-01-09"],
    ["for the future", { state: "scheduled" }, "is scheduled"],
  ])("%s fails", (_, change, says) => {
    const verdict = judgeReservation(wanted, change && { ...found, ...change }, context);
    expect(verdict.status).toBe("failed");
    expect(verdict.says).toContain(says);
    expect(verdict.remedy).toEqual([
      "Correct capacity.reservations of stacks/prod.ts, or reserve what it says",
    ]);
  });

  test("with several faults tells all of them", () => {
    const { says } = judgeReservation(
      wanted,
      { ...found, zone: "us-east-1b", state: "cancelled", total: 0 },
      context,
    );
    expect(says).toBe("is cancelled; is in us-east-1b, not us-east-1a; holds 0 instances, not 2");
  });

  test("that the environment itself runs in is ok", () => {
    const verdict = judgeReservation(wanted, { ...found, available: 0 }, { ...context, up: true });
    expect(verdict.status).toBe("ok");
  });
});

describe("a capacity block", () => {
  test("that ends when the description says, in whatever zone it is written, is ok", () => {
    expect(judgeReservation(block.wanted, block.found, context)).toMatchObject({
      status: "ok",
      says: `2 of 2 x p4d.24xlarge free in us-east-1a, until ${endsAt}`,
    });
  });

  test.each([
    ["that is an ordinary reservation", { capacityBlock: false }, "failed", "is no capacity block"],
    ["whose payment failed", { state: "payment-failed" }, "failed", "is payment-failed"],
    [
      "that ends within 40 minutes",
      { endsAt: "2027-01-10T00:40:00Z" },
      "failed",
      "and nodes leave it 40 minutes before",
    ],
    ["that ends another day", { endsAt: "2027-01-30T11:30:00Z" }, "warning", "ends 2027-01-30"],
    [
      "that is still to come",
      { state: "scheduled", startsAt: "2027-01-20T11:30:00Z" },
      "warning",
      "scheduled: starts 2027-01-20",
    ],
  ] as const)("%s", (_, change, status, says) => {
    const verdict = judgeReservation(block.wanted, { ...block.found, ...change }, context);
    expect(verdict.status).toBe(status);
    expect(verdict.says).toContain(says);
  });

  test("with 41 minutes left is no fault", () => {
    const soon = "2027-01-10T00:41:00.000Z";
    const verdict = judgeReservation(
      { ...block.wanted, endsAt: soon },
      { ...block.found, endsAt: soon },
      context,
    );
    expect(verdict.status).toBe("ok");
  });
});
