import { z } from "zod";
import type { Path } from "./path.ts";
import { either, listed, number } from "./wording.ts";

type Schema = z.core.$ZodType;

/** What a schema takes, in words that go after "needs": "a whole number from 1 to 16,384". */
export function expected(wrapped: Schema, written = ""): string {
  const schema = unwrapped(wrapped);
  const allowed = namesOf(schema);
  if (schema instanceof z.core.$ZodUnion) {
    // The one union of this vocabulary is a value or a list of such values.
    return `${expected(schema._zod.def.options[0] ?? schema, written)}, or a list of such`;
  }
  if (allowed) return allowed.length > 2 ? `one of ${listed(allowed, written)}` : either(allowed);
  if (schema instanceof z.core.$ZodNumber) return expectedNumber(schema);
  if (schema instanceof z.core.$ZodString) return expectedText(schema);
  if (schema instanceof z.core.$ZodBoolean) return "true or false";
  if (schema instanceof z.core.$ZodArray) return expectedList(schema);
  if (schema instanceof z.core.$ZodObject) return `an object { ${fieldsOf(schema).join(", ")} }`;
  if (schema instanceof z.core.$ZodRecord) {
    return `an object of names, each with ${expected(schema._zod.def.valueType)}`;
  }
  return "any value";
}

/** Names that an enumeration allows, or a union with one; undefined for a schema that has none. */
export function namesOf(wrapped: Schema): readonly string[] | undefined {
  const schema = unwrapped(wrapped);
  if (schema instanceof z.core.$ZodEnum) return Object.values(schema._zod.def.entries).map(String);
  if (schema instanceof z.core.$ZodLiteral) return schema._zod.def.values.map(String);
  if (schema instanceof z.core.$ZodUnion) return firstOf(schema._zod.def.options.map(namesOf));
  return undefined;
}

/** The schema of what stands at a path; undefined where the schema has no such place. */
export function schemaAt(top: Schema, path: Path): Schema | undefined {
  let schema: Schema | undefined = top;
  for (const step of path) {
    if (schema === undefined) return undefined;
    const at = optionFor(unwrapped(schema), step);
    if (at instanceof z.core.$ZodObject) schema = fieldOf(at, step);
    else if (at instanceof z.core.$ZodRecord) schema = at._zod.def.valueType;
    else if (at instanceof z.core.$ZodArray) schema = at._zod.def.element;
    else return undefined;
  }
  return schema && unwrapped(schema);
}

/** Names of the fields of the object at a path; none where there is no object. */
export function fieldNamesAt(top: Schema, path: Path): string[] {
  const schema = schemaAt(top, path);
  return schema instanceof z.core.$ZodObject ? Object.keys(schema._zod.def.shape) : [];
}

function fieldOf({ _zod: { def } }: z.core.$ZodObject, step: string | number): Schema | undefined {
  return Object.hasOwn(def.shape, step) ? def.shape[step] : undefined;
}

function unwrapped(wrapped: Schema): Schema {
  let schema = wrapped;
  while (
    schema instanceof z.core.$ZodOptional ||
    schema instanceof z.core.$ZodDefault ||
    schema instanceof z.core.$ZodPrefault
  ) {
    schema = schema._zod.def.innerType;
  }
  return schema;
}

/** Of a union the option that has such a step: lists have indices. */
function optionFor(schema: Schema, step: string | number): Schema {
  if (!(schema instanceof z.core.$ZodUnion)) return schema;
  const isList = (option: Schema) => option instanceof z.core.$ZodArray;
  return schema._zod.def.options.find((option) => isList(option) === (typeof step === "number")) ?? schema;
}

function firstOf<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}

/** Optional fields have a question mark. */
function fieldsOf(schema: z.core.$ZodObject): string[] {
  return Object.entries(schema._zod.def.shape).map(([name, field]) =>
    field === unwrapped(field) ? name : `${name}?`,
  );
}

function expectedNumber(schema: z.core.$ZodNumber): string {
  const checks = schema._zod.def.checks ?? [];
  const lower = checks.flatMap((check) =>
    check instanceof z.core.$ZodCheckGreaterThan ? [check._zod.def] : [],
  );
  const upper = checks.flatMap((check) =>
    check instanceof z.core.$ZodCheckLessThan ? [check._zod.def] : [],
  );
  const least = lower.toSorted((a, b) => Number(b.value) - Number(a.value))[0];
  const most = upper.toSorted((a, b) => Number(a.value) - Number(b.value))[0];
  return [
    schema instanceof z.core.$ZodNumberFormat ? "a whole number" : "a number",
    least && `${least.inclusive ? "from" : "above"} ${number(Number(least.value))}`,
    most && `${upTo(least?.inclusive)} ${number(Number(most.value))}`,
  ]
    .filter((part) => part !== undefined)
    .join(" ");
}

/** "from 1 to 5", "above 0 and up to 5", "up to 5" */
function upTo(fromInclusive: boolean | undefined): string {
  if (fromInclusive === undefined) return "up to";
  return fromInclusive ? "to" : "and up to";
}

/** Each format's own message says what is allowed: the one that a line break, which none allows, is answered with. */
function expectedText(schema: z.core.$ZodString): string {
  return z.safeParse(schema, "\n").error?.issues[0]?.message ?? "text";
}

function expectedList(schema: z.core.$ZodArray): string {
  const checks = schema._zod.def.checks ?? [];
  const least = checks.find((check) => check instanceof z.core.$ZodCheckMinLength)?._zod.def.minimum;
  const most = checks.find((check) => check instanceof z.core.$ZodCheckMaxLength)?._zod.def.maximum;
  const count =
    least !== undefined && most !== undefined
      ? `a list of ${least} to ${most}`
      : least !== undefined
        ? `a list of at least ${least}`
        : "a list";
  return `${count}, each ${expected(schema._zod.def.element)}`;
}
