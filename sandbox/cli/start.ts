import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { imageRef } from "../../catalog/images.ts";
import { renderTable } from "../../report/table.ts";
import { UserError } from "../lib/fail.ts";
import { stateDir } from "../lib/paths.ts";
import { refuseWhileElsewhere, rememberCluster } from "./cluster-identity.ts";
import pc from "./colors.ts";
import { loadIntoContext, needsLoading } from "./context-images.ts";
import { entranceOf } from "./entrance.ts";
import { exclusively } from "./exclusive.ts";
import { clientOf, connect } from "./kube.ts";
import { deriveKubeconfig, findContext, userKubeconfigs, writeLocalKubeconfig } from "./kubeconfig.ts";
import { writeLog } from "./log.ts";
import { failOn, folderProblems, goProblems, portProblem } from "./machine.ts";
import { UsageError } from "./options.ts";
import { buildSteps, neededPrograms } from "./programs.ts";
import { probeUntilReady, type StackService } from "./services.ts";
import { readSettings, type Settings, writeSettings } from "./settings.ts";
import { noChange, stackServices, up } from "./stack.ts";
import { runSteps, type Step, type Timing } from "./tasks.ts";

/** Options of `npm start`. */
export interface StartOptions {
  context?: string | undefined;
  port?: number | undefined;
  apiPort?: number | undefined;
  verbose: boolean;
}

/** Each step's time of the last start, for the benchmark. */
export const timingsFile = join(stateDir, "start-timings.json");

/** How long a service may take to answer once its pods are ready, seconds: Traefik has to learn the route. */
const answerWithin = 60;

/** `npm start`: brings the local platform up and shows where it answers. */
export async function start(options: StartOptions): Promise<number> {
  // Before the lock: on a full disk even that could not be written.
  failOn(await folderProblems());
  return exclusively("npm start", async () => {
    const started = Date.now();
    const timings = await bringUp(options);
    // Where nothing had to be changed nothing has to start either: what does not answer soon was taken away by hand.
    const unchanged = timings.at(-1)?.result === noChange;
    let { rows, missing } = await answers(timings, unchanged ? 10 : answerWithin);
    if (unchanged && missing.length > 0) {
      const repair: Step = {
        title: "Platform (compared with the cluster)",
        run: (progress) => up(progress, { refresh: true }),
      };
      timings.push(...(await runSteps([repair], options)));
      ({ rows, missing } = await answers(timings, answerWithin));
    }
    const seconds = Math.round((Date.now() - started) / 100) / 10;
    await mkdir(stateDir, { recursive: true });
    await writeFile(
      timingsFile,
      `${JSON.stringify({ at: new Date(started).toISOString(), seconds, steps: timings }, null, 2)}\n`,
    );
    console.log(`\n${renderTable(["SERVICE", "URL", "ANSWER"], rows, { color: process.stdout.isTTY })}\n`);
    if (missing.length > 0) {
      throw new UserError(`These services do not answer: ${missing.join(", ")}`, [
        "See what they wait for: npm run status",
        "And why: npm run pulumi -- up -s local --refresh --run-program",
      ]);
    }
    console.log(await nextSteps(seconds));
    return 0;
  });
}

/** Everything up to `pulumi up`, as one task list. */
export async function bringUp(options: StartOptions): Promise<Timing[]> {
  const before = await readSettings();
  // A port of the API is the sandbox's; the port of the entrance is meaningful in any cluster.
  const context = options.context ?? (options.apiPort ? undefined : before.context);
  const settings: Settings = {
    ...before,
    context,
    webPort: options.port ?? before.webPort,
    apiPort: options.apiPort ?? before.apiPort,
  };
  if (!context && settings.webPort === settings.apiPort) {
    throw new UsageError(
      `start: port ${settings.webPort} cannot be the entrance's (--port) and the Kubernetes API's (--api-port) at once`,
    );
  }
  const steps = context ? await contextSteps(settings, context) : await sandboxSteps(settings);
  return runSteps(
    [
      ...steps,
      {
        title: "Platform (pulumi up)",
        run: async (progress) => {
          const kube = await connect();
          await refuseWhileElsewhere(kube);
          await rememberCluster(kube);
          return up(progress, { refresh: false });
        },
      },
    ],
    options,
  );
}

async function sandboxSteps(settings: Settings): Promise<Step[]> {
  const { webPort, apiPort } = settings;
  const cluster = await import("../cluster/cluster.ts");
  const images = await import("../images/images.ts");
  const { ensurePackages, missingPackages } = await import("../toolchain/debian.ts");
  const programs = await neededPrograms({ cluster: true });
  const packages = [...new Set([...cluster.debianPackages, ...images.debianPackages])];
  let archives: string[] = [];
  return [
    {
      title: "This machine",
      run: async () => {
        // Ports of a cluster that runs, or starts just now, are taken by itself.
        const { phase } = await cluster.clusterStatus();
        if (phase === "ready") await cluster.checkSamePorts(settings);
        const ports =
          phase === "stopped" || phase === "failed"
            ? [...(await portProblem(webPort, "--port")), ...(await portProblem(apiPort, "--api-port"))]
            : [];
        failOn([...(await cluster.checkMachine()), ...(await goProblems()), ...ports]);
        await refuseWhileElsewhere();
        await writeSettings(settings);
        return undefined;
      },
    },
    {
      title: "Debian packages",
      run: async (progress) => {
        const missing = await missingPackages(packages);
        await ensurePackages(packages, progress);
        return missing.length === 0 ? "all there" : `${missing.length} installed`;
      },
    },
    { title: "Programs", steps: buildSteps(programs) },
    {
      title: "Images",
      run: async (progress) => {
        const built = await images.buildImages(undefined, progress);
        archives = built.map(({ archive }) => archive);
        return `${built.length} ready`;
      },
    },
    {
      title: "Kubernetes",
      run: async (progress) => {
        await cluster.startCluster(
          { apiPort, webPort, images: archives, library: imageRef("ollama") },
          progress,
        );
        return undefined;
      },
    },
  ];
}

async function contextSteps(settings: Settings, context: string): Promise<Step[]> {
  const files = await userKubeconfigs();
  const { cluster, user } = findContext(files, context);
  const programs = await neededPrograms({ cluster: false });
  const steps: Step[] = [
    {
      title: `Your cluster ${context}`,
      run: async () => {
        if (programs.length > 0) failOn(await goProblems());
        const kube = await clientOf(cluster, user);
        const answer = await kube.raw("/version");
        if (answer.status !== 200) {
          throw new UserError(
            `The cluster of context ${context} answers HTTP ${answer.status} to /version.`,
            [`Try it: kubectl --context ${context} version`],
          );
        }
        await refuseWhileElsewhere(kube);
        await writeLocalKubeconfig(deriveKubeconfig(files, context));
        await writeSettings(settings);
        return undefined;
      },
    },
  ];
  if (programs.length > 0) steps.push({ title: "Programs", steps: buildSteps(programs) });
  if (needsLoading(context)) {
    steps.push({ title: "Images of our services", run: (progress) => loadIntoContext(context, progress) });
  }
  writeLog(`context ${context}, port ${settings.webPort}`);
  return steps;
}

/** Asks every service that has a URL until it answers, or the seconds are over. */
async function answers(timings: Timing[], within: number): Promise<{ rows: string[][]; missing: string[] }> {
  const started = Date.now();
  const entrance = await entranceOf(await readSettings());
  const rows: string[][] = [];
  const missing: string[] = [];
  const reachable = (await stackServices()).filter((service): service is StackService & { path: string } => {
    return service.path !== undefined;
  });
  const results = await Promise.all(
    reachable.map(({ path, probe = path }) => probeUntilReady(() => entrance.probe(probe), within)),
  );
  for (const [index, { name, path }] of reachable.entries()) {
    const result = results[index];
    if (!result?.ready) missing.push(name);
    rows.push([name, entrance.url(path), result?.answer ?? ""]);
  }
  timings.push({ step: "Answers", seconds: Math.round((Date.now() - started) / 100) / 10 });
  return { rows, missing };
}

async function nextSteps(seconds: number): Promise<string> {
  const settings = await readSettings();
  const entrance = await entranceOf(settings);
  const lines = [
    pc.green(`The local platform is up (${seconds} s).`),
    ...entrance.howToReach,
    "",
    "Log a run with its model and read both back:",
    "  python3 -m venv .venv && .venv/bin/pip install -r examples/requirements.txt",
    `  .venv/bin/python examples/log_run.py ${new URL(entrance.url("/")).origin}`,
    "",
    "npm run status    what runs, and how to authenticate",
    ...(settings.context ? [] : ["npm run stop      stop it, keep the data"]),
    "npm run destroy   remove the platform and its data",
  ];
  return lines.join("\n");
}
