import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Progress } from "../../sandbox/lib/progress.ts";

let folder: string;
let downloads: typeof import("../../sandbox/images/downloads.ts");
let wheel: { name: string; hash: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "downloads-"));
  vi.stubEnv("AI_PLATFORM_CACHE", join(folder, "cache"));
  downloads = await import("../../sandbox/images/downloads.ts");
  wheel = await makeWheel();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

/** A registry is a folder here: pip takes its settings from the environment, as it does on a user's machine. */
function useRegistry(settings: Record<string, string>): void {
  for (const [name, value] of Object.entries({ PIP_CONFIG_FILE: "/dev/null", ...settings })) {
    vi.stubEnv(name, value);
  }
}
afterEach(() => {
  for (const name of ["PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_RETRIES"]) vi.stubEnv(name, "");
});

/** The smallest wheel that pip accepts. */
async function makeWheel(): Promise<{ name: string; hash: string }> {
  const info = join(folder, "tiny", "tiny-1.0.dist-info");
  await mkdir(info, { recursive: true });
  await writeFile(join(info, "METADATA"), "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n");
  await writeFile(join(info, "WHEEL"), "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n");
  await writeFile(join(info, "RECORD"), "");
  const name = "tiny-1.0-py3-none-any.whl";
  const links = join(folder, "links");
  await mkdir(links);
  await execa("python3", ["-m", "zipfile", "-c", join(links, name), "tiny-1.0.dist-info"], {
    cwd: join(folder, "tiny"),
  });
  const hash = createHash("sha256")
    .update(await readFile(join(links, name)))
    .digest("hex");
  return { name, hash };
}

async function lock(hash: string): Promise<string> {
  const file = join(folder, `${hash}.lock`);
  await writeFile(file, `tiny==1.0 \\\n    --hash=sha256:${hash}\n`);
  return file;
}

const lines: string[] = [];
const progress: Progress = { report: (line) => void lines.push(line), log: () => undefined };
const caches = async () => await readdir(join(folder, "cache/images/wheels")).catch(() => []);

describe("wheels", () => {
  test("are downloaded once, checked by their hashes", async () => {
    useRegistry({ PIP_NO_INDEX: "1", PIP_FIND_LINKS: join(folder, "links") });
    const target = await downloads.downloadWheels([await lock(wheel.hash)], "test", progress);
    expect(await readdir(target)).toEqual([wheel.name]);
    useRegistry({ PIP_NO_INDEX: "1", PIP_FIND_LINKS: join(folder, "nowhere") });
    expect(await downloads.downloadWheels([await lock(wheel.hash)], "test", progress)).toBe(target);
  });

  test("that are not what the lock pins are refused, and never get a final name", async () => {
    useRegistry({ PIP_NO_INDEX: "1", PIP_FIND_LINKS: join(folder, "links") });
    const before = (await caches()).filter((name) => !name.endsWith(".partial"));
    await expect(
      downloads.downloadWheels([await lock("0".repeat(64))], "test", progress),
    ).rejects.toMatchObject({ message: expect.stringContaining("is not the one that the lock file pins") });
    expect((await caches()).filter((name) => !name.endsWith(".partial"))).toEqual(before);
  });

  test("that the registry lacks are named", async () => {
    useRegistry({ PIP_NO_INDEX: "1", PIP_FIND_LINKS: join(folder, "nowhere") });
    await expect(
      downloads.downloadWheels([await lock("1".repeat(64))], "test", progress),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/does not offer a pinned package[\s\S]*tiny==1.0/),
    });
  });

  test("from a registry that does not answer say so", async () => {
    useRegistry({ PIP_INDEX_URL: "http://127.0.0.1:9/simple", PIP_RETRIES: "1" });
    await expect(
      downloads.downloadWheels([await lock("2".repeat(64))], "test", progress),
    ).rejects.toMatchObject({
      message: expect.stringContaining("a download did not come through"),
      remedy: expect.arrayContaining([expect.stringContaining("Check the network")]),
    });
  });
});

test("the packages of a lock are its pins, without hashes and markers", () => {
  const text = `a-b==1.0 \\\n    --hash=sha256:00\nc[extra]==2 ; python_version > "3"\n# d==3\n    # via e\n`;
  expect(downloads.lockedPackages(text)).toEqual(["a-b==1.0", "c==2"]);
});

test("an npm package that is not what the recipe pins is refused", async () => {
  const source = join(folder, "package");
  await mkdir(source);
  await writeFile(join(source, "package.json"), JSON.stringify({ name: "tiny", version: "1.0.0" }));
  const pin = { name: source, version: "1.0.0", integrity: "sha512-AAAA" };
  // npm takes a folder for a name; the version that is joined to it makes it another folder.
  await execa("cp", ["-r", source, `${source}@1.0.0`]);
  await expect(downloads.downloadNpm(pin, "test", progress)).rejects.toMatchObject({
    message: expect.stringContaining("is not the package that the recipe pins (sha512-"),
  });
  expect(await readdir(join(folder, "cache/images/npm"))).toEqual([]);
});
