import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { images, type OwnImageName } from "../catalog/images.ts";
import type { PlatformArgs } from "../components/platform.ts";
import type { ServingPrograms } from "../components/serving/weights.ts";
import type { PlatformPlan } from "../planning/plan.ts";
import { type BuildSource, contextHash, readContext } from "../spec/buildContext.ts";
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
  const built = infrastructure.images.map(({ program }) => program);
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
  return { entrypoint: read("entrypoint"), stage: read("stage") };
}

/**
 * Reads what images are built from. Folders are given from the current one, which is the program's own, where Pulumi starts
 * its plugins too: the same on every machine, so that a checkout elsewhere is no change.
 */
export async function readSources(
  programs: readonly OwnImageName[],
  root: string,
): Promise<ReadonlyMap<OwnImageName, BuildSource>> {
  const read = async (program: OwnImageName) => {
    const folder = join(root, images[program].source);
    if (!existsSync(join(folder, "Dockerfile"))) {
      throw new SourceError(
        `the image of ${program} can't be built: ${images[program].source} has no Dockerfile`,
      );
    }
    const hash = await contextHash(await readContext(folder));
    return [program, { folder: relative(process.cwd(), folder), hash }] as const;
  };
  return new Map(await Promise.all(programs.map(read)));
}
