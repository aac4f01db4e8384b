import fc from "fast-check";
import { expect, test } from "vitest";
import { planServices } from "../../planning/services.ts";
import { parsePlatform } from "../../spec/parse.ts";
import { environments } from "../../spec/platform.ts";
import { propertyRuns } from "../support/properties.ts";

const label = fc.stringMatching(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
const project = fc.stringMatching(/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/);

const spec = fc
  .record({
    environment: fc.constantFrom(...environments),
    ownership: fc.record({ project, owner: label, costCenter: label }),
    postgres: fc.record({ storageGi: fc.integer({ min: 20, max: 16_384 }) }),
    gateway: fc.record({ replicas: fc.integer({ min: 1, max: 10 }) }),
  })
  .map((input) =>
    parsePlatform(
      input.environment === "local"
        ? input
        : {
            ...input,
            cloud: { region: "us-east-1" },
            gateway: { ...input.gateway, host: "ai.example.com" },
          },
      "property",
    ),
  );

const mebibytes = (quantity: string) => {
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(quantity) ?? [];
  if (number === undefined) throw new Error(`not a quantity: ${quantity}`);
  return Number(number) * (unit === "Gi" ? 1024 : 1);
};

test("every spec plans; requests never exceed limits; the same spec gives the same plan", () => {
  fc.assert(
    fc.property(spec, (input) => {
      const plan = planServices(input);
      expect(planServices(input)).toEqual(plan);
      const pods = plan.postgres.kind === "in-cluster" ? [plan.postgres] : [];
      for (const { resources } of [plan.gateway, ...pods, plan.mlflow, plan.experiments]) {
        expect(mebibytes(resources.requests.memory)).toBeLessThanOrEqual(mebibytes(resources.limits.memory));
      }
      expect(plan.artifacts.bucket).toMatch(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/);
      for (const value of Object.values(plan.labels)) expect(value.length).toBeLessThanOrEqual(63);
    }),
    { numRuns: propertyRuns(200) },
  );
});

test("local keeps objects and databases itself, the others in S3 and RDS; only prod protects its state", () => {
  fc.assert(
    fc.property(spec, (input) => {
      const { artifacts, gateway, postgres, protectState } = planServices(input);
      const local = input.environment === "local";
      expect(postgres.kind).toBe(local ? "in-cluster" : "rds");
      expect(artifacts.kind).toBe(local ? "in-cluster" : "aws");
      const balanced = !local && (input.gateway.hostedZone ?? input.gateway.certificateArn) !== undefined;
      expect(gateway.nodePort === undefined).toBe(!local && !balanced);
      expect(gateway.behindTls).toBe(balanced);
      expect(protectState).toBe(input.environment === "prod");
    }),
    { numRuns: propertyRuns(100) },
  );
});
