import fc from "fast-check";
import { expect, test } from "vitest";
import { gpuNames } from "../../catalog/gpus.ts";
import { models as catalog, findModel } from "../../catalog/models/models.ts";
import { tensorParallelProblem } from "../../catalog/models/parallelism.ts";
import { gpusPerNode } from "../../spec/defaults.ts";
import { type Path, pathText } from "../../spec/faults/path.ts";
import { parsePlatform, SpecError } from "../../spec/parse.ts";
import type { AwsPlatformInput, ModelEntry, PlatformInput } from "../../spec/platform.ts";
import { replaced } from "../support/mutations.ts";
import { propertyRuns, propertyTimeout } from "../support/properties.ts";
import { validInput } from "../support/specs.ts";

const numRuns = propertyRuns(300);

/** A change that no field shows by itself: only together with others it is wrong. Undefined where it can't be made. */
type Breach = (input: AwsPlatformInput) => { readonly path: Path; readonly value: unknown } | undefined;

const inModel = (field: string, value: (model: ModelEntry, input: AwsPlatformInput) => unknown): Breach => {
  return (input) => {
    const [first] = Object.entries(input.models ?? {});
    const written = first && value(first[1], input);
    return written === undefined ? undefined : { path: ["models", first?.[0] ?? "", field], value: written };
  };
};

const known = (model: ModelEntry) => findModel(model.model ?? "");

const breaches: Readonly<Record<string, Breach>> = {
  "a zone of another region": ({ network }) => ({
    path: ["network", "zones", 1],
    value: network?.zones?.[0]?.startsWith("us-east-1") ? "us-west-2a" : "us-east-1a",
  }),
  "one zone twice": ({ network }) => ({ path: ["network", "zones", 1], value: network?.zones?.[0] }),
  "a reserved range that holds the VPC": () => ({ path: ["network", "reserved"], value: ["10.0.0.0/8"] }),
  "a VPC with host bits": () => ({ path: ["network", "cidr"], value: "10.1.2.3/16" }),
  "one reservation as a block too": ({ capacity }) => {
    const [first] = capacity?.reservations ?? [];
    if (!first || (capacity?.capacityBlocks ?? []).length === 0) return undefined;
    return { path: ["capacity", "capacityBlocks", 0, "id"], value: first.id };
  },
  "a reservation of what the region doesn't offer": ({ capacity, cloud }) =>
    capacity?.reservations?.length && cloud.region !== "us-west-2"
      ? { path: ["capacity", "reservations", 0, "instanceType"], value: "p5e.48xlarge" }
      : undefined,
  "a zone that the host is not in": () => ({
    path: ["gateway", "hostedZone"],
    value: { id: "Z0123", name: "example.org" },
  }),
  "a certificate of another region": ({ cloud }) => ({
    path: ["gateway", "certificateArn"],
    value: `arn:aws:acm:${cloud.region === "us-east-1" ? "us-west-2" : "us-east-1"}:123456789012:certificate/12345678-1234-1234-1234-123456789012`,
  }),
  "a disk that RDS doesn't have": ({ postgres }) =>
    postgres === undefined || postgres.deployment === "in-cluster"
      ? undefined
      : { path: ["postgres", "storageGi"], value: 19 },
  "a standby of a pod": ({ postgres }) =>
    postgres?.deployment === "in-cluster" ? { path: ["postgres", "multiAz"], value: true } : undefined,
  "alerts that descend": () => ({ path: ["budget"], value: { usdPerMonth: 1, alertAtPercent: [90, 80] } }),
  "a model that nobody knows": inModel("model", () => "example/model"),
  "a model's context beyond its own": inModel("context", (model) => {
    const most = known(model)?.maxContext;
    return most && most + 1;
  }),
  "tensor parallelism that doesn't divide the heads": inModel("tensorParallel", (model) => {
    const attention = known(model)?.attention;
    return attention && [3, 5, 7, 11].find((degree) => tensorParallelProblem(attention, degree));
  }),
  "a GPU that the environment has not": inModel("gpus", (_, { capacity, cloud }) => {
    const supply = gpusPerNode({ capacity, cloud });
    const missing = gpuNames.find((kind) => !supply.has(kind));
    return missing && [missing];
  }),
  "a format that nothing loads together with its engine": inModel("quantization", ({ engine }) =>
    engine === "ollama" ? "gptq" : engine === undefined ? undefined : "q4_0",
  ),
};

const awsInput = validInput.filter((input): input is AwsPlatformInput => input.environment !== "local");

function pathsOfFaults(input: unknown): string[] {
  try {
    parsePlatform(input, "test");
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    return error.faults.map(({ path }) => path);
  }
}

test.each(Object.entries(breaches))(
  "%s is found, and where it is",
  (_, breach) => {
    let made = 0;
    fc.assert(
      fc.property(awsInput, (input) => {
        const change = breach(input);
        if (change === undefined) return;
        made += 1;
        const text = pathText(change.path);
        const paths = pathsOfFaults(replaced(input, change.path, change.value));
        expect(paths.some((path) => path.startsWith(text))).toBe(true);
      }),
      { numRuns },
    );
    expect(made).toBeGreaterThan(numRuns / 20);
  },
  propertyTimeout,
);

test(
  "models that are sound alone are sound together, in whatever order",
  () => {
    fc.assert(
      fc.property(awsInput, (input) => {
        const { models = {}, ...rest } = input;
        const reversed: PlatformInput = {
          ...rest,
          models: Object.fromEntries(Object.entries(models).reverse()),
        };
        expect(parsePlatform(reversed, "test")).toEqual(parsePlatform(input, "test"));
      }),
      { numRuns },
    );
  },
  propertyTimeout,
);

test("every model of the catalog can be described by its id alone", () => {
  const models = Object.fromEntries([...catalog.keys()].map((model, index) => [`m${index}`, { model }]));
  const spec = parsePlatform(
    {
      environment: "dev",
      ownership: { owner: "team", costCenter: "ml" },
      cloud: { region: "us-east-1" },
      gateway: { host: "ai.example.com" },
      models,
    },
    "test",
  );
  expect(Object.keys(spec.models)).toHaveLength(catalog.size);
});
