import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { render, statusSchema } from "../../sandbox/cli/status.ts";

/** What the command line keeps between two runs. The state folder is read at import: modules are loaded after it is set. */

let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), "cli-state-"));
  vi.stubEnv("AI_PLATFORM_STATE", state);
  vi.resetModules();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(state, { recursive: true, force: true });
});

describe("settings", () => {
  test("are the defaults until they are written, and after they were spoilt", async () => {
    const { readSettings, writeSettings } = await import("../../sandbox/cli/settings.ts");
    const defaults = { webPort: 8080, apiPort: 6443 };
    expect(await readSettings()).toEqual(defaults);
    await writeSettings({ webPort: 9000, apiPort: 7000, context: "kind-x" });
    expect(await readSettings()).toEqual({ webPort: 9000, apiPort: 7000, context: "kind-x" });
    await writeFile(join(state, "settings.json"), '{"webPort": "x"');
    expect(await readSettings()).toEqual(defaults);
  });

  test("forget the cluster but not the ports when the platform is gone", async () => {
    const { readSettings, writeSettings } = await import("../../sandbox/cli/settings.ts");
    const { forgetCluster } = await import("../../sandbox/cli/cluster-identity.ts");
    await writeSettings({ webPort: 9000, apiPort: 7000, context: "kind-x", clusterId: "uid" });
    await forgetCluster();
    expect(await readSettings()).toEqual({ webPort: 9000, apiPort: 7000 });
  });
});

test("the derived kubeconfig is for its owner only", async () => {
  const { localKubeconfig, writeLocalKubeconfig } = await import("../../sandbox/cli/kubeconfig.ts");
  await writeLocalKubeconfig("apiVersion: v1\n");
  expect((await stat(localKubeconfig)).mode & 0o777).toBe(0o600);
});

describe("the lock that pulumi keeps on a stack", () => {
  const lockOf = async (pid: number | undefined, host = hostname()) => {
    const folder = join(state, "pulumi/.pulumi/locks/organization/ai-platform/local");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "one.json"), JSON.stringify({ pid, hostname: host, username: "u" }));
  };
  /** A pulumi that notes what it is called with, and takes its locks away. */
  const fakePulumi = async () => {
    const bin = join(state, "bin");
    await mkdir(bin, { recursive: true });
    const script = `#!/bin/sh\necho "$@" >>${state}/calls\nrm -rf ${state}/pulumi/.pulumi/locks\n`;
    await writeFile(join(bin, "pulumi"), script, { mode: 0o755 });
    return { PATH: `${bin}:${process.env.PATH}` };
  };

  test("is released when its process is gone, and only then", async () => {
    const { releaseStaleLock } = await import("../../sandbox/cli/stack-state.ts");
    const env = await fakePulumi();
    expect(await releaseStaleLock("local", env)).toBe(false);

    const program = join(state, "pulumi-at-work");
    await copyFile("/bin/sleep", program);
    const child = spawn(program, ["60"]);
    await lockOf(child.pid);
    await expect(releaseStaleLock("local", env)).rejects.toThrow(`Another pulumi (process ${child.pid})`);
    expect(await releaseStaleLock("dev", env)).toBe(false);

    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(await releaseStaleLock("local", env)).toBe(true);
    expect(await readFile(join(state, "calls"), "utf8")).toBe("cancel local --yes --non-interactive\n");
    expect(await releaseStaleLock("local", env)).toBe(false);
  });

  test("is released when its process is dead and nobody waited for it", async () => {
    const { releaseStaleLock } = await import("../../sandbox/cli/stack-state.ts");
    const program = join(state, "pulumi-killed");
    await copyFile("/bin/sleep", program);
    // The shell becomes a program that never waits for the child that the shell started.
    const parent = spawn("sh", ["-c", `${program} 60 & echo $!; exec sleep 60`]);
    const pid = Number(await new Promise((resolve) => parent.stdout.once("data", resolve)));
    await vi.waitFor(async () => expect(await readFile(`/proc/${parent.pid}/comm`, "utf8")).toBe("sleep\n"));
    process.kill(pid, "SIGKILL");
    await vi.waitFor(async () => expect(await readFile(`/proc/${pid}/stat`, "utf8")).toContain(") Z "));
    await lockOf(pid);
    expect(await releaseStaleLock("local", await fakePulumi())).toBe(true);
    parent.kill("SIGKILL");
  });

  test("does not count when its number has gone to another program", async () => {
    const { releaseStaleLock } = await import("../../sandbox/cli/stack-state.ts");
    await lockOf(process.pid);
    expect(await releaseStaleLock("local", await fakePulumi())).toBe(true);
  });

  test("of another machine is left alone", async () => {
    const { releaseStaleLock } = await import("../../sandbox/cli/stack-state.ts");
    await lockOf(1, "elsewhere");
    expect(await releaseStaleLock("local", await fakePulumi())).toBe(false);
  });
});

test("operations that a killed pulumi noted as pending are found in the stack's state", async () => {
  const { hasUnfinishedOperations } = await import("../../sandbox/cli/stack-state.ts");
  expect(await hasUnfinishedOperations("fresh")).toBe(false);
  const folder = join(state, "pulumi/.pulumi/stacks/ai-platform");
  await mkdir(folder, { recursive: true });
  for (const [latest, expected] of [
    [undefined, false],
    [{ resources: [] }, false],
    [{ pending_operations: [] }, false],
    [{ pending_operations: [{ type: "creating" }] }, true],
  ] as const) {
    await writeFile(join(folder, "local.json"), JSON.stringify({ version: 3, checkpoint: { latest } }));
    expect(await hasUnfinishedOperations("local"), JSON.stringify(latest)).toBe(expected);
  }
});

describe("status", () => {
  const service = {
    name: "postgres",
    ready: false,
    workload: {
      kind: "StatefulSet" as const,
      namespace: "data",
      name: "postgres",
      readyPods: 0,
      wantedPods: 1,
    },
    auth: {
      kind: "password" as const,
      secret: { namespace: "data", name: "pg" },
      user: "postgres",
      keys: ["password"],
    },
  };
  const running = { kind: "sandbox" as const, running: true, server: "https://127.0.0.1:6443" };

  test("is a document of its schema", () => {
    expect(statusSchema.parse({ cluster: running, ready: false, services: [service] }).services).toEqual([
      service,
    ]);
  });

  test("tells a person what is not ready, and what to do where nothing runs", () => {
    expect(render({ cluster: running, ready: false, services: [service] })).toMatch(
      /postgres +not ready +0\/1 +inside/,
    );
    expect(render({ cluster: running, ready: false, services: [] })).toMatch(
      /without the platform[\s\S]*npm start/,
    );
    const stopped = { kind: "context" as const, context: "kind-x", running: false, reason: "refused" };
    expect(render({ cluster: stopped, ready: false, services: [] })).toMatch(
      /your cluster kind-x\): refused[\s\S]*npm start/,
    );
  });

  test("mentions the simulated AWS while it runs", () => {
    const stopped = { kind: "sandbox" as const, running: false, reason: "none" };
    const aws = {
      ...{ running: true, endpoint: "http://127.0.0.1:1", since: "noon", folder: "/state/aws" },
      environments: [{ environment: "dev", resources: 274, changed: "later" }],
      ...{ calls: 1, failedCalls: 0, faults: 0 },
    };
    expect(render({ cluster: stopped, ready: false, services: [], aws })).toMatch(
      /Not running[\s\S]*simulated AWS runs at http:\/\/127\.0\.0\.1:1 since noon, with dev\. It is no account/,
    );
  });
});
