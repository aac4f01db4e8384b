import { spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { missingPackages } from "../../sandbox/toolchain/debian.ts";
import { tryLock, unlock } from "../../sandbox/toolchain/lock.ts";
import { freePort, listen } from "../support/loopback.ts";

/** Everything a person can meet: one clear message, what to do, an exit code, nothing half done. */

const main = join(repoRoot, "sandbox/cli/main.mjs");
const nobody = 65534;
const asNobody = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
const works = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const isRoot = process.getuid?.() === 0;
const canBeNobody = isRoot && works(asNobody[0] ?? "", ...asNobody.slice(1), "test", "-r", main);
const canMount = isRoot && works("unshare", "--mount", "true");

let folder: string;
let state: string;
let server: Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-errors-"));
  state = join(folder, "state");
});
afterEach(async () => {
  server?.close();
  await rm(folder, { recursive: true, force: true });
});

const environment = () => ({
  AI_PLATFORM_STATE: state,
  AI_PLATFORM_CACHE: join(folder, "cache"),
  NO_COLOR: "1",
});
const call = (args: string[], env: Record<string, string> = {}, before: string[] = []) => {
  const [command = "", ...rest] = [...before, process.execPath, main, ...args];
  return execa(command, rest, { env: { ...environment(), ...env }, reject: false, stdin: "ignore" });
};

/** A failure that a person can act on: no stack trace, and nothing in the state but the log. */
async function expectRefused(result: Awaited<ReturnType<typeof call>>, ...parts: (string | RegExp)[]) {
  for (const part of parts) {
    if (typeof part === "string") expect(result.stderr).toContain(part);
    else expect(result.stderr).toMatch(part);
  }
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.exitCode).toBe(1);
  const left = await readdir(state).catch(() => []);
  expect(left.filter((name) => name !== "logs")).toEqual([]);
}

async function kubeconfigTo(port: number): Promise<string> {
  const path = join(folder, "kubeconfig");
  const text = `
clusters: [{name: c, cluster: {server: "https://127.0.0.1:${port}"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: mine, context: {cluster: c, user: u}}, {name: ai-platform-local, context: {cluster: c, user: u}}]
`;
  await writeFile(path, text);
  return path;
}

describe("npm start", () => {
  test("names the program that has its port", async () => {
    server = createServer();
    const port = await listen(server);
    const result = await call(["start", "--port", String(port), "--api-port", String(await freePort())]);
    await expectRefused(
      result,
      `Port ${port} on 127.0.0.1 is taken by node (process ${process.pid}).`,
      "--port",
    );
  });

  test("does not give one port to two", async () => {
    const result = await call(["start", "--port", "7000", "--api-port", "7000"]);
    expect(result.stderr).toContain("port 7000 cannot be the entrance's (--port) and");
    expect(result.exitCode).toBe(2);
    expect(await readdir(state)).toEqual(["logs"]);
  });

  test.skipIf(!canBeNobody)("needs root, and says what goes without", async () => {
    await chmod(folder, 0o755);
    await mkdir(state);
    await mkdir(join(folder, "cache"));
    await chown(state, nobody, nobody);
    await chown(join(folder, "cache"), nobody, nobody);
    const result = await call(["start"], { HOME: folder }, asNobody);
    await expectRefused(result, /needs root/, /sudo/, /--context/);
  });

  test.skipIf(!canBeNobody)("names a folder that it cannot write to", async () => {
    await chmod(folder, 0o755);
    const result = await call(["start"], { HOME: folder }, asNobody);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/cannot be written to[\s\S]*AI_PLATFORM_CACHE/);
  });

  test.skipIf(!canMount)("stops on a full disk before it has begun", async () => {
    await mkdir(state);
    const fill = `mount -t tmpfs -o size=64k none ${state} && { head -c 1M /dev/zero >${state}/full 2>/dev/null; exec "$@"; }`;
    const result = await call(["start"], {}, ["unshare", "--mount", "sh", "-c", fill, "sh"]);
    expect(result.stderr).toMatch(new RegExp(`The disk of ${state} is full\\.[\\s\\S]*AI_PLATFORM_STATE`));
    expect(result.exitCode).toBe(1);
  });

  test("knows when another is running, and takes over the lock of one that was killed", async () => {
    const lock = join(state, "platform.lock");
    await tryLock(lock, "npm start");
    const result = await call(["start"]);
    unlock(lock);
    expect(result.stderr).toMatch(`npm start is running already: process ${process.pid}`);
    expect(result.stderr).toMatch(`kill ${process.pid}`);
    expect(result.exitCode).toBe(1);
  });

  test("needs a context that the kubeconfig has", async () => {
    const env = { KUBECONFIG: await kubeconfigTo(1) };
    await expectRefused(
      await call(["start", "--context", "mien"], env),
      /Did you mean mine\?/,
      /get-contexts/,
    );
  });

  test("needs a cluster that answers", async () => {
    const port = await freePort();
    // The engine is not to be built for this.
    const env = { KUBECONFIG: await kubeconfigTo(port), AI_PLATFORM_ENGINE: "sandbox" };
    const result = await call(["start", "--context", "mine"], env);
    expect(result.stderr).toMatch(`No Kubernetes answers at https://127.0.0.1:${port}`);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.exitCode).toBe(1);
  });
});

test.each([
  ["destroy", /There is no local platform yet/],
  ["status", undefined],
  ["stop", undefined],
])("%s without a platform leaves nothing behind", async (command, message) => {
  const result = await call([command]);
  if (message) await expectRefused(result, message, /npm start/);
  else expect(result.stdout).toMatch(/[Nn]ot running/);
});

test("kubectl says that there is no platform yet", async () => {
  await expectRefused(await call(["kubectl", "get", "pods"]), /There is no local platform yet/, /npm start/);
});

test("an up without a cluster is refused before anything is created", async () => {
  const bin = join(folder, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "pulumi"), `#!/bin/sh\necho "$@" >>${folder}/calls\n`, { mode: 0o755 });
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    AI_PLATFORM_ENGINE: "official",
    PULUMI_BACKEND_URL: "file:///none",
  };
  const result = await call(["pulumi", "up", "-s", "local", "--yes"], env);
  expect(result.stderr).toMatch(/There is no local platform yet[\s\S]*npm start/);
  expect(result.exitCode).toBe(1);
  expect(await readdir(folder)).not.toContain("calls");
});

test("an environment that there is none of is not handed to pulumi", async () => {
  const result = await call(["pulumi", "preview", "-s", "stagin"]);
  expect(result.stderr).toBe("There is no environment stagin. Did you mean staging?");
  expect(result.exitCode).toBe(2);
});

describe("building", () => {
  const fakeGo = async (body: string) => {
    const bin = join(folder, "bin");
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, "go"), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
    return { PATH: `${bin}:${process.env.PATH}` };
  };
  const goEnv = (version: string) =>
    `[ "$1" = env ] && printf 'go${version}\\nlinux\\namd64\\n${"/none\\n".repeat(2)}' && exit`;

  test("asks for a newer Go when this one is too old", async () => {
    const result = await call(["build", "coredns"], await fakeGo(goEnv("1.19.8")));
    await expectRefused(result, /Go 1\.19\.8 \(.*\) is too old/, /Install Go 1\.\d+/);
  });

  test("tells a failed download from a broken program", async () => {
    const body = `${goEnv("1.99")}\n[ "$1" = mod ] && [ "$2" = edit ] && echo '{}' && exit\necho 'write x: no space left on device' >&2; exit 1`;
    await expectRefused(await call(["build", "coredns"], await fakeGo(body)), /the disk is full/, /df -h/);
  });

  test("ends its children on SIGTERM, says how to go on, and leaves no half-built program", async () => {
    const mark = join(folder, "running");
    const body = `${goEnv("1.99")}\n[ "$1" = mod ] && echo '{}' && exit\n[ "$1" = list ] && echo main && exit\necho $$ >${mark}; exec sleep 60`;
    const running = call(["build", "coredns"], await fakeGo(body));
    for (let tries = 0; (await readdir(folder)).indexOf("running") < 0 && tries < 200; tries++)
      await sleep(100);
    running.kill("SIGTERM");
    const result = await running;
    expect(result.stderr).toMatch(/Stopped\. Run `.* build` again: it goes on where it stopped/);
    expect(result.exitCode).toBe(143);
    const pid = (await readFile(mark, "utf8")).trim();
    // Whoever inherits the dead process takes a moment to notice.
    await vi.waitFor(() => expect(works("kill", "-0", pid)).toBe(false), 5000);
    const left = await readdir(join(folder, "cache"), { recursive: true });
    expect(left.filter((name) => /[^/]+\/[^/]+\/coredns$/.test(name))).toEqual([]);
  });
});

test("a machine without Debian's package manager is told what to use", async () => {
  const path = process.env.PATH;
  process.env.PATH = folder;
  try {
    await expect(missingPackages(["runc"])).rejects.toThrow(/no Debian package manager/);
  } finally {
    process.env.PATH = path;
  }
});
