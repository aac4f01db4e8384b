import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import type { SimulatedAws } from "../../../sandbox/aws/server.ts";
import { ScratchProject } from "../../../sandbox/engine/scratch.ts";
import { repoRoot } from "../../../sandbox/lib/paths.ts";
import type { AwsPlatformSpec } from "../../../spec/platform.ts";
import { describeEnvironment } from "../../../stacks/environments.ts";
import { endOwnAws, leadTo, startOwnAws } from "../../sandbox/support/aws/own.ts";
import type { ChangeName } from "./changes.ts";
import { type Step, stepsIn } from "./steps.ts";

/** How a command of the engine ended. */
export interface Ended {
  readonly output: string;
  readonly exitCode: number | undefined;
}

/** An environment of a simulated AWS, brought up and changed by the real engine. */
export class Living {
  private constructor(
    readonly environment: AwsPlatformSpec["environment"],
    readonly region: string,
    readonly aws: SimulatedAws,
    readonly project: ScratchProject,
  ) {}

  /** Starts an AWS of its own, in which nothing is but the zone that the environment's names are in. */
  static async begin(environment: AwsPlatformSpec["environment"]): Promise<Living> {
    const spec = describeEnvironment(environment, repoRoot);
    if (spec.environment === "local") throw new Error("local has nothing in AWS");
    const zone = spec.gateway.hostedZone;
    const aws = await startOwnAws({ zones: zone === undefined ? [] : [zone] });
    const { region } = spec.cloud;
    const living = new Living(environment, region, aws, await ScratchProject.create("program.cjs"));
    await leadTo(aws, living.project.env);
    await living.succeed("stack", "init", environment, "--no-select");
    await living.change();
    return living;
  }

  /** What the next commands bring up: the environment after these changes and no others. */
  async change(...names: readonly ChangeName[]): Promise<void> {
    const root = JSON.stringify(repoRoot);
    const program =
      names.length === 0
        ? `load("stacks/index.ts").run(${root})`
        : `load("test/stacks/life/program.ts").run(${root}, "${this.environment}", ${JSON.stringify(names)})`;
    await writeFile(
      join(this.project.folder, "program.cjs"),
      `const { load } = require(require("node:path").join(${root}, "runtime/load.cjs"));
module.exports = () => ${program};
`,
    );
  }

  async run(...args: readonly string[]): Promise<Ended> {
    const { all, exitCode } = await this.project.pulumi(...args);
    return { output: all.replaceAll("\0", ""), exitCode };
  }

  /** Runs `pulumi`, which must succeed. @returns its output */
  async succeed(...args: readonly string[]): Promise<string> {
    const { output, exitCode } = await this.run(...args);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")} failed:\n${output.slice(-5000)}`);
    return output;
  }

  /** Runs `pulumi`, which must fail. @returns its output */
  async fail(...args: readonly string[]): Promise<string> {
    const { output, exitCode } = await this.run(...args);
    if (exitCode === 0) throw new Error(`pulumi ${args.join(" ")} succeeded:\n${output.slice(-5000)}`);
    return output;
  }

  up(): Promise<string> {
    return this.succeed(...this.upArgs);
  }

  /** An `up` that AWS or the engine must refuse. @returns its output */
  refusedUp(): Promise<string> {
    return this.fail(...this.upArgs);
  }

  get upArgs(): string[] {
    return ["up", "--stack", this.environment, "--yes", "--skip-preview"];
  }

  /** Reads everything back from AWS and Kubernetes. @returns its output */
  refresh(): Promise<string> {
    return this.succeed("refresh", "--stack", this.environment, "--yes", "--skip-preview");
  }

  /** What an `up` would do, what stays as it is left out. */
  async preview(...args: readonly string[]): Promise<Step[]> {
    const { exitCode, stderr, stdout } = await this.project.pulumi(
      ...["preview", "--stack", this.environment, "--json", ...args],
    );
    if (exitCode !== 0) throw new Error(`${stderr}\n${stdout.slice(-5000)}`);
    return stepsIn(stdout);
  }

  /** Calls AWS behind the stack's back, as a person does. @returns the answer's values, one a line */
  async byHand(...args: readonly string[]): Promise<string[]> {
    const answer = await this.told(...args, "--output", "text");
    return answer.split(/\s+/).filter((value) => value !== "");
  }

  /** Calls AWS. @returns what the command line prints */
  async told(...args: readonly string[]): Promise<string> {
    const { env } = this.project;
    const { stdout } = await execa("aws", [...args, "--region", this.region], { env, extendEnv: false });
    return stdout;
  }

  async end(): Promise<void> {
    await this.project.remove();
    await endOwnAws(this.aws);
  }
}
