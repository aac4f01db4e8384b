import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { aptStatus, missingPackages } from "../../sandbox/toolchain/debian.ts";
import { explainFailure, isNetworkFailure } from "../../sandbox/toolchain/diagnose.ts";
import { olderThan } from "../../sandbox/toolchain/go-tool.ts";
import { contentKey, localReplacements, moduleFiles } from "../../sandbox/toolchain/key.ts";
import { lockOwner, tryLock, unlock, withLock } from "../../sandbox/toolchain/lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "toolchain-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the key of a build", () => {
  const module = async (name: string, files: Record<string, string>) => {
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, name, path);
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, content);
    }
    return join(folder, name);
  };
  const files = { "go.mod": "module x\n", "go.sum": "", "main.go": "package main", "web/index.html": "<p>" };

  test("is the same for the same content in another folder", async () => {
    expect(await contentKey(await module("a", files), ["1.26"])).toBe(
      await contentKey(await module("b", files), ["1.26"]),
    );
  });

  test.each<[string, Record<string, string>]>([
    ["go.mod", { "go.mod": "module y\n" }],
    ["go.sum", { "go.sum": "x v1 h1:=\n" }],
    ["a source", { "main.go": "package main // 2" }],
    ["an embedded file", { "web/index.html": "<b>" }],
    ["a new file", { "other.go": "package main" }],
  ])("changes with %s", async (_, change) => {
    const before = await contentKey(await module("a", files), []);
    expect(await contentKey(await module("b", { ...files, ...change }), [])).not.toBe(before);
  });

  test("changes with flags, environment and Go's version", async () => {
    const dir = await module("a", files);
    expect(await contentKey(dir, ["1.26", "-X a=b"])).not.toBe(await contentKey(dir, ["1.26", "-X a=c"]));
  });

  test("does not change with tests and other languages", async () => {
    const more = {
      "main_test.go": "package main",
      "cluster.ts": "x",
      "testdata/in.go": "x",
      "node_modules/a/b.js": "x",
    };
    const dir = await module("a", { ...files, ...more });
    expect((await moduleFiles(dir)).map((path) => path.slice(dir.length + 1))).toEqual([
      "go.mod",
      "go.sum",
      "main.go",
      "web/index.html",
    ]);
  });

  test("changes with a module that is replaced by a folder", async () => {
    const goMod =
      "module x\nrequire lib v0.0.0\nreplace lib => ../lib\nreplace k8s.io/api => k8s.io/api v0.36.2\n";
    expect(localReplacements(goMod)).toEqual(["../lib"]);
    const dir = await module("a", { ...files, "go.mod": goMod });
    await module("lib", { "go.mod": "module lib\n", "lib.go": "package lib" });
    const before = await contentKey(dir, []);
    await module("lib", { "lib.go": "package lib // 2" });
    expect(await contentKey(dir, [])).not.toBe(before);
  });
});

test.each([
  ["1.26.8", "1.26", false],
  ["1.26.8", "1.26.8", false],
  ["1.26.8", "1.27", true],
  ["1.19", "1.26.0", true],
  ["1.26", "1.26.1", true],
  ["2.0", "1.99.9", false],
  ["1.27rc1", "1.26.8", false],
])("Go %s is older than %s: %s", (version, needed, older) => {
  expect(olderThan(version, needed)).toBe(older);
});

describe("locks", () => {
  test("exclude others and name who holds them", async () => {
    const path = join(folder, "lock");
    expect(await tryLock(path, "npm start")).toBeUndefined();
    expect(await tryLock(path, "npm stop")).toMatchObject({ pid: process.pid, purpose: "npm start" });
    unlock(path);
    expect(await tryLock(path, "npm stop")).toBeUndefined();
    unlock(path);
  });

  test.each(["", "{", '{"pid": 1}', '{"pid":1,"started":"never","purpose":"x","since":"y"}'])(
    "left behind as %j are taken over",
    async (text) => {
      const path = join(folder, "lock");
      await writeFile(path, text);
      expect(await tryLock(path, "npm start")).toBeUndefined();
      expect(lockOwner(path)?.pid).toBe(process.pid);
      unlock(path);
    },
  );

  test("of a process that has ended are taken over", async () => {
    const path = join(folder, "lock");
    const child = spawn("sleep", ["60"]);
    const stat = await readFile(`/proc/${child.pid}/stat`, "utf8");
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    await writeFile(path, JSON.stringify({ pid: child.pid, started, purpose: "x", since: "y" }));
    expect(await tryLock(path, "npm start")).toMatchObject({ pid: child.pid });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
    expect(await tryLock(path, "npm start")).toBeUndefined();
    unlock(path);
  });

  test("are waited for, and given back after a failure", async () => {
    const path = join(folder, "lock");
    const order: string[] = [];
    const failing = withLock(
      path,
      "first",
      () => undefined,
      async () => {
        await sleep(100);
        order.push("first");
        throw new Error("no");
      },
    );
    await sleep(20);
    const second = withLock(
      path,
      "second",
      (owner) => order.push(`waits for ${owner.purpose}`),
      async () => {
        order.push("second");
      },
    );
    await expect(failing).rejects.toThrow("no");
    await second;
    expect(order).toEqual(["waits for first", "first", "second"]);
  });
});

describe("Debian packages", () => {
  test("that are there are found in a moment", async () => {
    expect(await missingPackages(["dpkg", "no-such-package-anywhere"])).toEqual(["no-such-package-anywhere"]);
  });

  test.each([
    [
      "dlstatus:1:20.5:Retrieving file 3 of 10 (12s remaining)",
      "downloading: 21 % (Retrieving file 3 of 10 (12s remaining))",
    ],
    ["pmstatus:runc:45.2:Unpacking runc (amd64)", "installing: 45 % (Unpacking runc (amd64))"],
    ["media-change: x", undefined],
  ])("%s", (line, text) => {
    expect(aptStatus(line)).toBe(text);
  });
});

describe("failures in words", () => {
  test.each([
    "write /x: no space left on device",
    "E: You don't have enough free space in /var/cache/apt/archives/.",
    "npm error code ENOSPC",
  ])("%s is a full disk", (output) => {
    const error = explainFailure("Building x", output);
    expect(error.message).toContain("disk is full");
    expect(error.remedy.join()).toContain("AI_PLATFORM_CACHE");
  });

  test.each([
    "dial tcp: lookup proxy on 10.0.0.1:53: no such host",
    "dial tcp 127.0.0.1:9: connect: connection refused",
    "Err:1 Temporary failure resolving 'deb'",
    "E: Failed to fetch http://x",
    "net/http: TLS handshake timeout",
  ])("%s is the network", (output) => {
    expect(isNetworkFailure(output)).toBe(true);
    expect(explainFailure("x", output).remedy.join()).toContain("Check the network");
  });

  test("anything else is told as the tool tells it, its last lines", () => {
    const output = `${"noise\n".repeat(100)}main.go:3: undefined: x\n`;
    expect(explainFailure("Building x", output).message).toMatch(
      /^Building x failed:\n(noise\n){24}main.go:3: undefined: x$/,
    );
  });
});
