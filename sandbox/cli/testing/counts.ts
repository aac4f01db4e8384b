import { z } from "zod";

/** Counted test results. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Names of what failed, with the first lines of why. */
  failures: string[];
}

export const none = (): Counts => ({ passed: 0, failed: 0, skipped: 0, failures: [] });

export function add(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  };
}

const vitestSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number().default(0),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(""),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** Counts of vitest's JSON report. A file that could not be run counts as one failure. */
export function countVitest(json: string): Counts {
  const report = vitestSchema.parse(JSON.parse(json));
  const counts: Counts = {
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests,
    failures: [],
  };
  for (const { name, status, message, assertionResults } of report.testResults) {
    const failed = assertionResults.filter((result) => result.status === "failed");
    for (const { fullName, failureMessages } of failed) {
      counts.failures.push(`${fullName}\n${head(failureMessages?.[0] ?? "")}`);
    }
    if (status === "failed" && failed.length === 0) {
      counts.failed++;
      counts.failures.push(`${name}\n${head(message)}`);
    }
  }
  return counts;
}

const goEventSchema = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  ImportPath: z.string().optional(),
  Test: z.string().optional(),
  Output: z.string().optional(),
});

/** Counts of `go test -json`: tests and subtests, and packages that failed outside any test. */
export function countGo(lines: string): Counts {
  const counts = none();
  const output = new Map<string, string>();
  const failedTests = new Set<string>();
  for (const line of lines.split("\n")) {
    if (!line.startsWith("{")) continue;
    const event = goEventSchema.parse(JSON.parse(line));
    const owner = event.Package ?? event.ImportPath?.split(" ")[0] ?? "";
    const key = `${owner} ${event.Test ?? ""}`.trim();
    if (event.Output) output.set(key, (output.get(key) ?? "") + event.Output);
    if (event.Test) {
      if (event.Action === "pass") counts.passed++;
      if (event.Action === "skip") counts.skipped++;
      if (event.Action === "fail") {
        counts.failed++;
        failedTests.add(owner);
        counts.failures.push(`${key}\n${head(output.get(key) ?? "")}`);
      }
    } else if (event.Action === "fail" && !failedTests.has(owner)) {
      counts.failed++;
      counts.failures.push(`${owner}\n${head(output.get(owner) ?? "")}`);
    }
  }
  return counts;
}

/** Counts of a JUnit XML file as pytest writes it. */
export function countJunit(xml: string): Counts {
  const counts = none();
  for (const [, attributes = "", , body = ""] of xml.matchAll(
    /<testcase\b([^>]*?)(\/>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const problem = /<(?:failure|error)\b([^>]*)>/.exec(body)?.[1];
    if (problem !== undefined) {
      counts.failed++;
      counts.failures.push(
        `${attribute(attributes, "classname")} ${attribute(attributes, "name")}\n${head(attribute(problem, "message"))}`,
      );
    } else if (/<skipped\b/.test(body)) counts.skipped++;
    else counts.passed++;
  }
  return counts;
}

/** The closing line that tools read. */
export const closingLine = ({ passed, failed }: Counts): string => `${passed} passed, ${failed} failed`;

const head = (text: string): string =>
  text
    .split("\n")
    .slice(0, 12)
    .map((line) => `    ${line}`)
    .join("\n");

const attribute = (attributes: string, name: string): string =>
  decode(new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "");

const entities: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

const decode = (text: string): string =>
  text.replace(/&(#(\d+)|\w+);/g, (whole, name: string, code: string | undefined) =>
    code ? String.fromCodePoint(Number(code)) : (entities[name] ?? whole),
  );
