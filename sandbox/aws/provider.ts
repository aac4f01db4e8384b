import { cp, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { cacheDir, repoRoot } from "../lib/paths.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure } from "../toolchain/diagnose.ts";
import { buildGo, type GoProgram } from "../toolchain/go.ts";
import { type GoTool, goEnvironment, goTool } from "../toolchain/go-tool.ts";
import { contentKey, moduleFiles } from "../toolchain/key.ts";
import { copySdk, copyTrimmed, services } from "./trim.ts";

/** Our sources of the plugin; its go.mod pins the Terraform provider, its go.sum holds the checksum. */
export const providerModule = join(repoRoot, "sandbox", "aws", "provider");

/** Modules that are built from a changed copy, by the folder that the copy gets. */
const copied = {
  "terraform-provider-aws": "github.com/hashicorp/terraform-provider-aws",
  "terraform-plugin-sdk": "github.com/hashicorp/terraform-plugin-sdk/v2",
} as const;

/** What decides how the copies differ: another recipe is another module. */
const recipe = ["trim.ts", "hurry.ts", "export.go.txt"];
const readRecipe = (name: string) => readFile(join(import.meta.dirname, name), "utf8");

/** Builds `pulumi-resource-aws` for the simulated AWS unless the cache has it. @returns the executable */
export async function buildProvider(progress: Progress): Promise<string> {
  return buildGo(await program(progress), progress);
}

/** The plugin as something that can be built. */
export async function program(progress: Progress): Promise<GoProgram> {
  return { name: "pulumi-resource-aws", moduleDir: await assembleProvider(progress), package: "." };
}

/**
 * Lays out the Go module that is built: our sources, and the Terraform provider with the services that we use. Go
 * builds only what is imported, but the provider imports all of its 260 services.
 * @returns the module's folder in the cache
 */
export async function assembleProvider(progress: Progress): Promise<string> {
  const key = await contentKey(providerModule, [services, ...(await Promise.all(recipe.map(readRecipe)))]);
  const folder = join(cacheDir, "aws", "provider", key);
  const done = await readFile(join(folder, "go.mod"), "utf8").catch(() => undefined);
  if (done !== undefined) return folder;
  progress.report("downloading the Terraform AWS provider");
  const tool = await goTool();
  const provider = await download(tool, copied["terraform-provider-aws"]);
  const sdk = await download(tool, copied["terraform-plugin-sdk"]);
  progress.report(`keeping ${services.length} of its services`);
  const unfinished = `${folder}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await copyTrimmed(provider, join(unfinished, "terraform-provider-aws"), services);
  await copySdk(sdk, join(unfinished, "terraform-plugin-sdk"));
  for (const file of await moduleFiles(providerModule)) {
    await mkdir(join(unfinished, relative(providerModule, join(file, ".."))), { recursive: true });
    await cp(file, join(unfinished, relative(providerModule, file)));
  }
  const goMod = await readFile(join(providerModule, "go.mod"), "utf8");
  await writeFile(join(unfinished, "go.mod"), withCopies(goMod));
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  return folder;
}

/** The go.mod with the changed copies in the place of the pinned modules. */
export function withCopies(goMod: string): string {
  return Object.entries(copied).reduce((text, [folder, module]) => {
    const pinned = new RegExp(`^(replace ${module} =>) \\S+ \\S+$`, "m");
    if (!pinned.test(text)) throw new Error(`go.mod does not pin ${module}`);
    return text.replace(pinned, `$1 ./${folder}`);
  }, goMod);
}

const downloadedSchema = z.object({ Dir: z.string() });
const goModSchema = z.object({
  Replace: z.array(
    z.object({
      Old: z.object({ Path: z.string() }),
      New: z.object({ Path: z.string(), Version: z.string().optional() }),
    }),
  ),
});

/** Downloads a pinned module; Go checks it against go.sum. @returns its folder in Go's module cache */
async function download(tool: GoTool, path: string): Promise<string> {
  const options = { cwd: providerModule, env: goEnvironment, reject: false };
  const goMod = await execa(tool.command, ["mod", "edit", "-json"], options);
  const pin = goModSchema.parse(JSON.parse(goMod.stdout)).Replace.find(({ Old }) => Old.Path === path);
  const module = `${pin?.New.Path}@${pin?.New.Version}`;
  const result = await execa(tool.command, ["mod", "download", "-json", module], options);
  if (result.failed) throw explainFailure(`Downloading ${module}`, `${result.stdout}\n${result.stderr}`);
  return downloadedSchema.parse(JSON.parse(result.stdout)).Dir;
}
