import { spawn } from "node:child_process";

/** What one run of a command cost. */
export interface Cost {
  readonly wallSeconds: number;
  /** CPU time of the command and all that it started. */
  readonly cpuSeconds: number;
  /** Peak resident memory of its largest process, in MiB. */
  readonly peakMiB: number;
}

/** Node can't ask what a child used, Python can: the kernel's own figures of everything that was waited for. */
const meter = `
import json, resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": code, "wall": time.monotonic() - start, "cpu": used.ru_utime + used.ru_stime, "kib": used.ru_maxrss}))
`;

/**
 * Runs a command once.
 * @throws Error with what it printed when it fails: a failed run has no cost worth knowing
 */
export async function measure(
  command: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<Cost> {
  const child = spawn("python3", ["-c", meter, ...command], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let answer = "";
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    answer += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await new Promise<void>((resolve, reject) => child.on("error", reject).on("close", () => resolve()));
  // The meter itself ended: its words are among what was said.
  if (answer === "") throw new Error(`${command.join(" ")} could not be measured:\n${said.slice(-4000)}`);
  const { code, cpu, kib, wall } = JSON.parse(answer);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${said.slice(-4000)}`);
  return { wallSeconds: wall, cpuSeconds: cpu, peakMiB: kib / 1024 };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error("the median of nothing");
  return (low + high) / 2;
}

export interface Contender {
  readonly name: string;
  run(): Promise<Cost>;
}

export interface Standing {
  readonly name: string;
  readonly median: Cost;
  /** Median of the ratios to the first contender, run by run: what remains when the machine's speed drifts. */
  readonly wallRatio: number;
  readonly cpuRatio: number;
  readonly memoryRatio: number;
}

/** Runs contenders in turn, A B C A B C ..., after one round that does not count. */
export async function compare(
  contenders: readonly [Contender, ...Contender[]],
  rounds: number,
  report: (line: string) => void,
): Promise<Standing[]> {
  const costs = contenders.map((): Cost[] => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      report(`${round === 0 ? "warm-up" : `round ${round} of ${rounds}`}: ${contender.name}`);
      const cost = await contender.run();
      if (round > 0) costs[index]?.push(cost);
    }
  }
  const [baseline = []] = costs;
  return contenders.map(({ name }, index) => {
    const own = costs[index] ?? [];
    const ratio = (key: keyof Cost) =>
      median(own.map((cost, round) => cost[key] / (baseline[round]?.[key] ?? Number.NaN)));
    const middle = (key: keyof Cost) => median(own.map((cost) => cost[key]));
    return {
      name,
      median: {
        wallSeconds: middle("wallSeconds"),
        cpuSeconds: middle("cpuSeconds"),
        peakMiB: middle("peakMiB"),
      },
      wallRatio: ratio("wallSeconds"),
      cpuRatio: ratio("cpuSeconds"),
      memoryRatio: ratio("peakMiB"),
    };
  });
}
