import { describe, expect, test } from "vitest";
import {
  add,
  closingLine,
  countGo,
  countJunit,
  countVitest,
  none,
} from "../../sandbox/cli/testing/counts.ts";

describe("vitest's report", () => {
  const report = (testResults: unknown[], numbers: object) =>
    JSON.stringify({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, ...numbers, testResults });

  test("counts tests and tells why they failed", () => {
    const counts = countVitest(
      report(
        [
          {
            name: "/a.test.ts",
            status: "failed",
            assertionResults: [
              { fullName: "a works", status: "passed" },
              { fullName: "a fails", status: "failed", failureMessages: ["expected 1\nto be 2"] },
            ],
          },
        ],
        { numPassedTests: 1, numFailedTests: 1, numPendingTests: 2 },
      ),
    );
    expect(counts).toMatchObject({ passed: 1, failed: 1, skipped: 2 });
    expect(counts.failures).toEqual(["a fails\n    expected 1\n    to be 2"]);
  });

  test("a file that does not load is a failure", () => {
    const file = { name: "/b.test.ts", status: "failed", message: "SyntaxError", assertionResults: [] };
    expect(countVitest(report([file], {}))).toMatchObject({
      failed: 1,
      failures: ["/b.test.ts\n    SyntaxError"],
    });
  });
});

describe("go test -json", () => {
  const lines = (...events: object[]) => events.map((event) => JSON.stringify(event)).join("\n");

  test("counts tests, not packages", () => {
    const counts = countGo(
      lines(
        { Action: "start", Package: "p" },
        { Action: "pass", Package: "p", Test: "TestA" },
        { Action: "skip", Package: "p", Test: "TestB" },
        { Action: "output", Package: "p", Test: "TestC", Output: "p_test.go:3: wrong\n" },
        { Action: "fail", Package: "p", Test: "TestC" },
        { Action: "fail", Package: "p" },
      ),
    );
    expect(counts).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
    expect(counts.failures[0]).toContain("p_test.go:3: wrong");
  });

  test("a package that does not compile is one failure", () => {
    const counts = countGo(
      lines(
        { ImportPath: "p [p.test]", Action: "build-output", Output: "undefined: x\n" },
        { ImportPath: "p [p.test]", Action: "build-fail" },
        { Action: "fail", Package: "p" },
      ),
    );
    expect(counts).toMatchObject({ passed: 0, failed: 1 });
    expect(counts.failures[0]).toContain("undefined: x");
  });
});

test("pytest's JUnit file", () => {
  const xml = `<?xml version="1.0"?><testsuites><testsuite tests="4">
    <testcase classname="t" name="ok" time="0.1" />
    <testcase classname="t" name="ok[a&gt;b]" time="0.1"><system-out>x</system-out></testcase>
    <testcase classname="t" name="bad" time="0.1"><failure message="assert 1 &lt; 0&#10;more">trace</failure></testcase>
    <testcase classname="t" name="broken" time="0.1"><error message="boom">trace</error></testcase>
    <testcase classname="t" name="later" time="0.1"><skipped message="no">x</skipped></testcase>
  </testsuite></testsuites>`;
  const counts = countJunit(xml);
  expect(counts).toMatchObject({ passed: 2, failed: 2, skipped: 1 });
  expect(counts.failures).toEqual(["t bad\n    assert 1 < 0\n    more", "t broken\n    boom"]);
});

test("groups add up to the closing line", () => {
  const one = { passed: 2, failed: 0, skipped: 1, failures: [] };
  const other = { passed: 3, failed: 1, skipped: 0, failures: ["x"] };
  expect(closingLine(add(add(none(), one), other))).toBe("5 passed, 1 failed");
});
