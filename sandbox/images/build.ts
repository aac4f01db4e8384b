import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Context, pattern } from "../../spec/buildContext.ts";
import { UserError } from "../lib/fail.ts";
import type { Progress } from "../lib/progress.ts";
import { lastLines } from "../toolchain/diagnose.ts";
import type { Base } from "./base.ts";
import { copyContext } from "./context.ts";
import { absolute, type Instruction, type RunConfig, runConfig, type Stage } from "./dockerfile.ts";
import { compilePython, removeLeftovers, writeWhiteouts } from "./layer.ts";
import { CommandError, createRootfs, type Rootfs, runInside, runOutside } from "./rootfs.ts";

export interface BuildInputs {
  readonly stages: readonly Stage[];
  readonly context: Context;
  /** Bases by the reference that FROM names. */
  readonly bases: ReadonlyMap<string, Base>;
  /** Folder with every wheel the Dockerfile's pip installs. */
  readonly wheels?: string | undefined;
  /** Archives that `COPY --from=packages` takes by name. */
  readonly archives: readonly string[];
}

export interface Built {
  /** What the last stage adds to its base. */
  readonly rootfs: Rootfs;
  readonly base: Base;
  readonly config: RunConfig;
}

/** Named context with a recipe's npm packages. */
const packagesContext = "packages";

/**
 * Executes a Dockerfile: every stage on an overlay of its base, RUN in a chroot without network. pip finds the
 * downloaded wheels by its own settings, so that the file reads as for Docker.
 */
export async function executeDockerfile(
  inputs: BuildInputs,
  work: string,
  progress: Progress,
): Promise<Built> {
  const sources = new Map<string, string>();
  const files = join(work, "context");
  await mkdir(files, { recursive: true });
  await copyContext(inputs.context, files);
  const archives = join(work, packagesContext);
  await mkdir(archives);
  for (const archive of inputs.archives)
    await copyFile(archive, join(archives, archive.slice(archive.lastIndexOf("/") + 1)));
  sources.set("", files).set(packagesContext, archives);

  const finished = new Map<string, Built>();
  let last: Built | undefined;
  for (const [index, stage] of inputs.stages.entries()) {
    const parent = finished.get(stage.from);
    const base = parent?.base ?? inputs.bases.get(withoutDigest(stage.from));
    if (!base) {
      throw new UserError(`FROM ${stage.from}: there is no such base.`, [
        `Bases that can be built here: ${[...inputs.bases.keys()].join(", ")}`,
      ]);
    }
    const lower = parent ? [parent.rootfs.upper, ...parent.rootfs.lower] : [base.rootfs];
    const rootfs = await createRootfs(join(work, `stage-${index}`), lower);
    const config = await runStage(
      rootfs,
      stage,
      parent?.config ?? base.config,
      { ...inputs, sources, finished },
      progress,
    );
    last = { rootfs, base, config };
    if (stage.name) finished.set(stage.name, last);
  }
  if (last?.rootfs.lower.length !== 1)
    throw new UserError("The last stage of a Dockerfile starts from a base.");
  await finish(last.rootfs, progress);
  return last;
}

/** A base is built here under its tag; the digest is that of the registry's. */
const withoutDigest = (ref: string): string => ref.replace(/@sha256:[0-9a-f]{64}$/, "");

type StageInputs = BuildInputs & {
  sources: ReadonlyMap<string, string>;
  finished: ReadonlyMap<string, Built>;
};

async function runStage(
  rootfs: Rootfs,
  stage: Stage,
  base: RunConfig,
  inputs: StageInputs,
  progress: Progress,
): Promise<RunConfig> {
  for (const [index, step] of stage.instructions.entries()) {
    const config = runConfig(base, stage.instructions.slice(0, index));
    if (step.kind === "workdir") {
      await runInside(rootfs, ["/bin/mkdir", "-p", absolute(config.WorkingDir, step.path)]);
    }
    if (step.kind === "copy") await copyFiles(rootfs, step, config, inputs);
    if (step.kind === "run") {
      progress.report(`RUN ${step.command.replace(/\s+/g, " ").slice(0, 90)}`);
      await runCommand(rootfs, step.command, config, inputs.wheels, progress);
    }
  }
  return runConfig(base, stage.instructions);
}

/** Settings that make pip work from the downloaded wheels, and programs repeat themselves exactly. */
const runEnvironment = {
  HOME: "/root",
  PIP_NO_INDEX: "1",
  PIP_FIND_LINKS: "/dev/packages",
  PIP_NO_CACHE_DIR: "1",
  PIP_DISABLE_PIP_VERSION_CHECK: "1",
  PIP_ROOT_USER_ACTION: "ignore",
  PIP_PROGRESS_BAR: "off",
  // 0 is right: pip takes the value for what the flag turns off. Compiled is at the end, without time stamps.
  PIP_NO_COMPILE: "0",
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONHASHSEED: "0",
  SOURCE_DATE_EPOCH: "0",
};

async function runCommand(
  rootfs: Rootfs,
  command: string,
  config: RunConfig,
  wheels: string | undefined,
  progress: Progress,
): Promise<void> {
  const remedy = [
    "A build has no network: what RUN needs must be pinned in requirements.lock or packages.json.",
  ];
  await explained(`RUN ${command.slice(0, 200)}`, remedy, () =>
    runInside(rootfs, ["/bin/sh", "-c", command], {
      env: { ...runEnvironment, ...config.Env },
      workingDir: config.WorkingDir,
      user: config.User,
      packages: wheels,
      onLine: (line) => {
        if (line.trim() !== "") progress.report(line.trim().slice(0, 100));
      },
    }),
  );
}

// The target is resolved inside: an absolute link (/var/run) would lead out of the image here.
const copyScript = `
from=\${1:-$FROM} target=$(chroot "$ROOT" readlink -m "$2") chmod=$3 chown=$4 many=$5
case $2 in */) many=yes;; esac
[ -d "$ROOT$target" ] && many=yes
shift 5
copied() {
  if [ -d "$path" ]; then (cd "$path" && find . -mindepth 1 -printf "$to/%P\\0"); else printf "%s\\0" "$to"; fi
}
for source in "$@"; do
  path=$from/$source to=$target
  if [ -d "$path" ]; then mkdir -p "$ROOT$to"; cp -RP --preserve=mode,links "$path/." "$ROOT$to/"
  else
    [ $many = no ] || to=$target/\${source##*/}
    mkdir -p "$ROOT\${to%/*}"; cp -P --preserve=mode,links "$path" "$ROOT$to"
  fi
  [ -z "$chmod" ] || copied | chroot "$ROOT" xargs -0 -r chmod "$chmod"
  [ -z "$chown" ] || copied | chroot "$ROOT" xargs -0 -r chown --no-dereference "$chown"
done
`;

async function copyFiles(
  rootfs: Rootfs,
  step: Extract<Instruction, { kind: "copy" }>,
  config: RunConfig,
  inputs: StageInputs,
): Promise<void> {
  const stage = step.from === undefined ? undefined : inputs.finished.get(step.from);
  const folder = inputs.sources.get(step.from ?? "");
  if (!stage && folder === undefined)
    throw new UserError(`COPY --from=${step.from}: there is no such stage or context.`);
  const sources = step.sources
    .map((source) => source.replace(/^\.?\/+/, "").replace(/\/+$/, "") || ".")
    .flatMap((source) => {
      if (step.from !== undefined || !/[*?]/.test(source)) return [source];
      return inputs.context.files.filter((file) => pattern(source).test(file));
    });
  const words = `COPY ${step.sources.join(" ")} ${step.target}`;
  await explained(words, [`Sources are looked for in ${step.from ?? "the build's folder"}.`], () =>
    runOutside(rootfs, copyScript, {
      from: stage?.rootfs,
      args: [
        stage ? "" : (folder ?? ""),
        absolute(config.WorkingDir, step.target),
        step.chmod ?? "",
        step.chown ?? "",
        sources.length > 1 ? "yes" : "no",
        ...sources,
      ],
    }),
  );
}

/** Names the instruction that failed, with the last of what its command said. */
async function explained(instruction: string, remedy: string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    // A full disk is no fault of the instruction: whoever builds images explains it.
    if (!(error instanceof CommandError) || /no space left/i.test(error.output)) throw error;
    const said = lastLines(error.output, 15);
    throw new UserError(`${instruction}\nended with exit code ${error.exitCode}:\n${said}`, remedy, {
      cause: error,
    });
  }
}

/** Where Python packages and our services' sources lie. */
const pythonFolders = [
  "/usr/local/lib/python3.11/dist-packages",
  "/usr/local/lib/python3.11/site-packages",
  "/app",
  "/opt",
];

async function finish(rootfs: Rootfs, progress: Progress): Promise<void> {
  progress.report("cleaning up and compiling");
  await removeLeftovers(rootfs);
  await compilePython(rootfs, pythonFolders);
  await writeWhiteouts(rootfs);
}
