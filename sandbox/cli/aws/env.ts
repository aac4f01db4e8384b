import { join } from "node:path";
import { silent } from "../../lib/progress.ts";
import { shellQuote } from "../pulumi.ts";
import { leadingAway, simulatedEnvironment } from "./environment.ts";
import { awsFolder, needAws, regions } from "./home.ts";
import { awsBackend } from "./project.ts";
import { toolsFolder } from "./start.ts";

/** Where `aws eks update-kubeconfig` writes in a shell that leads there: never the user's own file. */
export const kubeconfig = join(awsFolder, "kubeconfig");

/** `npm run aws -- env`: prints what lets a POSIX shell go there, and takes away what would lead it to an account. */
export async function env(): Promise<number> {
  const aws = await needAws();
  // A PATH of nothing but what is added, so that the shell's own stays first.
  const set = await simulatedEnvironment(aws, { PATH: "" }, silent);
  const { PATH = "", ...variables } = set;
  const [region = ""] = regions();
  const wanted = {
    ...Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith("AI_PLATFORM_"))),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // The state of what is simulated must not get among that of what exists.
    PULUMI_BACKEND_URL: awsBackend,
    KUBECONFIG: kubeconfig,
  };
  console.log(shellLines(wanted, [PATH.replace(/^:/, ""), toolsFolder], process.env));
  return 0;
}

/** @param paths folders that go behind the shell's own */
export function shellLines(
  wanted: NodeJS.ProcessEnv,
  paths: readonly string[],
  current: NodeJS.ProcessEnv,
): string {
  const unset = leadingAway(current).filter((name) => !Object.hasOwn(wanted, name));
  return [
    ...unset.map((name) => `unset ${name}`),
    ...Object.entries(wanted).map(([name, value]) => `export ${name}=${shellQuote(value ?? "")}`),
    `export PATH="$PATH":${shellQuote(paths.join(":"))}`,
  ].join("\n");
}
