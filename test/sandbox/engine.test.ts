import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { awsTypes, awsVersion, readTable } from "../../sandbox/plugins/aws-types.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ai-platform-install-"));
  vi.resetModules();
  vi.stubEnv("AI_PLATFORM_CACHE", join(folder, "cache"));
  vi.stubEnv("AI_PLATFORM_STATE", join(folder, "state"));
  vi.stubEnv("AI_PLATFORM_ENGINE", "");
  vi.stubEnv("PULUMI_HOME", join(folder, "home"));
  vi.stubEnv("PATH", join(folder, "path"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const load = () => import("../../sandbox/engine/install.ts");

async function program(...path: string[]): Promise<string> {
  const file = join(folder, ...path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, "");
  await chmod(file, 0o755);
  return file;
}

const kubernetesVersion = async (): Promise<string> =>
  JSON.parse(await readFile("node_modules/@pulumi/kubernetes/package.json", "utf8")).version;

test("no official CLI: the sandbox's engine is used", async () => {
  expect(await (await load()).findOfficial()).toBeUndefined();
});

test.each([
  ["on PATH", "path/pulumi"],
  ["where its installer puts it", "home/bin/pulumi"],
])("an official CLI %s wins, with nothing of ours in its way", async (_, place) => {
  const pulumi = await program(place);
  const found = await (await load()).findOfficial();
  expect(found).toMatchObject({ kind: "official", pulumi });
  expect(Object.keys(found?.env ?? {})).toEqual(["PATH"]);
});

test("AI_PLATFORM_ENGINE decides when it is set", async () => {
  const { findOfficial } = await load();
  vi.stubEnv("AI_PLATFORM_ENGINE", "official");
  await expect(findOfficial()).rejects.toThrow("there is none on PATH");
  vi.stubEnv("AI_PLATFORM_ENGINE", "mine");
  await expect(findOfficial()).rejects.toThrow('AI_PLATFORM_ENGINE is "mine"');
  await program("path/pulumi");
  vi.stubEnv("AI_PLATFORM_ENGINE", "sandbox");
  expect(await findOfficial()).toBeUndefined();
});

test("the sandbox's plugins stand in Pulumi's home at the SDKs' versions, beside the language host", async () => {
  const { install } = await load();
  const binary = await program("cache/plugins/key/pulumi-plugins");
  const engine = await install(await program("cache/cli/key/pulumi"), binary);
  expect(engine.env.PATH?.split(":")[0]).toBe(join(folder, "cache/plugins/key"));
  expect(engine.pulumi).toBe(join(folder, "cache/plugins/key/pulumi"));
  expect(await readlink(join(folder, "cache/plugins/key/pulumi-language-nodejs"))).toBe(binary);
  const plugin = `resource-kubernetes-v${await kubernetesVersion()}`;
  const plugins = join(folder, "state/pulumi-home/plugins");
  expect(await readdir(plugins)).toContain(plugin);
  expect(await readlink(join(plugins, plugin, "pulumi-resource-kubernetes"))).toBe(binary);
});

test("an official plugin that fits the SDK wins; one that does not fit leaves ours in place", async () => {
  const version = await kubernetesVersion();
  const official = await program(`home/plugins/resource-kubernetes-v${version}/pulumi-resource-kubernetes`);
  await program("home/plugins/resource-random-v1.0.0/pulumi-resource-random");
  const { install } = await load();
  const binary = await program("cache/plugins/key/pulumi-plugins");
  await install(await program("cache/cli/key/pulumi"), binary);
  const plugins = join(folder, "state/pulumi-home/plugins");
  const used = join(plugins, `resource-kubernetes-v${version}`, "pulumi-resource-kubernetes");
  expect(await readlink(used)).toBe(official);
  expect((await readdir(plugins)).filter((name) => name.startsWith("resource-random-"))).toHaveLength(2);
});

test("a plugin that is not wanted any more vanishes", async () => {
  const { install } = await load();
  await program("state/pulumi-home/plugins/resource-random-v0.1.0/pulumi-resource-random");
  await install(await program("cache/cli/key/pulumi"), await program("cache/plugins/key/pulumi-plugins"));
  expect(await readdir(join(folder, "state/pulumi-home/plugins"))).not.toContain("resource-random-v0.1.0");
});

test("the simulated AWS knows the types as the SDK's typings have them", () => {
  const { sdk, entries } = readTable();
  expect(sdk, "run `npx tsx sandbox/plugins/aws-update.ts` after moving @pulumi/aws").toBe(awsVersion());
  const types = awsTypes();
  for (const { type, required, optional, outputs, replaces } of entries) {
    expect({ required, optional, outputs }, type).toEqual(types.get(type));
    const inputs = new Set([...required, ...optional]);
    const strangers = replaces.filter((path) => !inputs.has(path.split(/[.[]/)[0] ?? ""));
    expect(strangers, type).toEqual([]);
  }
}, 60_000);
