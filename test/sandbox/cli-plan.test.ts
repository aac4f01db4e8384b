import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { planDocumentSchema } from "../../report/plan/schema.ts";

// A process that runs many commands would get the signal handlers of each.
vi.mock("../../sandbox/cli/signals.ts", () => ({
  handleSignals: () => undefined,
  interruptedBy: () => undefined,
}));

/** `npm run plan` as a person calls it: what it prints, and its exit code. */

let folder: string;
const out: string[] = [];
const err: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ai-platform-plan-"));
  vi.stubEnv("AI_PLATFORM_STATE", folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation((text) => out.push(String(text)));
  vi.spyOn(console, "error").mockImplementation((text) => err.push(String(text)));
});
afterEach(() => {
  vi.restoreAllMocks();
  out.length = 0;
  err.length = 0;
});

async function plan(...args: string[]) {
  const { main } = await import("../../sandbox/cli/cli.ts");
  return { code: await main(["plan", ...args]), out: out.join("\n"), err: err.join("\n") };
}

async function specFile(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const platform = {
  environment: "dev",
  ownership: { owner: "team", costCenter: "cc" },
  cloud: { region: "us-east-1" },
  gateway: { host: "ai.example.com" },
  models: { chat: { model: "Qwen/Qwen3-8B", quantization: "fp8" } },
};

describe("a call that can't be meant", () => {
  test.each([
    [[], /one environment \(local, dev, staging, prod\) or --spec FILE.json is needed/],
    [["dev", "prod"], /one environment/],
    [["stagign"], /unknown environment stagign.*staging/],
    [["dev", "--spec", "x.json"], /one environment/],
    [["--spec", "x.json", "--write"], /--write keeps the plan of an environment/],
    [["dev", "--jsno"], /unknown option --jsno.*--json/],
  ])("%j says what is, with exit code 2 and no stack trace", async (args, message) => {
    const { code, err } = await plan(...args);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
  });
});

describe("a description in JSON", () => {
  test("is planned, and its document keeps to the schema", async () => {
    const { code, out } = await plan(
      "--spec",
      await specFile("good.json", JSON.stringify(platform)),
      "--json",
    );
    const document = planDocumentSchema.parse(JSON.parse(out));
    expect(code).toBe(0);
    expect(document.models).toMatchObject([{ name: "chat", engine: "vllm", quantization: "fp8" }]);
    expect(document.infrastructure?.region).toBe("us-east-1");
  });

  test.each([
    ["missing.json", undefined, /missing.json can't be read as JSON: ENOENT/],
    ["text.json", "environment: dev", /text.json can't be read as JSON/],
    [
      "faulty.json",
      JSON.stringify({ ...platform, gatway: {} }),
      /gatway = \{\}: unknown, did you mean gateway\?/,
    ],
  ])("%s is refused with what is wrong and exit code 1", async (name, text, message) => {
    const file = text === undefined ? join(folder, name) : await specFile(name, text);
    const { code, err, out } = await plan("--spec", file);
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/^\s+at /m);
    expect(out).toBe("");
  });

  test("that can't be brought up is shown with its problems first, and exit code 1", async () => {
    const broke = { ...platform, budget: { usdPerMonth: 10 } };
    const { code, out } = await plan("--spec", await specFile("broke.json", JSON.stringify(broke)));
    expect(code).toBe(1);
    expect(out).toMatch(/^dev in us-east-1, 2 zones: can't be brought up as described/);
    expect(out).toMatch(
      /Problems\n {2}- costs \$\d+ a month, \$\d+ above the budget of \$10\.00: raise budget/,
    );
  });
});

test("why is only told when asked for", async () => {
  const file = await specFile("why.json", JSON.stringify(platform));
  expect((await plan("--spec", file)).out).not.toContain("Runner-up");
  out.length = 0;
  expect((await plan("--spec", file, "--why")).out).toMatch(/models\/chat: fp8 on 1 x .*Runner-up: /);
});
