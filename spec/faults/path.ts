/** Steps from the top of a description to a value in it: names of fields and indices of lists. */
export type Path = readonly (string | number)[];

const identifier = /^[A-Za-z_$][\w$]*$/;
const longestName = 60;

/** A path as one would write it in TypeScript: `models["llama-3.1-8b"].gpus[0]`. Empty for the whole. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === "number") return `[${step}]`;
      if (!identifier.test(step)) return `[${JSON.stringify(shortened(step))}]`;
      return `${index === 0 ? "" : "."}${shortened(step)}`;
    })
    .join("");
}

function shortened(name: string): string {
  return name.length > longestName ? `${name.slice(0, longestName - 3)}...` : name;
}

/** Tells whether a path is one of those, or leads to something inside one. */
export function withinAny(others: readonly Path[]): (path: Path) => boolean {
  const texts = new Set(others.map((other) => JSON.stringify(other)));
  return (path) => [...path.keys(), path.length].some((end) => texts.has(JSON.stringify(path.slice(0, end))));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path of plain data; undefined where nothing does. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (Array.isArray(value)) return typeof step === "number" ? value[step] : undefined;
    return isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }, data);
}

/** Orders paths as their values stand in plain data; what doesn't stand there comes last in its object. */
export function byPosition(data: unknown): (one: Path, other: Path) => number {
  const places = new Map<object, ReadonlyMap<string, number>>();
  const placesIn = (object: Readonly<Record<string, unknown>>) => {
    const known = places.get(object);
    if (known) return known;
    const found = new Map(Object.keys(object).map((name, index) => [name, index]));
    places.set(object, found);
    return found;
  };
  const place = (value: unknown, step: string | number | undefined) => {
    if (step === undefined) return -1;
    if (typeof step === "number") return step;
    return (isObject(value) ? placesIn(value).get(step) : undefined) ?? Number.MAX_SAFE_INTEGER;
  };
  return (one, other) => {
    let value = data;
    for (let index = 0; index < Math.max(one.length, other.length); index++) {
      const step = one[index];
      if (step !== other[index]) return place(value, step) - place(value, other[index]);
      value = step === undefined ? undefined : valueAt(value, [step]);
    }
    return 0;
  };
}
