// Types are in bootstrap.d.mts: this file runs before any compiler is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";

const stampFile = "node_modules/.ai-platform-stamp";
const lockFile = "package-lock.json";

export function nodeProblem(version, range) {
  const needed = range.replace(/^>=/, "");
  const [have, want] = [version, needed].map((text) => text.split(".").map(Number));
  const index = want.findIndex((part, at) => part !== (have[at] ?? 0));
  if (index < 0 || (have[index] ?? 0) > want[index]) return undefined;
  return [
    `Node.js ${version} is too old: ${needed} or newer is needed.`,
    "  - Install a current LTS release of Node.js (nodejs.org), or switch to one: nvm install --lts",
  ].join("\n");
}

export const stampOf = (lockText) => createHash("sha256").update(lockText).digest("hex");

export function isInstalled(root) {
  const lockText = readFileSync(join(root, lockFile), "utf8");
  const stamp = read(join(root, stampFile));
  if (stamp !== undefined) return stamp.trim() === stampOf(lockText);
  // Installed by hand, with `npm ci` or `npm install`: npm leaves a list of what it has put there.
  const list = read(join(root, "node_modules/.package-lock.json"));
  if (list === undefined || !sameVersions(JSON.parse(lockText), JSON.parse(list))) return false;
  writeFileSync(join(root, stampFile), `${stampOf(lockText)}\n`);
  return true;
}

function sameVersions(wanted, installed) {
  return Object.entries(wanted.packages).every(([path, { version, optional }]) => {
    const there = installed.packages[path];
    return path === "" || there?.version === version || (there === undefined && optional);
  });
}

export async function installDependencies(root) {
  const lock = join(root, ".build", "npm-ci.lock");
  mkdirSync(dirname(lock), { recursive: true });
  for (let owner = takeLock(lock), told = false; owner !== undefined; owner = takeLock(lock)) {
    if (!told) console.error(`Waiting for process ${owner}, which installs npm packages (lock: ${lock})`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  try {
    return isInstalled(root) ? 0 : await install(root);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Takes the lock, also one that a dead process has left. Returns the living owner otherwise. */
function takeLock(lock) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return undefined;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const owner = Number(read(lock));
    if (isAlive(owner)) return owner;
    rmSync(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

async function install(root) {
  const lockText = readFileSync(join(root, lockFile), "utf8");
  const total = Object.values(JSON.parse(lockText).packages).filter(isForThisMachine).length - 1;
  const show = progressLine(
    existsSync(join(root, "node_modules")) ? "Updating npm packages" : "Installing npm packages",
  );
  const started = Date.now();

  const [command, ...before] = npmCommand();
  const child = spawn(
    command,
    [...before, "ci", "--include=dev", "--loglevel=http", "--no-audit", "--no-fund"],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const interrupted = forwardSignals(child);
  const output = [];
  const seen = new Set();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      output.push(line);
      const name = downloadedPackage(line);
      if (name && !seen.has(name)) show(`${seen.add(name).size} of ${total} (${name})`);
    });
  }
  const failure = await new Promise((done) => {
    child.on("error", (error) => done(error.message));
    child.on("close", (code) => done(code === 0 ? undefined : `npm ci ended with exit code ${code}`));
  });
  const signal = interrupted();
  if (signal) {
    show.end("interrupted");
    console.error("Run the same command again: it installs what is missing.");
    return 128 + constants.signals[signal];
  }
  if (failure) {
    show.end("failed");
    console.error(explain(failure, output.join("\n")));
    return 1;
  }
  writeFileSync(join(root, stampFile), `${stampOf(lockText)}\n`);
  show.end(`${total} packages, ${((Date.now() - started) / 1000).toFixed(0)} s`);
  return 0;
}

/** `os` and `cpu` of a package name where it is for. */
function isForThisMachine({ os, cpu }) {
  return (!os || os.includes(process.platform)) && (!cpu || cpu.includes(process.arch));
}

export function downloadedPackage(line) {
  const match = /^npm http (?:fetch GET 200|cache) \S+?:\/\/[^/]+\/(?:\S+\/)?-\/(\S+)-\d[^/]*\.tgz/.exec(
    line,
  );
  return match?.[1];
}

/** The npm that started this, else the one on PATH. */
function npmCommand() {
  const script = process.env.npm_execpath;
  return script && basename(script) === "npm-cli.js" ? [process.execPath, script] : ["npm"];
}

function forwardSignals(child) {
  let received;
  const onSignal = (signal) => {
    received = signal;
    child.kill(signal);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return () => {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    return received;
  };
}

function explain(failure, output) {
  const errors = output
    .split("\n")
    .filter((line) => /^npm (error|ERR!)/.test(line) && !/complete log|_logs/.test(line));
  const text = [failure, ...errors.slice(0, 12)].join("\n");
  if (/ENOSPC|no space left/i.test(output)) {
    return `${text}\nThe disk is full.\n  - Free some space (df -h .), then run the same command again.`;
  }
  if (/ENOENT/.test(failure)) return "npm is not on PATH.\n  - Install Node.js with npm (nodejs.org).";
  if (/EUSAGE/.test(output)) {
    return `${text}\n  - Bring the lockfile in line with package.json: npm install --package-lock-only`;
  }
  return `${text}\n  - Check the network and npm's registry and proxy settings (npm config list), then run the same command again.`;
}

/** One line that is rewritten on a terminal, and printed at most every 10 s elsewhere. */
function progressLine(title) {
  let last = 0;
  const tty = process.stderr.isTTY;
  const show = (text) => {
    const now = Date.now();
    if (now - last < (tty ? 50 : 10_000)) return;
    last = now;
    process.stderr.write(
      tty ? `\r\x1b[K${title}: ${text}`.slice(0, (process.stderr.columns ?? 80) + 4) : `${title}: ${text}\n`,
    );
  };
  show.end = (text) => process.stderr.write(tty ? `\r\x1b[K${title}: ${text}\n` : `${title}: ${text}\n`);
  show("starting");
  return show;
}

function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
