import { describe, expect, test } from "vitest";
import { z } from "zod";
import { expected, schemaAt } from "../../../spec/faults/expected.ts";
import { pathText } from "../../../spec/faults/path.ts";
import { shown } from "../../../spec/faults/wording.ts";

describe("what a schema takes", () => {
  test.each([
    [z.int().min(1).min(5).max(100).max(16_384), "a whole number from 5 to 100"],
    [z.number().positive().max(0.5), "a number above 0 and up to 0.5"],
    [z.int().max(3).optional(), "a whole number up to 3"],
    [z.number(), "a number"],
    [z.boolean().default(true), "true or false"],
    [z.string().regex(/^x$/, "an x"), "an x"],
    [z.string(), "text"],
    [z.enum(["a", "b"]), "a or b"],
    [z.literal([1, 2, 3]), "one of 1, 2, 3"],
    [z.array(z.boolean()), "a list, each true or false"],
    [z.array(z.string()).min(2).max(3), "a list of 2 to 3, each text"],
    [z.union([z.enum(["a", "b"]), z.array(z.enum(["a", "b"]))]), "a or b, or a list of such"],
    [z.strictObject({ a: z.int(), b: z.int().default(1) }), "an object { a, b? }"],
    [z.record(z.string(), z.strictObject({ a: z.int() })), "an object of names, each with an object { a }"],
    [z.unknown(), "any value"],
  ])("is said in words (%#)", (schema, words) => {
    expect(expected(schema)).toBe(words);
  });

  test("is found by a path, but not in what objects inherit", () => {
    const schema = z.strictObject({ a: z.record(z.string(), z.array(z.enum(["x"]))).optional() });
    expect(schemaAt(schema, ["a", "any", 0])).toBeInstanceOf(z.core.$ZodEnum);
    expect(schemaAt(schema, ["constructor"])).toBeUndefined();
    expect(schemaAt(schema, ["a", "any", 0, "deeper"])).toBeUndefined();
  });
});

test.each([
  ["text", '"text"'],
  [undefined, "undefined"],
  [{ name: "x", list: [1, null, { a: true }] }, '{ name: "x", list: [1, null, { a: true }] }'],
  [{}, "{}"],
  [[], "[]"],
  ["x".repeat(100), `"${"x".repeat(56)}...`],
  [
    Array.from({ length: 1000 }, (_, index) => index),
    "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16...",
  ],
])("a value is shown as one would write it, shortened (%#)", (value, text) => {
  expect(shown(value)).toBe(text);
});

test.each([
  [[], ""],
  [["gateway", "host"], "gateway.host"],
  [["models", "llama-3.1-8b", "gpus", 0], 'models["llama-3.1-8b"].gpus[0]'],
  [["models", 'a"b'], 'models["a\\"b"]'],
  [["x".repeat(100)], `${"x".repeat(57)}...`],
])("a path is written as in TypeScript (%#)", (path, text) => {
  expect(pathText(path)).toBe(text);
});
