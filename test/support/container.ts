import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { createRootfs, runOutside } from "../../sandbox/images/rootfs.ts";

const descriptor = z.object({ digest: z.string() });
const indexSchema = z.object({ manifests: z.tuple([descriptor]) });
const manifestSchema = z.object({ config: descriptor, layers: z.array(descriptor) });
const configSchema = z.object({
  config: z.object({
    User: z.string().default(""),
    Env: z.array(z.string()),
    Entrypoint: z.array(z.string()).default([]),
    Cmd: z.array(z.string()).default([]),
    WorkingDir: z.string(),
    ExposedPorts: z.record(z.string(), z.object({})).default({}),
    Labels: z.record(z.string(), z.string()).default({}),
  }),
});

export type ImageConfig = z.infer<typeof configSchema>["config"];

/** An image out of its archive: layers unpacked, topmost first. */
export interface UnpackedImage {
  readonly layers: readonly string[];
  readonly config: ImageConfig;
}

export interface ContainerOptions {
  /** `uid:gid`; nobody is root here by default. */
  user?: string;
  env?: Record<string, string>;
  /** Folders of the host by where the container sees them. */
  volumes?: Record<string, string>;
  /** Where the container finds an empty, writable folder. */
  scratch?: readonly string[];
}

/** Unpacks archives and runs programs from them the way a strict cluster does: no root, read-only, no network. */
export class Containers {
  readonly #folder: Promise<string> = mkdtemp(join(tmpdir(), "containers-"));
  readonly #layers = new Map<string, Promise<string>>();
  #count = 0;

  async unpack(archive: string): Promise<UnpackedImage> {
    const json = async (path: string): Promise<unknown> =>
      JSON.parse((await execa("tar", ["-xOf", archive, path])).stdout);
    const blob = (digest: string) => json(`blobs/${digest.replace(":", "/")}`);
    const [{ digest }] = indexSchema.parse(await json("index.json")).manifests;
    const manifest = manifestSchema.parse(await blob(digest));
    const { config } = configSchema.parse(await blob(manifest.config.digest));
    const layers: string[] = [];
    for (const layer of manifest.layers) layers.unshift(await this.#layer(archive, layer.digest));
    return { layers, config };
  }

  #layer(archive: string, digest: string): Promise<string> {
    const known = this.#layers.get(digest);
    if (known) return known;
    const unpacked = (async () => {
      const folder = join(await this.#folder, digest.slice("sha256:".length));
      await mkdir(folder);
      const blob = `blobs/${digest.replace(":", "/")}`;
      await execa("sh", ["-c", 'tar -xOf "$1" "$2" | tar --zstd -xf - -C "$3"', "sh", archive, blob, folder]);
      return folder;
    })();
    this.#layers.set(digest, unpacked);
    return unpacked;
  }

  /** Runs a shell script in a new container and gives what it printed to its standard output. */
  async run(image: UnpackedImage, script: string, options: ContainerOptions = {}): Promise<string> {
    const { user = "65534:65534", env = {}, volumes = {}, scratch = ["/tmp"] } = options;
    this.#count += 1;
    const rootfs = await createRootfs(join(await this.#folder, `container-${this.#count}`), image.layers);
    const variables = [
      ...image.config.Env,
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ];
    const mounts = [
      ...scratch.map((path) => `target "${path}"; mount -t tmpfs -o mode=1777 tmpfs "$ROOT$path"`),
      ...Object.entries(volumes).map(
        ([path, from]) => `target "${path}"; mount --bind "${from}" "$ROOT$path"`,
      ),
    ];
    const output = await runOutside(
      rootfs,
      `target() { path=$(chroot "$ROOT" readlink -m "$1"); [ -e "$ROOT$path" ] || mkdir -p "$ROOT$path"; }
      ${mounts.join("\n")}
      ip link set lo up
      mount -o remount,ro "$ROOT"
      exec chroot --userspec=${user} --groups= "$ROOT" /usr/bin/env -i "$@"`,
      { args: [...variables, "sh", "-c", script] },
    );
    await rm(rootfs.dir, { recursive: true, force: true });
    return output;
  }

  async remove(): Promise<void> {
    await rm(await this.#folder, { recursive: true, force: true });
  }
}
