import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathText } from "../../spec/faults/path.ts";
import { parsePlatform, SpecError } from "../../spec/parse.ts";
import { places, replaced, spoiled } from "../support/mutations.ts";
import { propertyRuns, propertyTimeout } from "../support/properties.ts";
import { validInput } from "../support/specs.ts";

const numRuns = propertyRuns(1000);

/** The faults of a description; none for a sound one. Whatever else is thrown fails the test. */
function faultsOf(input: unknown) {
  try {
    parsePlatform(input, "test");
    return [];
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    expect(error.faults.length).toBeGreaterThan(0);
    for (const { path, problem } of error.faults) {
      expect(typeof path).toBe("string");
      expect(problem).not.toBe("");
      expect(error.message.length).toBeLessThan(100_000);
    }
    return error.faults;
  }
}

describe("a sound description", () => {
  test(
    "has no fault, and says the same when it is read again",
    () => {
      fc.assert(
        fc.property(validInput, (input) => {
          const spec = parsePlatform(input, "test");
          expect(parsePlatform(JSON.parse(JSON.stringify(spec)), "test")).toEqual(spec);
        }),
        { numRuns },
      );
    },
    propertyTimeout,
  );

  test(
    "has a fault at or around the place where it is spoiled",
    () => {
      fc.assert(
        fc.property(
          validInput.chain((input) => spoiled(input)),
          ({ data, path }) => {
            const paths = faultsOf(data).map((fault) => fault.path);
            const around = path.map((_, index) => pathText(path.slice(0, index + 1)));
            expect(
              paths.some((found) => around.some((text) => found === text || found.startsWith(text))),
            ).toBe(true);
          },
        ),
        { numRuns },
      );
    },
    propertyTimeout,
  );

  test(
    "has a fault at every required field that is taken away",
    () => {
      const required = [["environment"], ["ownership"], ["ownership", "owner"], ["ownership", "costCenter"]];
      fc.assert(
        fc.property(validInput, fc.constantFrom(...required), (input, path) => {
          const paths = faultsOf(replaced(input, path, undefined)).map((fault) => fault.path);
          expect(paths).toContain(pathText(path));
        }),
        { numRuns },
      );
    },
    propertyTimeout,
  );
});

const anything = fc.anything({
  maxDepth: 3,
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
});

const throwing = () => {
  throw new Error("no");
};

/** What plain data is not, and what surprises whoever reads it as such: made when it is needed. */
const exotic: Readonly<Record<string, () => unknown>> = {
  "a symbol": () => Symbol("s"),
  "a bigint": () => 10n,
  "a function": () => throwing,
  "a class": () => class Owner {},
  "a promise": () => Promise.resolve("later"),
  "a proxy that throws": () => new Proxy({}, { ownKeys: throwing, get: throwing, getPrototypeOf: throwing }),
  "a revoked proxy": () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  "a getter that throws": () => Object.defineProperty({}, "owner", { enumerable: true, get: throwing }),
  "methods that throw": () => ({ toString: throwing, toJSON: throwing, constructor: throwing }),
  "a name that is no field's": () => JSON.parse('{"__proto__": {"polluted": true}}'),
  "inherited fields": () => Object.create({ owner: "inherited" }),
  "a list with a billion holes": () => new Array(1e9),
  "a list that is too long": () => Array.from({ length: 20_000 }, () => 0),
  "an object in itself": () => {
    const ring: Record<string, unknown> = {};
    ring.ring = [ring];
    return ring;
  },
  "ten thousand levels": () => {
    let deep: unknown = 0;
    for (let level = 0; level < 10_000; level++) deep = [deep];
    return deep;
  },
};

/** Slow to make or to read, so not for a thousand cases. */
const huge: Readonly<Record<string, () => unknown>> = {
  "a million million values in forty lists": () => {
    let wide: unknown = 0;
    for (let level = 0; level < 40; level++) wide = [wide, wide];
    return wide;
  },
  "a million letters": () => "x".repeat(1_000_000),
  "ten thousand models without anything": () =>
    Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`m${index}`, {}])),
  "too many fields": () => Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`f${index}`, 0])),
};

const odd = fc.oneof(
  anything.map((value) => () => value),
  fc.constantFrom(...Object.values(exotic)),
);

describe("whatever is written", () => {
  test(
    "the answer is a platform or a list of faults",
    () => {
      fc.assert(
        fc.property(odd, (make) => {
          expect(faultsOf(make()).length).toBeGreaterThan(0);
        }),
        { numRuns },
      );
    },
    propertyTimeout,
  );

  test(
    "so it is for any value at any place of a sound description",
    () => {
      const placed = validInput.chain((input) =>
        fc.tuple(fc.constant(input), fc.constantFrom(...places(input)), odd),
      );
      fc.assert(
        fc.property(placed, ([input, path, make]) => {
          for (const fault of faultsOf(replaced(input, path, make()))) expect(fault.problem).not.toBe("");
        }),
        { numRuns },
      );
    },
    propertyTimeout,
  );

  test.each(Object.entries({ ...exotic, ...huge }))("%s is a fault wherever it stands", (_, make) => {
    const sound = { environment: "local", ownership: { owner: "team", costCenter: "ml" } };
    expect(faultsOf(make()).length).toBeGreaterThan(0);
    expect(faultsOf({ ...sound, models: { odd: make() } }).length).toBeGreaterThan(0);
    expect(faultsOf({ ...sound, models: make() }).length).toBeGreaterThan(0);
    const paths = faultsOf({ ...sound, ownership: { owner: make(), costCenter: "ml" } }).map(
      ({ path }) => path,
    );
    expect(paths.filter((path) => "ownership.owner".startsWith(path))).toHaveLength(1);
  });

  test("nothing of it gets into the prototype of all objects", () => {
    faultsOf(JSON.parse('{"__proto__": {"polluted": true}, "models": {"__proto__": {"polluted": true}}}'));
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});
