import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { pulumiEnv } from "../../../sandbox/engine/engine.ts";
import { repoRoot } from "../../../sandbox/lib/paths.ts";

/** A small Pulumi program with a stack `test` and a state of its own, run by the real engine. */
export class Program {
  private constructor(
    readonly folder: string,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /**
   * @param source the program, an ES module; it sees the repository's packages
   * @param config stack configuration, set before the first run
   */
  static async create(source: string, config: Record<string, string> = {}): Promise<Program> {
    const folder = await mkdtemp(join(tmpdir(), "ai-platform-engine-test-"));
    await symlink(join(repoRoot, "node_modules"), join(folder, "node_modules"));
    await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    const runtime = { name: "nodejs", options: { typescript: false } };
    await writeFile(
      join(folder, "Pulumi.yaml"),
      JSON.stringify({ name: "test", main: "index.mjs", runtime }),
    );
    await mkdir(join(folder, "state"));
    const program = new Program(folder, {
      ...(await pulumiEnv()),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      KUBECONFIG: join(folder, "no-kubeconfig"),
    });
    await program.write(source);
    await program.succeed("stack", "init", "test");
    for (const [key, value] of Object.entries(config))
      await program.succeed("config", "set", "--path", key, value);
    return program;
  }

  write(source: string): Promise<void> {
    return writeFile(join(this.folder, "index.mjs"), source);
  }

  /** Starts `pulumi`; its exit code and output are the result, whichever they are. */
  pulumi(...args: string[]) {
    return execa("pulumi", ["--non-interactive", "--color=never", ...args], {
      cwd: this.folder,
      env: this.env,
      extendEnv: false,
      reject: false,
      all: true,
      stdin: "ignore",
    });
  }

  /** Runs `pulumi`, which must succeed. @returns its output */
  async succeed(...args: string[]): Promise<string> {
    const { all, exitCode } = await this.pulumi(...args);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${all}`);
    return all;
  }

  /** Runs `pulumi`, which must fail. @returns its output */
  async fail(...args: string[]): Promise<string> {
    const { all, exitCode } = await this.pulumi(...args);
    if (exitCode === 0) throw new Error(`pulumi ${args.join(" ")} succeeded:\n${all}`);
    return all;
  }

  up(...args: string[]): Promise<string> {
    return this.succeed("up", "--yes", "--skip-preview", ...args);
  }

  state(): Promise<string> {
    return readFile(join(this.folder, "state", ".pulumi", "stacks", "test", "test.json"), "utf8");
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
