import type { Path } from "./path.ts";

/** A value that is no plain data, such as a function or an object that contains itself. */
export interface Refusal {
  readonly path: Path;
  readonly problem: string;
}

const deepest = 50;
const longest = 10_000;
const largest = 1_000_000;
const wanted = "needs plain data, as in a JSON file";

/**
 * Copies what anybody may have handed over into plain data: null, undefined, booleans, numbers, text, lists and
 * objects, as a JSON or YAML file would hold. Everything else becomes undefined and a refusal, so that what comes
 * after can't be surprised by getters that throw, proxies, cycles or lists of a billion elements.
 */
export function plainData(input: unknown): { readonly data: unknown; readonly refused: readonly Refusal[] } {
  const refused: Refusal[] = [];
  let values = 0;
  const refuse = (path: Path, problem: string) => {
    refused.push({ path, problem });
    return undefined;
  };

  const copy = (value: unknown, path: Path, ancestors: readonly object[]): unknown => {
    values += 1;
    if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") {
      return refuse(path, `is a ${typeof value}: ${wanted}`);
    }
    if (typeof value !== "object" || value === null) return value;
    if (ancestors.includes(value)) return refuse(path, `contains itself: ${wanted}`);
    if (ancestors.length >= deepest) return refuse(path, `is more than ${deepest} levels deep`);
    try {
      return Array.isArray(value)
        ? copyList(value, path, [...ancestors, value])
        : copyObject(value, path, [...ancestors, value]);
    } catch {
      return refuse(path, `can't be read: ${wanted}`);
    }
  };

  const copyList = (list: readonly unknown[], path: Path, ancestors: readonly object[]) => {
    if (list.length > longest)
      return refuse(path, `has ${list.length} elements: at most ${longest} are read`);
    const copied: unknown[] = [];
    for (let index = 0; index < list.length && values < largest; index++) {
      copied.push(copy(list[index], [...path, index], ancestors));
    }
    return copied;
  };

  const copyObject = (object: object, path: Path, ancestors: readonly object[]) => {
    const prototype: object | null = Object.getPrototypeOf(object);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      return refuse(path, `is a ${className(prototype)}: ${wanted}`);
    }
    const names = Object.keys(object);
    if (names.length > longest)
      return refuse(path, `has ${names.length} fields: at most ${longest} are read`);
    const copied: Record<string, unknown> = {};
    for (const name of names) {
      if (values >= largest) break;
      // As a field, it would change what kind of object the copy is.
      if (name === "__proto__") refuse([...path, name], "is no name that a field may have");
      else copied[name] = field(object, name, [...path, name], ancestors);
    }
    return copied;
  };

  const field = (object: object, name: string, path: Path, ancestors: readonly object[]) => {
    let value: unknown;
    try {
      value = Reflect.get(object, name);
    } catch {
      return refuse(path, `can't be read: ${wanted}`);
    }
    return copy(value, path, ancestors);
  };

  const data = copy(input, [], []);
  if (values >= largest) {
    return { data: undefined, refused: [{ path: [], problem: `has more than ${largest} values` }] };
  }
  return { data, refused };
}

function className(prototype: object): string {
  const maker: unknown = Reflect.get(prototype, "constructor");
  return typeof maker === "function" && maker.name !== ""
    ? String(maker.name).slice(0, 60)
    : "class instance";
}
