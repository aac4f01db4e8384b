import { open } from "node:fs/promises";
import { basename } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { UserError } from "../lib/fail.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure } from "../toolchain/diagnose.ts";

const indexSchema = z.object({
  manifests: z.array(
    z.object({ digest: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
  ),
});

/** An image in an archive: its name and the digest of its manifest. */
export interface ArchivedImage {
  name: string;
  digest: string;
}

/** Where the containerd of a running node listens, as seen from the host: through the root folder of its PID 1. */
export const containerdSocket = (initPid: number): string =>
  `/proc/${initPid}/root/run/containerd/containerd.sock`;

/** Loads OCI archives into a node. Images that are there with the same digest are left alone. */
export async function importImages(
  archives: readonly string[],
  initPid: number,
  snapshotter: string,
  progress: Progress,
): Promise<void> {
  if (archives.length === 0) return;
  const ctr = (...args: string[]) =>
    execa("ctr", ["--address", containerdSocket(initPid), "--namespace", "k8s.io", ...args], {
      reject: false,
      all: true,
      stdin: "ignore",
    });
  const list = async () => {
    const result = await ctr("images", "list");
    if (result.failed) throw new UserError(`The node's containerd does not list its images: ${result.all}`);
    return parseImageList(result.stdout);
  };
  const present = await list();
  const missing: string[] = [];
  for (const archive of archives) {
    const images = await archivedImages(archive);
    if (!images.every(({ name, digest }) => present.get(name) === digest)) missing.push(archive);
  }
  if (missing.length === 0) return;
  for (const [index, archive] of missing.entries()) {
    progress.report(`loading ${basename(archive)} (${index + 1} of ${missing.length})`);
    const result = await ctr("images", "import", "--snapshotter", snapshotter, archive);
    if (result.failed) throw explainFailure(`Loading ${archive}`, result.all, [archive]);
  }
  // A newer image has taken the name of an older one, which nobody else would collect.
  const images = await list();
  const configs = await Promise.all(
    [...images].flatMap(([name, digest]) => (isId(name) ? [] : [ctr("content", "get", digest)])),
  );
  const dangling = danglingImages(
    [...images.keys()],
    configs.map(({ stdout }) => stdout),
  );
  if (dangling.length > 0) await ctr("images", "remove", ...dangling);
}

const manifestSchema = z.object({ config: z.object({ digest: z.string() }) });

/** containerd lists every image a second time under its ID, the digest of its configuration. */
const isId = (name: string): boolean => name.startsWith("sha256:");

/**
 * The IDs of images that have no name any more.
 * @param names everything that containerd lists
 * @param manifests the manifests of the images with a name; with one that is not understood, nothing is dangling
 */
export function danglingImages(names: readonly string[], manifests: readonly string[]): string[] {
  const used = new Set<string>();
  for (const text of manifests) {
    const manifest = manifestSchema.safeParse(parseJson(text));
    if (!manifest.success) return [];
    used.add(manifest.data.config.digest);
  }
  return names.filter((name) => isId(name) && !used.has(name));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The output of `ctr images list`: a table of name, media type, digest, ... */
export function parseImageList(table: string): Map<string, string> {
  const rows = table.split("\n").slice(1);
  return new Map(
    rows.flatMap((row) => {
      const [name, , digest] = row.split(/\s+/);
      return name && digest ? [[name, digest] as const] : [];
    }),
  );
}

/** The images that the index.json of an OCI archive names. */
export async function archivedImages(archive: string): Promise<ArchivedImage[]> {
  const text = await readTarMember(archive, "index.json");
  if (text === undefined) {
    throw new UserError(`${archive} is not an OCI image archive: it has no index.json.`, [
      "Export it as one: buildah push IMAGE oci-archive:FILE, or docker buildx build -o type=oci,dest=FILE",
    ]);
  }
  return indexSchema.parse(JSON.parse(text)).manifests.map(({ digest, annotations }) => ({
    digest,
    name: annotations?.["io.containerd.image.name"] ?? "",
  }));
}

const blockSize = 512;

/** Reads one member of a tar file by its headers, without reading the large members before it. */
async function readTarMember(path: string, wanted: string): Promise<string | undefined> {
  const file = await open(path);
  try {
    const header = Buffer.alloc(blockSize);
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(header, 0, blockSize, position);
      const name = header.toString("utf8", 0, 100).replace(/\0.*$/s, "");
      if (bytesRead < blockSize || name === "") return undefined;
      const size = Number.parseInt(header.toString("utf8", 124, 136), 8);
      if (name.replace(/^\.\//, "") === wanted) {
        const content = Buffer.alloc(size);
        await file.read(content, 0, size, position + blockSize);
        return content.toString("utf8");
      }
      position += blockSize + Math.ceil(size / blockSize) * blockSize;
    }
  } finally {
    await file.close();
  }
}
