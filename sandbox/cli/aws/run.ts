import { execa } from "execa";
import type { SimulatedAws } from "../../aws/server.ts";
import type { Progress } from "../../lib/progress.ts";
import pc from "../colors.ts";
import { awsFolder } from "./home.ts";
import { awsStacks, openStack } from "./project.ts";

/** Commands that change what a stack has. */
const changing = ["up", "destroy", "refresh", "import"];

/** Runs pulumi on an environment in the simulated AWS, which is said before it begins and after it changed something. */
export async function runSimulated(
  aws: SimulatedAws,
  stack: string,
  command: string,
  args: readonly string[],
  progress: Progress,
): Promise<number> {
  // On the error output: the output of `stack output --json` is for programs.
  console.error(
    banner(`SIMULATED AWS at ${aws.endpoint}, no account: nothing of this is real (${awsFolder})`),
  );
  const env = await openStack(aws, stack, progress);
  const exitCode = await pulumi(args, env);
  if (changing.includes(command)) {
    console.error(
      banner(`That was the simulated AWS: ${stack} is in no account. What was called: npm run aws -- calls`),
    );
  }
  return exitCode;
}

const banner = (text: string): string => pc.bold(pc.yellow(`▌ ${text}`));

async function pulumi(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const result = await execa("pulumi", args, {
    cwd: awsStacks.project,
    env,
    extendEnv: false,
    stdio: "inherit",
    reject: false,
  });
  return result.exitCode ?? 1;
}
