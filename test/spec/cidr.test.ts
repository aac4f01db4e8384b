import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressCount, formatCidr, overlap, parseCidr, partOf } from "../../spec/cidr.ts";

const octet = fc.integer({ min: 0, max: 255 });
const range = fc
  .tuple(octet, octet, octet, octet, fc.integer({ min: 0, max: 32 }))
  .map(([a, b, c, d, prefix]) => `${a}.${b}.${c}.${d}/${prefix}`);

describe("an IPv4 range", () => {
  test.each([
    ["10.0.3.7/16", "10.0.0.0/16"],
    ["255.255.255.255/1", "128.0.0.0/1"],
    ["192.168.1.129/25", "192.168.1.128/25"],
    ["0.0.0.0/0", "0.0.0.0/0"],
  ])("%s is %s", (text, normal) => {
    expect(formatCidr(parseCidr(text))).toBe(normal);
  });

  test("formatting what was read, and reading it again, changes nothing more", () => {
    fc.assert(
      fc.property(range, (text) => {
        const once = formatCidr(parseCidr(text));
        expect(formatCidr(parseCidr(once))).toBe(once);
      }),
    );
  });

  test.each(["10.0.0.0", "10.0.0/16", "256.0.0.0/8", "10.0.0.0/33", "fd00::/8", "10.0.0.0/16 "])(
    "%s is none",
    (text) => {
      expect(() => parseCidr(text)).toThrow(RangeError);
    },
  );

  test("two ranges overlap exactly when one starts inside the other", () => {
    fc.assert(
      fc.property(range, range, (one, other) => {
        const [a, b] = [parseCidr(one), parseCidr(other)];
        const startsIn = (x: typeof a, y: typeof a) =>
          x.first >= y.first && x.first <= y.first + addressCount(y) - 1;
        expect(overlap(a, b)).toBe(startsIn(a, b) || startsIn(b, a));
      }),
    );
  });

  test("neighbours do not overlap: 10.0.0.0/17 ends where 10.0.128.0/17 starts", () => {
    expect(overlap(parseCidr("10.0.0.0/17"), parseCidr("10.0.128.0/17"))).toBe(false);
    expect(overlap(parseCidr("10.0.0.0/16"), parseCidr("10.0.128.0/17"))).toBe(true);
  });
});

describe("a part of a range", () => {
  test("block 3 of length 18 in 10.0.0.0/16 is 10.0.192.0/18", () => {
    expect(formatCidr(partOf(parseCidr("10.0.0.0/16"), 18, 3))).toBe("10.0.192.0/18");
  });

  test("there is none beyond the end, before the start, or larger than the whole", () => {
    const block = parseCidr("10.0.0.0/16");
    expect(() => partOf(block, 18, 4)).toThrow("10.0.0.0/16 has no /18 number 4");
    expect(() => partOf(block, 18, -1)).toThrow(RangeError);
    expect(() => partOf(block, 15, 0)).toThrow(RangeError);
  });
});
