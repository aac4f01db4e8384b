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
  ) {}

  /** @param program main file of another program to run in place of the project's own, in a folder of this project */
  static async create(program?: string): Promise<ScratchProject> {
    const folder = await mkdtemp(join(tmpdir(), "ai-platform-project-"));
    const stackFiles = ["local", "dev", "staging", "prod"].map((stack) => `Pulumi.${stack}.yaml`);
    for (const file of stackFiles) await cp(join(repoRoot, file), join(folder, file));
    const programFolder = dirname(program ?? "stacks/main.mjs");
    for (const shared of [
      "node_modules",
      "package.json",
      "policy",
      ...(programFolder === "." ? [] : [programFolder]),
    ]) {
      await symlink(join(repoRoot, shared), join(folder, shared));
    }
    if (program === undefined) await cp(join(repoRoot, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    else await writeFile(join(folder, "Pulumi.yaml"), projectOf(program));
    await mkdir(join(folder, "state"));
    return new ScratchProject(folder, {
      ...(await pulumiEnv()),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "ai-platform-local",
    });
  }

  /** The same project with another backend. */
  withBackend(url: string): ScratchProject {
    return new ScratchProject(this.folder, { ...this.env, PULUMI_BACKEND_URL: url });
  }

  /** Runs `pulumi`; its output and exit code are the result, whichever it is. */
  pulumi(...args: string[]) {
    return execa("pulumi", ["--non-interactive", "--color=never", ...args], {
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

const projectOf = (program: string) => `name: ai-platform
main: ${program}
runtime:
  name: nodejs
  options:
    typescript: false
`;
