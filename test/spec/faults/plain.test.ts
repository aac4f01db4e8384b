import { describe, expect, test } from "vitest";
import { plainData } from "../../../spec/faults/plain.ts";

const problems = (input: unknown) => plainData(input).refused.map(({ path, problem }) => [path, problem]);
const wanted = "needs plain data, as in a JSON file";

describe("plain data", () => {
  test("is copied as it is, without what is inherited or hidden", () => {
    const shared = { a: [1, "x", null, undefined, true, Number.NaN] };
    const input = { one: shared, two: shared, none: Object.create(null) };
    expect(plainData(input)).toEqual({ data: { one: shared, two: shared, none: {} }, refused: [] });
    expect(plainData(input).data).not.toBe(input);
    expect(plainData(Object.defineProperty({}, "hidden", { value: 1 })).data).toEqual({});
  });

  test("does not contain itself", () => {
    const ring: Record<string, unknown> = { a: 1 };
    ring.list = [ring];
    expect(plainData(ring)).toEqual({
      data: { a: 1, list: [undefined] },
      refused: [{ path: ["list", 0], problem: `contains itself: ${wanted}` }],
    });
  });

  test("has lists of ten thousand at most, objects as well", () => {
    const list = (length: number) => ({ list: Array.from({ length }, () => 0) });
    expect(problems(list(10_000))).toEqual([]);
    expect(problems(list(10_001))).toEqual([[["list"], "has 10001 elements: at most 10000 are read"]]);
    const fields = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`f${index}`, 0]));
    expect(problems(fields)).toEqual([[[], "has 10001 fields: at most 10000 are read"]]);
  });

  test("is fifty levels deep at most", () => {
    const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)]);
    expect(problems(deep(50))).toEqual([]);
    expect(problems(deep(51))).toEqual([
      [Array.from({ length: 50 }, () => 0), "is more than 50 levels deep"],
    ]);
  });

  test("goes on behind what can't be read, and after what throws", () => {
    const throwing = () => {
      throw new Error("no");
    };
    const input = Object.defineProperty({ a: new Date(0) }, "b", { enumerable: true, get: throwing });
    Object.assign(input, { c: [new Proxy({}, { ownKeys: throwing }), 5n], d: { e: throwing, f: 1 } });
    expect(plainData(input)).toEqual({
      data: { a: undefined, b: undefined, c: [undefined, undefined], d: { e: undefined, f: 1 } },
      refused: [
        { path: ["a"], problem: `is a Date: ${wanted}` },
        { path: ["b"], problem: `can't be read: ${wanted}` },
        { path: ["c", 0], problem: `can't be read: ${wanted}` },
        { path: ["c", 1], problem: `is a bigint: ${wanted}` },
        { path: ["d", "e"], problem: `is a function: ${wanted}` },
      ],
    });
  });
});
