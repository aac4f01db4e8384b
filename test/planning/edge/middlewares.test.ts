import { expect, test } from "vitest";
import { planEntrance } from "../../../planning/edge/entrance.ts";
import { dynamicConfiguration, entranceMiddlewares } from "../../../planning/edge/middlewares.ts";
import { zonedSpec } from "../../support/edge.ts";

const entrance = (gateway: Parameters<typeof zonedSpec>[1] = {}) => planEntrance(zonedSpec("prod", gateway));
const middlewares = (gateway: Parameters<typeof zonedSpec>[1] = {}) =>
  dynamicConfiguration(entrance(gateway)).http.middlewares;

const sourceCriterion = { ipStrategy: { depth: 0 } };

test("in AWS one client is limited to 200 requests a second and at a time, by its address", () => {
  expect(middlewares()).toMatchObject({
    "request-rate": { rateLimit: { average: 200, burst: 400, period: "1s", sourceCriterion } },
    "concurrent-requests": { inFlightReq: { amount: 200, sourceCriterion } },
  });
  expect(entranceMiddlewares(entrance())).toEqual(["request-rate", "concurrent-requests"]);
});

test("who isn't let in is turned away before anything is counted; pods of the platform always are let in", () => {
  const gateway = { allowedCidrs: ["192.0.2.0/24"], limits: { requestsPerSecond: 5, concurrentRequests: 3 } };
  expect(middlewares(gateway)).toMatchObject({
    "allowed-clients": { ipAllowList: { sourceRange: ["192.0.2.0/24", "10.0.0.0/16"] } },
    "request-rate": { rateLimit: { average: 5, burst: 10 } },
    "concurrent-requests": { inFlightReq: { amount: 3 } },
  });
  expect(entranceMiddlewares(entrance(gateway))[0]).toBe("allowed-clients");
});

test("bodies are limited where the spec says so, and by no middleware that every route passes", () => {
  expect(middlewares({ limits: { bodyMiB: 2 } })).toMatchObject({
    "body-limit": { buffering: { maxRequestBodyBytes: 2_097_152 } },
  });
  expect(entranceMiddlewares(entrance({ limits: { bodyMiB: 2 } }))).not.toContain("body-limit");
  expect(middlewares()).not.toHaveProperty("body-limit");
});
