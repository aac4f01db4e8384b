import fc from "fast-check";
import { kubernetesVersions } from "../../catalog/eks.ts";
import { gpusPerNode } from "../../spec/defaults.ts";
import type { ModelInput } from "../../spec/models.ts";
import { parsePlatform } from "../../spec/parse.ts";
import type {
  AwsPlatformInput,
  LocalPlatformInput,
  PlatformInput,
  PlatformSpec,
} from "../../spec/platform.ts";
import { cloudInput } from "./specs/cloud.ts";
import { type ModelWish, modelInput, modelWish, type Supply } from "./specs/models.ts";
import { managedPostgres, name, named, services } from "./specs/services.ts";

function modelsFor(wishes: Readonly<Record<string, ModelWish>>, supply: Supply): Record<string, ModelInput> {
  return Object.fromEntries(Object.entries(wishes).map(([key, wish]) => [key, modelInput(wish, supply)]));
}

/** Without hyperparameters: any number or text is right there, so that nothing would spoil one. */
const trainingJob = fc.record(
  {
    entrypoint: fc.constant("digits:train"),
    model: fc.record({
      parameters: fc.integer({ min: 1, max: 999_999_999 }),
      activationsMiB: fc.integer({ min: 1, max: 20_000 }),
    }),
    seed: fc.integer({ min: 0, max: 4_294_967_295 }),
    purchase: fc.constantFrom("spot" as const, "on-demand" as const),
    retries: fc.integer({ min: 0, max: 10 }),
  },
  { requiredKeys: ["entrypoint", "model"] },
);

const limits = fc.record(
  {
    requestsPerSecond: fc.integer({ min: 1, max: 1000 }),
    concurrentRequests: fc.integer({ min: 1, max: 1000 }),
    bodyMiB: fc.integer({ min: 1, max: 100 }),
  },
  { requiredKeys: [] },
);

const localInput: fc.Arbitrary<LocalPlatformInput> = fc
  .tuple(
    fc.record(
      {
        environment: fc.constant("local" as const),
        ...services,
        gateway: fc.record({ host: fc.constant("ai.example.com"), limits }, { requiredKeys: [] }),
        objectStore: fc.record({ storageGi: fc.integer({ min: 1, max: 500 }) }, { requiredKeys: [] }),
      },
      { requiredKeys: ["environment", "ownership"] },
    ),
    named(modelWish, 3),
  )
  .map(([sections, wishes]) => ({
    ...sections,
    models: modelsFor(wishes, { gpus: new Map(), purchase: [] }),
  }));

const awsInput: fc.Arbitrary<AwsPlatformInput> = fc
  .tuple(
    fc.record(
      {
        environment: fc.constantFrom("dev" as const, "staging" as const, "prod" as const),
        ...services,
        postgres: fc.oneof(services.postgres, managedPostgres),
        gateway: fc.record(
          {
            host: fc.constant("ai.example.com"),
            replicas: fc.integer({ min: 1, max: 4 }),
            hostedZone: fc
              .constantFrom("example.com", "ai.example.com")
              .map((name) => ({ id: "Z0123", name })),
            allowedCidrs: fc.constant<string[]>(["203.0.113.0/24", "198.51.100.0/24"]),
            limits,
          },
          { requiredKeys: ["host"] },
        ),
        budget: fc.record(
          {
            usdPerMonth: fc.integer({ min: 10_000_000, max: 100_000_000 }),
            alertAtPercent: fc.constant<number[]>([50, 80, 100]),
          },
          { requiredKeys: ["usdPerMonth"] },
        ),
        cluster: fc.record(
          {
            name,
            version: fc.constantFrom(...kubernetesVersions),
            publicAccessCidrs: fc.constant<string[]>(["203.0.113.0/24"]),
          },
          { requiredKeys: [] },
        ),
        training: fc.record({ jobs: named(trainingJob, 2) }, { requiredKeys: [] }),
        observability: fc.record(
          { logRetentionDays: fc.constantFrom(7, 30, 365), alarmEmail: fc.constant("ml@example.com") },
          { requiredKeys: [] },
        ),
      },
      { requiredKeys: ["environment", "ownership", "gateway"] },
    ),
    cloudInput,
    named(modelWish, 5),
  )
  .map(([{ training, ...sections }, cloud, wishes]) => ({
    ...sections,
    ...cloud,
    // A training needs a GPU.
    ...(training && gpusPerNode(cloud).size > 0 ? { training } : {}),
    models: modelsFor(wishes, {
      gpus: gpusPerNode(cloud),
      purchase: cloud.capacity.purchase ?? ["spot", "on-demand"],
    }),
  }));

/** Descriptions as people write them, of all environments, with most fields at times left out: all without a fault. */
export const validInput: fc.Arbitrary<PlatformInput> = fc.oneof(
  { weight: 1, arbitrary: localInput },
  { weight: 3, arbitrary: awsInput },
);

/** The same, checked. */
export const validSpec: fc.Arbitrary<PlatformSpec> = validInput.map((input) => parsePlatform(input, "test"));
