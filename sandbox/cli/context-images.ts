import { execa } from "execa";
import { ownImageNames } from "../../catalog/images.ts";
import { UserError } from "../lib/fail.ts";
import type { Progress } from "../lib/progress.ts";

interface Loader {
  /** Contexts whose tool this is. */
  matches: RegExp;
  tool: string;
  args: (archive: string, context: string) => string[];
}

/** Local clusters whose tool takes an image from a file. */
const loaders: Loader[] = [
  {
    matches: /^kind-/,
    tool: "kind",
    args: (archive, context) => ["load", "image-archive", archive, "--name", context.replace(/^kind-/, "")],
  },
  {
    matches: /^k3d-/,
    tool: "k3d",
    args: (archive, context) => ["image", "import", archive, "-c", context.replace(/^k3d-/, "")],
  },
  { matches: /^minikube$/, tool: "minikube", args: (archive) => ["image", "load", archive] },
  {
    matches: /^(docker-desktop|orbstack|rancher-desktop|colima)/,
    tool: "docker",
    args: (archive) => ["load", "-i", archive],
  },
];

/** Whether the context is one whose nodes take images from a file. Others pull from a registry. */
export const needsLoading = (context: string): boolean =>
  loaders.some(({ matches }) => matches.test(context));

/** Builds our own images and loads them into a local cluster. */
export async function loadIntoContext(context: string, progress: Progress): Promise<string> {
  const loader = loaders.find(({ matches }) => matches.test(context));
  if (!loader) return "pulled from a registry";
  const { buildImages, debianPackages } = await import("../images/images.ts");
  const { ensurePackages } = await import("../toolchain/debian.ts");
  await ensurePackages(debianPackages, progress);
  const images = await buildImages(ownImageNames, progress);
  for (const { ref, archive } of images) {
    progress.report(`loading ${ref}`);
    const result = await execa(loader.tool, loader.args(archive, context), {
      reject: false,
      stdin: "ignore",
    });
    if (result.failed) {
      throw new UserError(`Loading ${ref} into ${context} failed: ${result.shortMessage}\n${result.stderr}`, [
        `See that ${loader.tool} is installed and the cluster runs, then run the same command again.`,
      ]);
    }
  }
  return images.map(({ ref }) => ref).join(", ");
}
