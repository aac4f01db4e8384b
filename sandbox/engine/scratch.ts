import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { repoRoot } from "../lib/paths.ts";
import { pulumiEnv } from "./engine.ts";

/**
 * The project with a state of its own, in a folder that is thrown away: for previews that must neither touch the
 * committed stack files (creating a stack writes its encryption salt there) nor a backend that somebody uses.
 */
export class ScratchProject {
  private constructor(
    readonly folder: string,
    readonly env: NodeJS.ProcessEnv,
    private readonly command: readonly [string, ...string[]] = ["pulumi"],
  ) {}

  /** @param program main file of another program to run in place of the project's own, in a folder of this project */
  static async create(program?: string): Promise<ScratchProject> {
    const folder = await mkdtemp(join(tmpdir(), "ai-platform-project-"));
    return new ScratchProject(folder, await layOutProject(folder, program));
  }

  /** The same project with another backend. */
  withBackend(url: string): ScratchProject {
    return new ScratchProject(this.folder, { ...this.env, PULUMI_BACKEND_URL: url }, this.command);
  }

  /** The same project where nothing but loopback can be reached: in a network namespace of its own. */
  withoutNetwork(): ScratchProject {
    const script = 'ip link set lo up && exec pulumi "$@"';
    const command = ["unshare", "--map-root-user", "--net", "sh", "-c", script, "pulumi"] as const;
    return new ScratchProject(this.folder, this.env, command);
  }

  /** Runs `pulumi`; its output and exit code are the result, whichever it is. */
  pulumi(...args: string[]) {
    const [file, ...before] = this.command;
    return execa(file, [...before, "--non-interactive", "--color=never", ...args], {
      cwd: this.folder,
      env: this.env,
      extendEnv: false,
      reject: false,
      all: true,
    });
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * Lays the project out in a folder of its own: its programs are this checkout's, its stack files and its state are not.
 * @param program main file of another program to run in place of the project's own, in a folder of this project
 * @returns the environment in which `pulumi` keeps its state there
 */
export async function layOutProject(folder: string, program?: string): Promise<NodeJS.ProcessEnv> {
  for (const stack of ["local", "dev", "staging", "prod"])
    await cp(join(repoRoot, stackFile(stack)), join(folder, stackFile(stack)));
  const programFolder = dirname(program ?? "stacks/main.mjs");
  for (const shared of [
    "node_modules",
    "package.json",
    "policy",
    // Images are built from its folders.
    "services",
    ...(programFolder === "." ? [] : [programFolder]),
  ]) {
    await symlink(join(repoRoot, shared), join(folder, shared));
  }
  if (program === undefined) await cp(join(repoRoot, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
  else await writeFile(join(folder, "Pulumi.yaml"), projectOf(program));
  await mkdir(join(folder, "state"));
  return projectEnvironment(folder);
}

/** The environment in which `pulumi` keeps its state in the folder of a project. */
export async function projectEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  return {
    ...(await pulumiEnv()),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "ai-platform-local",
  };
}

/** The file of a stack's settings, beside Pulumi.yaml. */
export const stackFile = (stack: string) => `Pulumi.${stack}.yaml`;

const projectOf = (program: string) => `name: ai-platform
main: ${program}
runtime:
  name: nodejs
  options:
    typescript: false
`;
