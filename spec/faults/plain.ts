import type { Path } from "./path.ts";

/** A value that is no plain data, such as a function or an object that contains itself. */
export interface Refusal {
  readonly path: Path;
  readonly problem: string;
}

export interface PlainData {
  readonly data: unknown;
  readonly refused: readonly Refusal[];
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
export function plainData(input: unknown): PlainData {
  const copier = new Copier();
  const data = copier.copy(input);
  return copier.tooLarge
    ? { data: undefined, refused: [{ path: [], problem: `has more than ${largest} values` }] }
    : { data, refused: copier.refused };
}

class Copier {
  readonly refused: Refusal[] = [];
  readonly #path: (string | number)[] = [];
  /** The objects that `#path` leads through. */
  readonly #ancestors: object[] = [];
  #values = 0;

  get tooLarge(): boolean {
    return this.#values > largest;
  }

  copy(value: unknown): unknown {
    this.#values += 1;
    if (this.tooLarge) return undefined;
    if (typeof value === "bigint" || typeof value === "symbol" || typeof value === "function") {
      return this.#refuse(`is a ${typeof value}: ${wanted}`);
    }
    if (typeof value !== "object" || value === null) return value;
    if (this.#ancestors.includes(value)) return this.#refuse(`contains itself: ${wanted}`);
    if (this.#ancestors.length >= deepest) return this.#refuse(`is more than ${deepest} levels deep`);
    this.#ancestors.push(value);
    try {
      return Array.isArray(value) ? this.#copyList(value) : this.#copyObject(value);
    } catch {
      return this.#refuse(`can't be read: ${wanted}`);
    } finally {
      this.#ancestors.pop();
    }
  }

  #copyList(list: readonly unknown[]): unknown {
    if (list.length > longest)
      return this.#refuse(`has ${list.length} elements: at most ${longest} are read`);
    const copied: unknown[] = [];
    for (let index = 0; index < list.length && !this.tooLarge; index++) {
      copied.push(this.#at(index, () => list[index]));
    }
    return copied;
  }

  #copyObject(object: object): unknown {
    const prototype: object | null = Object.getPrototypeOf(object);
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
      return this.#refuse(`is a ${className(prototype)}: ${wanted}`);
    }
    const names = Object.keys(object);
    if (names.length > longest)
      return this.#refuse(`has ${names.length} fields: at most ${longest} are read`);
    const copied: Record<string, unknown> = {};
    for (const name of names) {
      if (this.tooLarge) break;
      const value = this.#at(name, () => Reflect.get(object, name));
      // As a field, it would change what kind of object the copy is.
      if (name === "__proto__")
        this.refused.push({ path: [...this.#path, name], problem: "is no field's name" });
      else copied[name] = value;
    }
    return copied;
  }

  #at(step: string | number, read: () => unknown): unknown {
    this.#path.push(step);
    let value: unknown;
    try {
      value = read();
    } catch {
      value = this.#refuse(`can't be read: ${wanted}`);
    }
    const copied = this.copy(value);
    this.#path.pop();
    return copied;
  }

  #refuse(problem: string): undefined {
    this.refused.push({ path: [...this.#path], problem });
    return undefined;
  }
}

function className(prototype: object): string {
  const maker: unknown = Reflect.get(prototype, "constructor");
  return typeof maker === "function" && maker.name !== ""
    ? String(maker.name).slice(0, 60)
    : "class instance";
}
