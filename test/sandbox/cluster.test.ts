import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  cgroupFolders,
  cgroupName,
  cgroupVersion,
  processesIn,
  removeCgroup,
} from "../../sandbox/cluster/cgroups.ts";
import { describeStart } from "../../sandbox/cluster/follow.ts";
import { archivedImages, danglingImages, parseImageList } from "../../sandbox/cluster/import.ts";
import { missingCapabilities } from "../../sandbox/cluster/machine.ts";
import { isAlive, parseStat } from "../../sandbox/cluster/processes.ts";
import { UserError } from "../../sandbox/lib/fail.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cluster-test-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("processes", () => {
  test("a name with spaces and parentheses does not shift the fields of stat", () => {
    const numbers = Array.from({ length: 30 }, (_, index) => String(index + 4));
    expect(parseStat(`12 (a) b (c)) S ${numbers.join(" ")}`)).toEqual({ state: "S", started: "22" });
  });

  test("a process is alive only under its own start time", async () => {
    const child = spawn("sleep", ["60"]);
    const pid = child.pid ?? 0;
    const { stdout } = await execa("cat", [`/proc/${pid}/stat`]);
    const startTime = parseStat(stdout).started ?? "";
    expect(await isAlive({ pid, startTime })).toBe(true);
    expect(await isAlive({ pid, startTime: `${startTime}0` })).toBe(false);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("exit", resolve));
    expect(await isAlive({ pid, startTime })).toBe(false);
  });
});

describe("machine", () => {
  test("every missing capability is named with what it is needed for", () => {
    expect(missingCapabilities("CapEff:\t000001ffffffffff\n")).toEqual([]);
    const withoutAdmin = (0x1ffffffffffn & ~(1n << 21n)).toString(16);
    expect(missingCapabilities(`CapEff:\t${withoutAdmin}\n`).map(({ name }) => name)).toEqual([
      "CAP_SYS_ADMIN",
    ]);
    expect(missingCapabilities("CapEff:\t0000000000000000\n").length).toBeGreaterThan(5);
  });

  test("the cgroup version follows from what is mounted", async () => {
    const unified = join(folder, "unified");
    const split = join(folder, "split");
    await mkdir(join(split, "memory"), { recursive: true });
    await mkdir(unified);
    expect(cgroupVersion(unified)).toBe("none");
    await writeFile(join(unified, "cgroup.controllers"), "cpu memory");
    await writeFile(join(split, "memory", "cgroup.procs"), "");
    expect(cgroupVersion(unified)).toBe("v2");
    expect(cgroupVersion(split)).toBe("v1");
  });
});

describe("what a killed run left", () => {
  test("is found in every hierarchy, with the processes in it, and removed", async () => {
    const mounts = join(folder, "mounts");
    const name = cgroupName("/some/state");
    for (const hierarchy of ["cpu", "memory", "other"])
      await mkdir(join(mounts, hierarchy), { recursive: true });
    for (const hierarchy of ["cpu", "memory"]) {
      await mkdir(join(mounts, hierarchy, name, "kubepods", "pod1"), { recursive: true });
    }
    const folders = await cgroupFolders(name, mounts);
    expect(folders.sort()).toEqual([join(mounts, "cpu", name), join(mounts, "memory", name)]);
    for (const found of folders) await removeCgroup(found);
    expect(await cgroupFolders(name, mounts)).toEqual([]);
    expect(existsSync(join(mounts, "other"))).toBe(true);
  });

  test("counts processes of a group and below", async () => {
    const group = join(folder, "group");
    await mkdir(join(group, "pod"), { recursive: true });
    await writeFile(join(group, "cgroup.procs"), "11\n12\n");
    await writeFile(join(group, "pod", "cgroup.procs"), "13\n");
    expect(await processesIn(group)).toEqual([11, 12, 13]);
  });

  test("the name of the cgroup is the one that the node derives", () => {
    // sha256("/tmp/cl-state"), as node/cgroup.go has it
    expect(cgroupName("/tmp/cl-state")).toBe("ai-platform-b59db890");
  });
});

describe("images", () => {
  test("those of the node are read from containerd's table", () => {
    const table = [
      "REF                        TYPE                                       DIGEST      SIZE    PLATFORMS   LABELS",
      "registry.k8s.io/pause:3.10 application/vnd.oci.image.manifest.v1+json sha256:abc  1.4 MiB linux/amd64 io.x=y",
    ].join("\n");
    expect(parseImageList(table)).toEqual(new Map([["registry.k8s.io/pause:3.10", "sha256:abc"]]));
    expect(parseImageList("")).toEqual(new Map());
  });

  test("those whose name went to a newer one are found", () => {
    const names = ["example:1", "sha256:new", "sha256:old"];
    const manifest = JSON.stringify({ config: { digest: "sha256:new" } });
    expect(danglingImages(names, [manifest])).toEqual(["sha256:old"]);
    expect(danglingImages(names, [manifest, "an index, or nothing"])).toEqual([]);
  });

  test("those of an archive are read without unpacking it", async () => {
    const content = join(folder, "archive");
    const manifests = [{ digest: "sha256:abc", annotations: { "io.containerd.image.name": "example:1" } }];
    await mkdir(content);
    await writeFile(join(content, "blob"), Buffer.alloc(70_000, 1));
    await writeFile(join(content, "index.json"), JSON.stringify({ manifests }));
    const archive = join(folder, "image.tar");
    await execa("tar", ["-cf", archive, "-C", content, "blob", "index.json"]);
    expect(await archivedImages(archive)).toEqual([{ name: "example:1", digest: "sha256:abc" }]);
  });

  test("a file that is no image archive is refused", async () => {
    const archive = join(folder, "empty.tar");
    await writeFile(archive, Buffer.alloc(10_240));
    await expect(archivedImages(archive)).rejects.toThrow(UserError);
  });
});

describe("status", () => {
  test("says which components it waits for", () => {
    const components = [
      { name: "etcd", state: "ready", restarts: 0 },
      { name: "kubelet", state: "starting", restarts: 2 },
      { name: "cluster DNS", state: "waiting", restarts: 0 },
    ] as const;
    expect(describeStart({ phase: "starting", components: [...components] })).toBe(
      "waiting for kubelet (restarted 2x) (1 of 3 ready)",
    );
  });

  test("of a node that is not there is stopped, and stopping or cleaning it is no error", async () => {
    vi.stubEnv("AI_PLATFORM_STATE", join(folder, "nowhere"));
    vi.resetModules();
    const cluster = await import("../../sandbox/cluster/cluster.ts");
    const { silent } = await import("../../sandbox/lib/progress.ts");
    expect(await cluster.clusterStatus()).toMatchObject({ running: false, phase: "stopped", components: [] });
    await cluster.stopCluster(silent);
    await cluster.cleanCluster(silent);
    vi.unstubAllEnvs();
  });
});
