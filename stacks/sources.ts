import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { PlatformArgs } from "../components/platform.ts";
import type { ServingPrograms } from "../components/serving/weights.ts";
import type { BuildPlan } from "../planning/data/images.ts";
import type { PlatformPlan } from "../planning/plan.ts";
import { type BuildSource, contextHash, filesHash, readContext } from "../spec/buildContext.ts";
import { SourceError } from "./sourceError.ts";
import { readTrainingCode } from "./trainingCode.ts";

/**
 * A plan with the programs that are mounted beside models, and with what its images are built from; of images nothing is
 * read where none is built.
 * @param root the project's folder
 * @throws SourceError for an image without a Dockerfile, a program without files, or a training without its module
 */
export async function withSources(plan: PlatformPlan, root: string): Promise<PlatformArgs> {
  const { infrastructure } = plan;
  const programs = readPrograms(root);
  if (infrastructure === undefined) return { ...plan, programs, infrastructure };
  const built = [...infrastructure.images, ...infrastructure.baked];
  const [sources, code] = await Promise.all([
    readSources(built, root),
    readTrainingCode(infrastructure.training, root),
  ]);
  return { ...plan, programs, infrastructure: { ...infrastructure, sources, code } };
}

/** The Python files of the programs that are mounted beside models. */
function readPrograms(root: string): ServingPrograms {
  const read = (program: string) => {
    const folder = join(root, "m2m", program);
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".py")) : [];
    if (names.length === 0) throw new SourceError(`m2m/${program} has no Python files`);
    return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  };
  const pull = readFileSync(join(root, "m2m/images/ollama/pull.sh"), "utf8");
  return { entrypoint: read("entrypoint"), stage: read("stage"), pull };
}

/**
 * Reads what images are built from, by folder. Folders are given from the current one, which is the program's own, where
 * Pulumi starts its plugins too: the same on every machine, so that a checkout elsewhere is no change.
 */
export async function readSources(
  plans: readonly Pick<BuildPlan, "contexts" | "source">[],
  root: string,
): Promise<ReadonlyMap<string, BuildSource>> {
  const read = async ({ contexts, source }: (typeof plans)[number]) => {
    const folder = join(root, source);
    if (!existsSync(join(folder, "Dockerfile"))) {
      throw new SourceError(`the image of ${source} can't be built: it has no Dockerfile`);
    }
    const others = Object.entries(contexts).map(([name, path]) => [name, join(root, path)] as const);
    const hashes = await Promise.all([
      contextHash(await readContext(folder)),
      ...others.map(async ([, path]) => filesHash(await readContext(path))),
    ]);
    const here = (path: string) => relative(process.cwd(), path);
    return [
      source,
      {
        folder: here(folder),
        contexts: Object.fromEntries(others.map(([name, path]) => [name, here(path)])),
        hash: hashes.length === 1 ? hashes.join() : createHash("sha256").update(hashes.join()).digest("hex"),
      },
    ] as const;
  };
  return new Map(await Promise.all(plans.map(read)));
}
