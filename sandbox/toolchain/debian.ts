import { readFile, rm, writeFile } from "node:fs/promises";
import { execa } from "execa";
import { UserError } from "../lib/fail.ts";
import type { Progress } from "../lib/progress.ts";
import { explainFailure, lastLines } from "./diagnose.ts";

const aptEnvironment = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" };
const aptOptions = [
  "-y",
  "-o",
  "DPkg::Lock::Timeout=300",
  "-o",
  "Acquire::Retries=3",
  "-o",
  "APT::Status-Fd=3",
];

/** Installs the Debian packages that are missing. Answers in milliseconds when none is. */
export async function ensurePackages(names: readonly string[], progress: Progress): Promise<void> {
  const missing = await missingPackages(names);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new UserError(`Debian packages are missing, and installing them needs root: ${missing.join(" ")}`, [
      `Install them: sudo apt-get install --no-install-recommends ${missing.join(" ")}`,
      "Then run the same command again.",
    ]);
  }
  await apt(["update"], "Reading the package lists", progress);
  await withoutStartingServices(() =>
    apt(["install", "--no-install-recommends", ...missing], `Installing ${missing.join(" ")}`, progress),
  );
  await disableServices(missing);
  const still = await missingPackages(missing);
  if (still.length > 0) {
    throw new UserError(`apt-get ended well, but these packages are not installed: ${still.join(" ")}`, [
      `See why: apt-get install --no-install-recommends ${still.join(" ")}`,
    ]);
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own placeholders
const statusFormat = "${Package} ${db:Status-Status}\\n";

/** Those of `names` that are not installed on this machine. */
export async function missingPackages(names: readonly string[]): Promise<string[]> {
  if (names.length === 0) return [];
  // dpkg-query exits with 1 when it does not know a name: its list is the answer all the same.
  const query = await execa("dpkg-query", ["-W", "-f", statusFormat, ...names], { reject: false });
  if (query.code === "ENOENT") {
    throw new UserError("This machine has no Debian package manager, which the sandbox installs from.", [
      "Use a Debian or Ubuntu machine or container,",
      "or a Kubernetes cluster of your own (kind, Docker Desktop, any other): npm start -- --context NAME",
    ]);
  }
  const installed = new Set(
    query.stdout.split("\n").flatMap((line) => (line.endsWith(" installed") ? [line.split(" ")[0]] : [])),
  );
  return names.filter((name) => !installed.has(name));
}

async function apt(args: string[], what: string, progress: Progress): Promise<void> {
  progress.report(what);
  let result = await aptOnce(args, progress);
  if (result.failed && result.output.includes("dpkg --configure -a")) {
    // An earlier installation was killed halfway; dpkg names this very command as the way out.
    progress.report("finishing an interrupted installation");
    await execa("dpkg", ["--configure", "-a"], { env: aptEnvironment, reject: false, stdin: "ignore" });
    result = await aptOnce(args, progress);
  }
  if (!result.failed) return;
  if (/Unable to locate package|has no installation candidate/.test(result.output)) {
    throw new UserError(
      `${what} failed: this distribution's package lists lack a package.\n${lastLines(result.output, 3)}`,
      ["The sandbox is tried on Debian 12. Check that `main` is among the sources in /etc/apt."],
    );
  }
  throw explainFailure(what, result.output, ["/var/cache/apt", "/usr"]);
}

async function aptOnce(args: string[], progress: Progress): Promise<{ failed: boolean; output: string }> {
  const child = execa("apt-get", [...aptOptions, ...args], {
    env: aptEnvironment,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    all: true,
    reject: false,
  });
  for await (const line of child.iterable({ from: "fd3" })) {
    const text = aptStatus(line);
    if (text) progress.report(text);
  }
  const result = await child;
  // `apt-get update` exits with 0 when some list could not be fetched and an old one is used instead.
  const failed = result.failed || (args[0] === "update" && /^(E:|Err:)/m.test(result.all));
  return { failed, output: result.failed ? `${result.all}\n${result.shortMessage}` : result.all };
}

/** A line of apt's status protocol (`dlstatus:1:20.5:Retrieving file 3 of 10`) in words; undefined for other lines. */
export function aptStatus(line: string): string | undefined {
  const match = /^(dlstatus|pmstatus):[^:]*:([\d.]+):(.*)$/.exec(line);
  if (!match) return undefined;
  const [, kind, percent, text] = match;
  return `${kind === "dlstatus" ? "downloading" : "installing"}: ${Math.round(Number(percent))} % (${text})`;
}

const policyFile = "/usr/sbin/policy-rc.d";
const policyText =
  "#!/bin/sh\n# Written by the ai-platform sandbox for the time of one installation: start no service.\nexit 101\n";

/** Debian starts a package's services at installation unless this file forbids it. */
async function withoutStartingServices(work: () => Promise<void>): Promise<void> {
  const before = await readFile(policyFile, "utf8").catch(() => undefined);
  await writeFile(policyFile, policyText, { mode: 0o755 });
  try {
    await work();
  } finally {
    // A file equal to ours was left behind by a killed run.
    if (before === undefined || before === policyText) await rm(policyFile, { force: true });
    else await writeFile(policyFile, before, { mode: 0o755 });
  }
}

/** The sandbox starts its own containerd; the system's would come up with the next boot otherwise. */
async function disableServices(names: readonly string[]): Promise<void> {
  const { stdout } = await execa("dpkg", ["-L", ...names], { reject: false });
  const units = stdout
    .split("\n")
    .map((path) => /\/systemd\/system\/([^/]+\.(?:service|socket|timer))$/.exec(path)?.[1])
    .filter((unit) => unit !== undefined);
  if (units.length > 0) await execa("systemctl", ["disable", ...units], { reject: false });
}
