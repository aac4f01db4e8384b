import fc from "fast-check";
import { isObject, type Path, valueAt } from "../../spec/faults/path.ts";

/** Plain data with one change, and where that is. */
export interface Mutation {
  readonly path: Path;
  readonly data: unknown;
}

/** Every place in plain data, the whole first. */
export function places(data: unknown, path: Path = []): Path[] {
  const inside = Array.isArray(data)
    ? data.flatMap((item, index) => places(item, [...path, index]))
    : isObject(data)
      ? Object.entries(data).flatMap(([name, value]) => places(value, [...path, name]))
      : [];
  return [path, ...inside];
}

/** The data with something else at a place; undefined takes a field of an object away. */
export function replaced(data: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(data)) {
    return data.map((item, index) => (index === step ? replaced(item, rest, value) : item));
  }
  if (!isObject(data)) return data;
  const inside = replaced(data[String(step)], rest, value);
  const { [String(step)]: _, ...others } = data;
  return inside === undefined ? others : { ...data, [step]: inside };
}

/** Changes that no field survives: a value of another kind, a number below all, a field that nobody knows. */
export function spoiled(data: unknown): fc.Arbitrary<Mutation> {
  return fc
    .constantFrom(...places(data).slice(1))
    .chain((path) => fc.constantFrom(...spoilings(valueAt(data, path))).map((value) => ({ path, value })))
    .map(({ path, value }) => ({ path, data: replaced(data, path, value) }));
}

function spoilings(value: unknown): [unknown, ...unknown[]] {
  if (typeof value === "number") return ["many", -1, Number.NaN, null, Number.POSITIVE_INFINITY, [value]];
  if (typeof value === "string") return [42, "", "\u0000", null, {}, [[value]]];
  if (typeof value === "boolean") return ["yes", 1, null];
  if (Array.isArray(value)) return ["all", 7, null, {}, [...value, null]];
  return ["all", 7, null, [], { ...(isObject(value) ? value : {}), colour: "red" }];
}
