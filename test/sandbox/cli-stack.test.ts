import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { UserError } from "../../sandbox/lib/fail.ts";
import { silent } from "../../sandbox/lib/progress.ts";

/** How runs of pulumi are prepared and how their ends are told, with a pulumi that only does what a test says. */

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-stack-"));
  vi.stubEnv("AI_PLATFORM_STATE", folder);
  vi.stubEnv("AI_PLATFORM_ENGINE", "official");
  vi.stubEnv("PULUMI_BACKEND_URL", undefined);
  vi.stubEnv("PATH", `${join(folder, "bin")}:${process.env.PATH}`);
  vi.resetModules();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** @param script of a shell, run for every command but the making of a stack; `$events` is the event log */
async function fakePulumi(script: string): Promise<void> {
  const text = `#!/bin/sh
    echo "$1 $2" >>${folder}/calls
    [ "$1" != stack ] || exit 0
    for events; do :; done
    ${script}`;
  await mkdir(join(folder, "bin"), { recursive: true });
  await writeFile(join(folder, "bin", "pulumi"), text, { mode: 0o755 });
}

const calls = async () => (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");

async function failureOfUp(): Promise<UserError> {
  const { up } = await import("../../sandbox/cli/stack.ts");
  const error = await up(silent, { refresh: false }).catch((reason: unknown) => reason);
  // Another copy of the class: the modules are loaded anew for each test.
  if (!(error instanceof Error && error.name === UserError.name)) throw error;
  return error as UserError;
}

test("a pulumi that was killed is said to be, with how to go on", async () => {
  await fakePulumi("kill -9 $$");
  const { message, remedy } = await failureOfUp();
  expect(message).toBe("pulumi preview was ended by SIGKILL.");
  expect(remedy.join("\n")).toMatch(/Run the same command again[\s\S]*dmesg/);
});

test("a failure shows the reasons and leaves out that the run as a whole failed", async () => {
  const events = [
    {
      diagnosticEvent: {
        severity: "error",
        message: "Pod a/b: ImagePullBackOff",
        urn: "urn:pulumi:l::p::k:a:Pod::b",
      },
    },
    { diagnosticEvent: { severity: "error", message: "update failed" } },
    {
      diagnosticEvent: {
        severity: "error",
        message: "update failed",
        urn: "urn:pulumi:l::p::pulumi:pulumi:Stack::p",
      },
    },
  ];
  const lines = events.map((event) => `printf '%s\\n' '${JSON.stringify(event)}' >>"$events"`);
  await fakePulumi([...lines, "exit 1"].join("\n"));
  expect((await failureOfUp()).message).toBe("pulumi preview failed:\nb (Pod): Pod a/b: ImagePullBackOff");
});

test("operations that a killed pulumi left unfinished are looked up in the cluster first", async () => {
  await fakePulumi("exit 0");
  const { up } = await import("../../sandbox/cli/stack.ts");
  await up(silent, { refresh: false });
  expect(await calls()).toEqual(["stack init", "preview --policy-pack"]);

  const stacks = join(folder, "pulumi/.pulumi/stacks/ai-platform");
  await mkdir(stacks, { recursive: true });
  const state = { checkpoint: { latest: { pending_operations: [{ type: "creating" }] } } };
  await writeFile(join(stacks, "local.json"), JSON.stringify(state));
  await rm(join(folder, "calls"));
  await up(silent, { refresh: false });
  expect(await calls()).toEqual(["refresh --yes", "preview --policy-pack"]);
});
