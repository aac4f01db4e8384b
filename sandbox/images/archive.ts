import { createHash } from "node:crypto";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import type { RunConfig } from "./dockerfile.ts";
import type { Layer } from "./layer.ts";

const mediaType = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

/**
 * A reference in full, as containerd's store and the kubelet name it: `traefik:v3` is
 * `docker.io/library/traefik:v3`. Beside a digest there is no tag. The digest is then that of the registry's image, and only
 * its name here.
 */
export function fullReference(given: string): string {
  const ref = given.replace(/:[^:/@]+@/, "@");
  const [first = "", ...rest] = ref.split("/");
  if (rest.length === 0) return `docker.io/library/${ref}`;
  return /[.:]|^localhost$/.test(first) ? ref : `docker.io/${ref}`;
}

/** The image config that OCI's specification describes. */
export function imageConfig(
  config: RunConfig,
  layers: readonly Layer[],
  createdBy: readonly string[],
): unknown {
  const sorted = (record: Record<string, string>) =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    created: "1970-01-01T00:00:00Z",
    architecture: "amd64",
    os: "linux",
    config: {
      ...(config.User === "" ? {} : { User: config.User }),
      Env: Object.entries(config.Env).map(([name, value]) => `${name}=${value}`),
      ...(config.Entrypoint.length === 0 ? {} : { Entrypoint: config.Entrypoint }),
      ...(config.Cmd.length === 0 ? {} : { Cmd: config.Cmd }),
      WorkingDir: config.WorkingDir,
      ...(config.ExposedPorts.length === 0
        ? {}
        : { ExposedPorts: Object.fromEntries(config.ExposedPorts.map((port) => [port, {}])) }),
      Labels: sorted(config.Labels),
      ...(config.StopSignal === undefined ? {} : { StopSignal: config.StopSignal }),
    },
    rootfs: { type: "layers", diff_ids: layers.map((layer) => layer.diffId) },
    history: createdBy.map((line) => ({ created: "1970-01-01T00:00:00Z", created_by: line })),
  };
}

/**
 * Writes an OCI image layout as one tar. `ctr -n k8s.io images import FILE` gives exactly `ref`.
 *
 * @param file final name; it appears only when the archive is whole
 * @param workDir empty folder on the same disk, for the parts
 * @returns digest of the manifest
 */
export async function writeArchive(
  file: string,
  workDir: string,
  ref: string,
  config: unknown,
  layers: readonly Layer[],
): Promise<string> {
  const blobs = join(workDir, "blobs", "sha256");
  await mkdir(blobs, { recursive: true });
  const blob = async (value: unknown) => {
    const text = JSON.stringify(value);
    const hex = createHash("sha256").update(text).digest("hex");
    await writeFile(join(blobs, hex), text);
    return { digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
  };
  for (const layer of layers) {
    await rm(join(blobs, hexOf(layer.digest)), { force: true });
    // Images that are built side by side share a base's layer: a hard link more or less would be a change of its file to tar.
    await symlink(resolve(layer.file), join(blobs, hexOf(layer.digest)));
  }
  const manifest = await blob({
    schemaVersion: 2,
    mediaType: mediaType.manifest,
    config: { mediaType: mediaType.config, ...(await blob(config)) },
    layers: layers.map(({ digest, size }) => ({ mediaType: mediaType.layer, digest, size })),
  });
  const name = fullReference(ref);
  await writeFile(
    join(workDir, "index.json"),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaType.index,
      manifests: [
        {
          mediaType: mediaType.manifest,
          ...manifest,
          platform: { architecture: "amd64", os: "linux" },
          annotations: {
            "io.containerd.image.name": name,
            "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
          },
        },
      ],
    }),
  );
  await writeFile(join(workDir, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  const partial = join(workDir, "archive.tar");
  await execa(
    "tar",
    [
      "--create",
      `--file=${partial}`,
      "--format=gnu",
      "--sort=name",
      "--mtime=@0",
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "--mode=u=rwX,go=rX",
      "--dereference",
      "oci-layout",
      "index.json",
      "blobs",
    ],
    { cwd: workDir },
  );
  await rename(partial, file);
  return manifest.digest;
}

const hexOf = (digest: string): string => digest.slice("sha256:".length);
