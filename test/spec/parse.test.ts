import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePlatform, SpecError, unknownName } from "../../spec/parse.ts";
import { environments } from "../../spec/platform.ts";
import dev from "../../stacks/dev.ts";
import local from "../../stacks/local.ts";
import prod from "../../stacks/prod.ts";
import staging from "../../stacks/staging.ts";

const ownership = { owner: "team", costCenter: "cc" };
const minimal = { environment: "local", ownership };

function faultsOf(input: unknown): string {
  try {
    parsePlatform(input, "stacks/test.ts");
  } catch (error) {
    if (error instanceof SpecError) return error.message;
    throw error;
  }
  throw new Error("no fault was found");
}

describe("what people write", () => {
  test.each([
    ["local", local],
    ["dev", dev],
    ["staging", staging],
    ["prod", prod],
  ])("stacks/%s.ts has no fault", (environment, stack) => {
    expect(parsePlatform(stack, environment).environment).toBe(environment);
  });

  test("two lines are enough for local, the rest has defaults", () => {
    expect(parsePlatform(minimal, "test")).toEqual({
      environment: "local",
      ownership: { project: "ai-platform", ...ownership },
      models: {},
      retrieval: { collections: {} },
      nlp: { embeddings: {} },
      pipelines: { prefect: true },
      tracking: {},
      postgres: { storageGi: 10 },
      gateway: {},
      objectStore: { storageGi: 20 },
    });
  });
});

describe("faults", () => {
  test.each([
    ["an unknown environment", { ...minimal, environment: "prd" }],
    ["an unknown key at the top", { ...minimal, gatway: {} }],
    ["an unknown key inside", { ...minimal, gateway: { replcas: 2 } }],
    ["an unknown key that is near to none", { ...minimal, gateway: { colour: "red" } }],
    ["a wrong type", { ...minimal, postgres: { storageGi: "10" } }],
    ["a number out of range", { ...minimal, gateway: { replicas: 0 } }],
    ["a value that is no label", { ...minimal, ownership: { ...ownership, owner: "someone@example.com" } }],
    ["something left out", { environment: "local", ownership: { owner: "team" } }],
    ["a cloud for local", { ...minimal, cloud: { region: "us-east-1" } }],
    ["no cloud and no host for prod", { environment: "prod", ownership }],
    ["an object store on AWS", { ...dev, objectStore: {} }],
    ["nothing at all", undefined],
    [
      "several at once",
      { environment: "test", ownership: { owner: "" }, postgres: { storageGi: -1, size: 3 } },
    ],
  ])("%s", (_, input) => {
    expect(faultsOf(input)).toMatchSnapshot();
  });

  test("whatever is written, the answer is a platform or a list of faults that each name a problem", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("local", "prod", "us-east-1", "team"));
    const section = fc.oneof(
      fc.dictionary(fc.constantFrom("replicas", "host", "owner", "storageGi", "x"), fc.anything()),
      fc.anything(),
    );
    const input = fc.record(
      {
        environment: fc.oneof(fc.constantFrom(...environments), text),
        ownership: section,
        cloud: section,
        gateway: section,
        postgres: section,
        tracking: section,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(input, (value) => {
        try {
          parsePlatform(value, "test");
        } catch (error) {
          expect(error).toBeInstanceOf(SpecError);
          const { faults } = error as SpecError;
          expect(faults.length).toBeGreaterThan(0);
          for (const { problem } of faults) expect(problem).not.toBe("");
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test("a name is only suggested when it is near", () => {
  expect(unknownName("stagign", environments)).toContain("did you mean staging?");
  expect(unknownName("testing", environments)).not.toContain("did you mean");
});
