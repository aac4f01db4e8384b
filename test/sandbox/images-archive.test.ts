import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { fullReference, imageConfig, writeArchive } from "../../sandbox/images/archive.ts";
import { emptyConfig } from "../../sandbox/images/dockerfile.ts";
import { packLayer } from "../../sandbox/images/layer.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "images-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A small tree, made in the given order and with the given time. */
async function tree(name: string, order: readonly string[], time: number): Promise<string> {
  const root = join(folder, name);
  await mkdir(join(root, "bin"), { recursive: true });
  for (const file of order) {
    await writeFile(join(root, "bin", file), file.repeat(1000));
    await utimes(join(root, "bin", file), time, time);
  }
  await symlink("one", join(root, "bin", "link"));
  return root;
}

async function archive(name: string, time: number, order = ["one", "two"]): Promise<string> {
  const layer = await packLayer(await tree(name, order, time), join(folder, `${name}.layer`));
  const config = { ...emptyConfig, User: "5:6", Env: { B: "2", A: "1" }, Labels: { b: "", a: "" } };
  const work = join(folder, `${name}.work`);
  await mkdir(work);
  const file = join(folder, `${name}.tar`);
  await writeArchive(file, work, "team/app:1", imageConfig(config, [layer], ["test"]), [layer]);
  return file;
}

test.each([
  ["traefik:v3", "docker.io/library/traefik:v3"],
  ["pgvector/pgvector:1", "docker.io/pgvector/pgvector:1"],
  ["ghcr.io/mlflow/mlflow:v3", "ghcr.io/mlflow/mlflow:v3"],
  ["localhost/a:1", "localhost/a:1"],
  ["host:5000/a:1", "host:5000/a:1"],
])("%s is %s in full", (short, full) => {
  expect(fullReference(short)).toBe(full);
});

describe("the same files", () => {
  test("give the same archive, whenever and in whatever order they were written", async () => {
    const one = await readFile(await archive("a", 1_000_000));
    const other = await readFile(await archive("b", 2_000_000, ["two", "one"]));
    expect(one.equals(other)).toBe(true);
  });

  test("with another mode give another layer", async () => {
    const root = await tree("a", ["one"], 1);
    const before = await packLayer(root, join(folder, "layer"));
    await chmod(join(root, "bin/one"), 0o711);
    expect((await packLayer(root, join(folder, "layer"))).diffId).not.toBe(before.diffId);
  });
});

const descriptor = z.object({ mediaType: z.string(), digest: z.string(), size: z.number() });
const sha256 = (data: Buffer) => `sha256:${createHash("sha256").update(data).digest("hex")}`;

describe("the layout", () => {
  test("is what OCI's specification and containerd's import expect", async () => {
    const layout = join(folder, "layout");
    await mkdir(layout);
    await execa("tar", ["-xf", await archive("a", 1), "-C", layout]);
    expect(JSON.parse(await readFile(join(layout, "oci-layout"), "utf8"))).toEqual({
      imageLayoutVersion: "1.0.0",
    });
    const blob = async ({ digest, size }: z.infer<typeof descriptor>) => {
      const data = await readFile(join(layout, "blobs", digest.replace(":", "/")));
      expect(sha256(data)).toBe(digest);
      expect(data.length).toBe(size);
      return data;
    };
    const index = z
      .object({
        mediaType: z.literal("application/vnd.oci.image.index.v1+json"),
        manifests: z.tuple([descriptor.extend({ annotations: z.record(z.string(), z.string()) })]),
      })
      .parse(JSON.parse(await readFile(join(layout, "index.json"), "utf8")));
    expect(index.manifests[0].annotations).toEqual({
      "io.containerd.image.name": "docker.io/team/app:1",
      "org.opencontainers.image.ref.name": "1",
    });
    const manifest = z
      .object({ schemaVersion: z.literal(2), config: descriptor, layers: z.tuple([descriptor]) })
      .parse(JSON.parse((await blob(index.manifests[0])).toString()));
    const config = JSON.parse((await blob(manifest.config)).toString());
    const [layer] = manifest.layers;
    expect(layer.mediaType).toBe("application/vnd.oci.image.layer.v1.tar+zstd");
    const { stdout } = await execa("zstd", ["-dc"], { input: await blob(layer), encoding: "buffer" });
    expect(config).toMatchObject({
      architecture: "amd64",
      os: "linux",
      config: { User: "5:6", Env: ["B=2", "A=1"], WorkingDir: "/", Labels: { a: "", b: "" } },
      rootfs: { type: "layers", diff_ids: [sha256(Buffer.from(stdout))] },
    });
    expect(await readdir(join(layout, "blobs/sha256"))).toHaveLength(3);
  });
});
