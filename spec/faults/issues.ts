import type { z } from "zod";
import { expected, fieldNamesAt, namesOf, schemaAt } from "./expected.ts";
import { isObject, type Path, pathText, valueAt } from "./path.ts";
import { either, kind, nearest, unknownName } from "./wording.ts";

/** Something wrong at a place of a description, before it is known what stands there and where that was written. */
export interface Finding {
  readonly path: Path;
  readonly problem: string;
}

/** What zod found wrong with plain data, in words that say what is allowed. */
export function findings(
  issues: readonly z.core.$ZodIssue[],
  schema: z.core.$ZodType,
  data: unknown,
): Finding[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? unknownFields(issue, schema, data) : [],
  );
  const meant = new Set(unknown.flatMap(({ meant }) => meant.map((path) => pathText(path))));
  return (
    issues
      .flatMap(insideUnion)
      .filter(({ code }) => code !== "unrecognized_keys")
      .map((issue) => ({ path: stepsOf(issue.path), problem: problemOf(issue, schema, data) }))
      // A required field whose name was mistyped is one mistake, not two.
      .filter(({ path }) => !meant.has(pathText(path)) || valueAt(data, path) !== undefined)
      .concat(unknown.map(({ path, problem }) => ({ path, problem })))
  );
}

/** Of a value that a union has a kind of but that is wrong inside, what is wrong inside. */
function insideUnion(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inside = issue.errors.find((option) => option.every(({ path }) => path.length > 0));
  return inside?.map((nested) => ({ ...nested, path: [...issue.path, ...nested.path] })) ?? [issue];
}

function problemOf(issue: z.core.$ZodIssue, top: z.core.$ZodType, data: unknown): string {
  const path = stepsOf(issue.path);
  if (issue.code === "invalid_key") return `the name needs ${issue.issues[0]?.message ?? "to be another"}`;
  const schema = schemaAt(top, path);
  if (schema === undefined) return issue.message;
  const value = valueAt(data, path);
  const names = namesOf(schema);
  if (value === undefined) return `is missing: needs ${expected(schema)}`;
  if (names && typeof value === "string") return unknownName(value, names);
  const needs = `needs ${expected(schema, typeof value === "string" ? value : "")}`;
  return takes(schema, value) ? needs : `${needs}, not ${kind(value)}`;
}

/** Whether a schema takes values of that kind, so that only this one is wrong. */
function takes({ _zod: { def, values } }: z.core.$ZodType, value: unknown): boolean {
  if (Array.isArray(value)) return def.type === "array" || def.type === "union";
  return def.type === typeof value || [...(values ?? [])].some((allowed) => typeof allowed === typeof value);
}

interface UnknownField extends Finding {
  /** Fields of the same object that were perhaps meant. */
  readonly meant: readonly Path[];
}

function unknownFields(
  issue: z.core.$ZodIssueUnrecognizedKeys,
  top: z.core.$ZodType,
  data: unknown,
): UnknownField[] {
  const parent = stepsOf(issue.path);
  const allowed = fieldNamesAt(top, parent);
  const written = valueAt(data, parent);
  const free = allowed.filter((name) => !(isObject(written) && Object.hasOwn(written, name)));
  return issue.keys.map((key) => {
    const meant = nearest(key, free);
    const elsewhere = meant.length === 0 ? placesOf(key, top) : [];
    return {
      path: [...parent, key],
      problem:
        elsewhere.length > 0 ? `unknown here: there is ${either(elsewhere)}` : unknownName(key, allowed),
      meant: meant.map((name) => [...parent, name]),
    };
  });
}

/** Sections that have a field of that name. */
function placesOf(name: string, top: z.core.$ZodType): string[] {
  return fieldNamesAt(top, [])
    .filter((section) => fieldNamesAt(top, [section]).includes(name))
    .map((section) => `${section}.${name}`)
    .slice(0, 3);
}

/** Steps are names and indices: symbols are never read from what people wrote. */
function stepsOf(path: readonly PropertyKey[]): Path {
  return path.filter((step) => typeof step !== "symbol");
}
