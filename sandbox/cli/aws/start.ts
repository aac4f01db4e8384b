import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { awsPackages } from "../../aws/packages.ts";
import { buildProvider } from "../../aws/provider.ts";
import { type SimulatedAws, startAws } from "../../aws/server.ts";
import { nodeProgram } from "../../cluster/programs.ts";
import type { Progress } from "../../lib/progress.ts";
import { buildGo } from "../../toolchain/go.ts";
import pc from "../colors.ts";
import { exclusively } from "../exclusive.ts";
import { failOn, folderProblems, goProblems } from "../machine.ts";
import { buildSteps, neededPrograms } from "../programs.ts";
import { shellQuote } from "../pulumi.ts";
import { runSteps, type Step } from "../tasks.ts";
import { awsFolder, hostedZones, regions, runningAws } from "./home.ts";
import { forgetStacks } from "./project.ts";

/** Options of `npm run aws -- start`. */
export interface StartOptions {
  withoutKubernetes: boolean;
  verbose: boolean;
}

/** Folder with a kubectl for those who have none. */
export const toolsFolder = join(awsFolder, "bin");

/** `npm run aws -- start`: builds what is missing, starts it, and says how to get there. */
export async function start(options: StartOptions): Promise<number> {
  failOn(await folderProblems());
  return exclusively(
    "npm run aws -- start",
    async () => {
      const running = await runningAws();
      const aws = running ?? (await startFresh(options));
      console.log(`${running ? "It runs already.\n\n" : "\n"}${nextSteps(aws)}`);
      return 0;
    },
    "aws",
  );
}

async function startFresh(options: StartOptions): Promise<SimulatedAws> {
  const kubernetes = !options.withoutKubernetes;
  const programs = await neededPrograms({ cluster: false });
  const started: SimulatedAws[] = [];
  const steps: Step[] = [
    {
      title: "This machine",
      run: async () => {
        failOn([...(kubernetes ? await kubernetesProblems() : []), ...(await goProblems())]);
        return undefined;
      },
    },
    { title: "Programs", steps: buildSteps(kubernetes ? [...programs, nodeProgram] : programs) },
    { title: "Provider of AWS", run: async (progress) => done(buildProvider(progress)) },
    { title: "Emulator of AWS (moto)", run: async (progress) => done(awsPackages(progress)) },
    {
      title: "Simulated AWS",
      run: async (progress) => {
        // Its account is empty: what an earlier one's stacks say is no longer so.
        await forgetStacks();
        started.push(await startAws(awsFolder, { kubernetes, zones: hostedZones(), progress }));
        if (kubernetes) await offerKubectl(progress);
        return undefined;
      },
    },
  ];
  await runSteps(steps, options);
  const [aws] = started;
  if (aws === undefined) throw new Error("the simulated AWS did not start");
  return aws;
}

async function kubernetesProblems() {
  const { checkMachine } = await import("../../cluster/cluster.ts");
  return (await checkMachine()).map(({ problem, remedy }) => ({
    problem,
    remedy: [
      ...remedy.filter((step) => !step.includes("npm start")),
      "Or do without clusters that run, which the stacks of this project need: npm run aws -- start --without-kubernetes",
    ],
  }));
}

async function offerKubectl(progress: Progress): Promise<void> {
  const node = await buildGo(nodeProgram, progress);
  const file = join(toolsFolder, "kubectl");
  await mkdir(toolsFolder, { recursive: true });
  await writeFile(file, `#!/bin/sh\nexec ${shellQuote(node)} kubectl "$@"\n`);
  await chmod(file, 0o755);
}

const done = (work: Promise<unknown>): Promise<undefined> => work.then(() => undefined);

function nextSteps({ endpoint }: SimulatedAws): string {
  return [
    `${pc.green("The simulated AWS runs")} at ${endpoint}, region ${regions().join(", ")}. It is no account: nothing in it costs or lasts.`,
    "",
    "npm run pulumi -- up -s dev --yes   bring an environment up in it (also staging, prod; preview, destroy, ...)",
    'eval "$(npm run -s aws -- env)"     let aws, kubectl and SDKs of this shell go there',
    "npm run aws -- kubeconfig dev       a kubeconfig of an environment's cluster",
    "npm run aws -- calls                what was called",
    "npm run aws -- fault --help         let something fail",
    "npm run aws -- stop                 end it, with all that is in it",
  ].join("\n");
}
