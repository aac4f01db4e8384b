import { cp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { repoRoot, stateDir } from "../../lib/paths.ts";
import { add, type Counts } from "./counts.ts";
import { serviceEnvironment } from "./python.ts";
import { countCheck, type GroupContext, run } from "./run.ts";
import { vitest } from "./vitest.ts";

/** The tests' platform has a state and ports of its own: they take things away, and a developer's data stays. */
const testState = `${stateDir}-test`;

/** Brings a platform up from nothing as a person would, tests it, and takes it away again. */
export async function testLocalPlatform(context: GroupContext): Promise<Counts> {
  const env = { AI_PLATFORM_STATE: testState };
  const main = join(repoRoot, "sandbox", "cli", "main.mjs");
  const command = (log: string, ...args: string[]) =>
    run(context, log, process.execPath, [main, ...args], { env });

  // The tests' client of MLflow: installed before, so that no test waits for a download.
  const service = "experiments";
  await serviceEnvironment(service, join(repoRoot, "services", service), context.progress);
  await command("clean-before", "clean");
  const [port, apiPort] = await freePorts(2);
  const started = await command("start", "start", "--port", String(port), "--api-port", String(apiPort));
  let counts = countCheck("npm start", started);
  if (!started.failed)
    counts = add(counts, await vitest(context, ["--no-file-parallelism", ".e2e.test.ts"], env));
  // What the cleaning takes away tells why something failed.
  if (counts.failed > 0) await keepLogs(context.logs);
  counts = add(counts, countCheck("npm run sandbox:clean", await command("clean", "clean")));
  await rm(testState, { recursive: true, force: true });
  return counts;
}

async function keepLogs(folder: string): Promise<void> {
  for (const logs of ["logs", "node/logs"]) {
    const from = join(testState, logs);
    await cp(from, join(folder, logs.replace("/", "-")), { recursive: true }).catch(() => undefined);
  }
}

/** Ports of 127.0.0.1 that nothing listens on just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  const ports: number[] = [];
  for (const server of servers) {
    if (!server.listening) await new Promise((resolve) => server.once("listening", resolve));
    const address = server.address();
    if (typeof address === "object" && address) ports.push(address.port);
  }
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
