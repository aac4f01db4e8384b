import { distance } from "fastest-levenshtein";
import type { z } from "zod";
import { awsSchema, localSchema, type PlatformSpec } from "./platform.ts";

/** One thing wrong with a description. */
export interface Fault {
  /** Where, as one would write it in TypeScript: `tracking.replicas`. Empty for the whole. */
  readonly path: string;
  /** What stands there, shortened; undefined where nothing does. */
  readonly value: string | undefined;
  /** What would be allowed, or which name was meant. */
  readonly problem: string;
}

/** Every fault of a description at once, in the order in which they stand. */
export class SpecError extends Error {
  override readonly name = "SpecError";
  constructor(
    readonly source: string,
    readonly faults: readonly Fault[],
  ) {
    const lines = faults.map(({ path, value, problem }) =>
      [`  ${path || "(the whole)"}`, value === undefined ? "" : ` = ${value}`, `: ${problem}`].join(""),
    );
    super(
      [`${source} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:`, ...lines].join("\n"),
    );
  }
}

/**
 * Checks a description once, at the edge, and fills its defaults.
 * @param source what to call it in messages, for example `stacks/dev.ts`
 * @throws SpecError with every fault
 */
export function parsePlatform(input: unknown, source: string): PlatformSpec {
  const local = isObject(input) && input.environment === "local";
  const schema = local ? localSchema : awsSchema;
  const result = local
    ? localSchema.safeParse(input, { reportInput: true })
    : awsSchema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  throw new SpecError(
    source,
    result.error.issues.flatMap((issue) => faultsOf(issue, schema.shape)),
  );
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

function isObject(input: unknown): input is { environment?: unknown } {
  return typeof input === "object" && input !== null;
}

function faultsOf(issue: z.core.$ZodIssue, shape: Shape): Fault[] {
  if (issue.code === "unrecognized_keys") {
    const allowed = keysAt(issue.path, shape);
    return issue.keys.map((key) => ({
      path: pathText([...issue.path, key]),
      value: undefined,
      problem: unknownName(key, allowed),
    }));
  }
  const value = issue.input === undefined || issue.code === "custom" ? undefined : shown(issue.input);
  const problem =
    issue.code === "invalid_value"
      ? unknownName(String(issue.input), issue.values.map(String))
      : issue.code === "invalid_type" && issue.input === undefined
        ? `is missing: ${issue.expected} expected`
        : issue.message;
  return [{ path: pathText(issue.path), value, problem }];
}

/** The names allowed in the object at `path`, read from the schema itself. */
function keysAt(path: readonly PropertyKey[], top: Shape): string[] {
  let shape = top;
  for (const step of path) {
    let schema = shape[String(step)];
    while (schema && "innerType" in schema._zod.def) schema = schema._zod.def.innerType as z.core.$ZodType;
    shape =
      schema && "shape" in schema._zod.def ? (schema._zod.def.shape as Record<string, z.core.$ZodType>) : {};
  }
  return Object.keys(shape);
}

/** "unknown; did you mean x? Allowed: ..." A name is near when at most a third of it differs. */
export function unknownName(name: string, allowed: readonly string[]): string {
  const nearest = allowed.toSorted((a, b) => distance(name, a) - distance(name, b))[0];
  const near = nearest !== undefined && distance(name, nearest) <= Math.max(1, Math.ceil(name.length / 3));
  return `unknown${near ? `, did you mean ${nearest}?` : ";"} allowed: ${allowed.join(", ")}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : index === 0 ? String(step) : `.${String(step)}`,
    )
    .join("");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
