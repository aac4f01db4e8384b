import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { stateDir } from "../lib/paths.ts";
import { cgroupMounts, cgroupVersion } from "./cgroups.ts";

/** Something about this machine that stops the sandbox, and what to do about it. */
export interface Problem {
  problem: string;
  remedy: string[];
}

const otherCluster =
  "Or use a Kubernetes of your own (kind, Docker Desktop, any other): npm start -- --context NAME";

/** Below this, images and data of the platform do not fit. */
const minDiskBytes = 8 * 2 ** 30;
/** What a platform whose images are loaded still needs: with less than 0.5 GiB free, kubelet ends pods. */
const minDiskBytesLater = 2 ** 30;
/** The control plane takes 0.6 GiB, the platform's pods the rest. */
const minMemoryBytes = 3.5 * 2 ** 30;

/** The capabilities that a node needs of root, by their bit in the kernel's masks, and what for. */
const capabilities: readonly { bit: number; name: string; reason: string }[] = [
  { bit: 0, name: "CAP_CHOWN", reason: "unpack images" },
  { bit: 1, name: "CAP_DAC_OVERRIDE", reason: "unpack images" },
  { bit: 3, name: "CAP_FOWNER", reason: "unpack images" },
  { bit: 5, name: "CAP_KILL", reason: "stop pods" },
  { bit: 6, name: "CAP_SETGID", reason: "run pods as their users" },
  { bit: 7, name: "CAP_SETUID", reason: "run pods as their users" },
  { bit: 8, name: "CAP_SETPCAP", reason: "take capabilities from pods" },
  { bit: 12, name: "CAP_NET_ADMIN", reason: "make the pods' network" },
  { bit: 13, name: "CAP_NET_RAW", reason: "set packet filter rules" },
  { bit: 18, name: "CAP_SYS_CHROOT", reason: "start containers" },
  { bit: 21, name: "CAP_SYS_ADMIN", reason: "make namespaces and mounts" },
  { bit: 27, name: "CAP_MKNOD", reason: "give containers their devices" },
];

/** What this machine lacks for a node. Asks the kernel by trying, in namespaces that are gone at once. */
export async function checkMachine(): Promise<Problem[]> {
  if (process.platform !== "linux") {
    return [
      {
        problem: `The sandbox needs Linux; this is ${process.platform}.`,
        remedy: [otherCluster.replace("Or use", "Use")],
      },
    ];
  }
  if (process.getuid?.() !== 0) {
    return [
      {
        problem: "The sandbox's Kubernetes node needs root: it makes namespaces, mounts and cgroups.",
        remedy: ["Run it as root: sudo -E npm start", otherCluster],
      },
    ];
  }
  const missing = missingCapabilities(await readFile("/proc/self/status", "utf8"));
  // Nothing else can be tried without them.
  if (missing.length > 0) return [capabilityProblem(missing)];
  const found = await Promise.all([cgroupProblems(), namespaceProblems(), roomProblems()]);
  return found.flat();
}

/** @param status the text of /proc/self/status */
export function missingCapabilities(status: string): { name: string; reason: string }[] {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  return capabilities.filter(({ bit }) => ((mask >> BigInt(bit)) & 1n) === 0n);
}

const capabilityProblem = (missing: readonly { name: string; reason: string }[]): Problem => ({
  problem: `Root lacks capabilities here: ${missing.map(({ name, reason }) => `${name} (to ${reason})`).join(", ")}.`,
  remedy: ["In a container: start it with --privileged.", otherCluster],
});

async function cgroupProblems(): Promise<Problem[]> {
  const version = cgroupVersion();
  if (version === "none") {
    return [
      {
        problem: `No cgroups are mounted below ${cgroupMounts}.`,
        remedy: ["Mount them: mount -t cgroup2 cgroup2 /sys/fs/cgroup", otherCluster],
      },
    ];
  }
  if (version === "v1") {
    const needed = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "pids"];
    const absent = needed.filter((controller) => !existsSync(join(cgroupMounts, controller, "cgroup.procs")));
    if (absent.length === 0) return [];
    return [
      {
        problem: `These cgroup v1 controllers are not mounted below ${cgroupMounts}: ${absent.join(", ")}.`,
        remedy: [`Mount each: mount -t cgroup -o NAME cgroup ${cgroupMounts}/NAME`, otherCluster],
      },
    ];
  }
  return unifiedProblems();
}

/** cgroup v2: controllers are passed on from the top, which the kernel refuses where processes are in a group below the root. */
async function unifiedProblems(): Promise<Problem[]> {
  const read = async (file: string) =>
    (await readFile(join(cgroupMounts, file), "utf8").catch(() => "")).trim().split(/\s+/);
  const offered = await read("cgroup.controllers");
  const absent = ["cpu", "memory", "pids"].filter((controller) => !offered.includes(controller));
  if (absent.length > 0) {
    return [
      {
        problem: `cgroup v2 offers no ${absent.join(", ")} controller here.`,
        remedy: ["In a container: start it with --privileged --cgroupns=host.", otherCluster],
      },
    ];
  }
  const passedOn = await read("cgroup.subtree_control");
  const isRoot = !existsSync(join(cgroupMounts, "cgroup.type"));
  if (isRoot || ["cpu", "memory", "pids"].every((controller) => passedOn.includes(controller))) return [];
  return [
    {
      problem:
        "This container's cgroup v2 group holds processes itself, so that it cannot pass controllers on to pods.",
      remedy: [
        `Move them aside: mkdir -p ${cgroupMounts}/init && xargs -rn1 < ${cgroupMounts}/cgroup.procs > ${cgroupMounts}/init/cgroup.procs`,
        "Or start the container with --privileged --cgroupns=host.",
        otherCluster,
      ],
    },
  ];
}

/** Each trial runs in new namespaces: what it makes is gone with its process. */
const trials: readonly { needs: string; script: string; remedy: string }[] = [
  {
    needs: "namespaces for mounts, processes and networks",
    script: "true",
    remedy: "In a container: start it with --privileged.",
  },
  {
    needs: "its own mount of /proc",
    script: "mount -t proc proc /proc",
    remedy: "In a container: start it with --privileged.",
  },
  {
    needs: "bridges and veth pairs (kernel modules bridge, veth)",
    script: "! command -v ip || { ip link add b0 type bridge && ip link add v0 type veth peer name v1; }",
    remedy: "Load the modules on the host: modprobe -a bridge veth",
  },
  {
    needs: "packet filtering of bridged traffic (kernel module br_netfilter)",
    // The only module that the kernel does not load by itself when it is first used.
    script:
      "file=/proc/sys/net/bridge/bridge-nf-call-iptables; test -e $file || { modprobe br_netfilter && test -e $file; }",
    remedy: "Load the module on the host: modprobe br_netfilter",
  },
  {
    needs: "iptables with its nat table (kernel modules ip_tables, iptable_nat or nf_tables, nft_compat)",
    script:
      "! command -v iptables || iptables -t nat -A POSTROUTING -m comment --comment x -m conntrack --ctstate NEW -j MASQUERADE",
    remedy:
      "Load the modules on the host: modprobe -a ip_tables iptable_nat xt_comment xt_conntrack xt_MASQUERADE",
  },
];

async function namespaceProblems(): Promise<Problem[]> {
  const results = await Promise.all(
    trials.map(async ({ needs, script, remedy }) => {
      const trial = await execa("unshare", ["--mount", "--net", "--pid", "--fork", "sh", "-c", script], {
        reject: false,
        stdin: "ignore",
        all: true,
      });
      if (!trial.failed) return [];
      const said = trial.all.trim().split("\n").at(-1) ?? trial.shortMessage;
      return [
        {
          problem: `This kernel does not let the node have ${needs}: ${said}`,
          remedy: [remedy, otherCluster],
        },
      ];
    }),
  );
  // Without namespaces, no other trial says anything.
  return results[0]?.length ? results[0] : results.flat();
}

async function roomProblems(): Promise<Problem[]> {
  const problems: Problem[] = [];
  const parent = nearestFolder(stateDir);
  const { bavail, bsize } = await statfs(parent);
  const free = bavail * bsize;
  const needed = existsSync(join(stateDir, "node", "lib")) ? minDiskBytesLater : minDiskBytes;
  if (free < needed) {
    problems.push({
      problem: `The disk of ${parent} has ${gibibytes(free)} free; the sandbox needs ${gibibytes(needed)}.`,
      remedy: ["Free some space there, or name a folder on another disk: AI_PLATFORM_STATE=/other/folder"],
    });
  }
  const memory = Number(/^MemTotal:\s*(\d+)/m.exec(await readFile("/proc/meminfo", "utf8"))?.[1]) * 1024;
  if (memory < minMemoryBytes) {
    problems.push({
      problem: `This machine has ${gibibytes(memory)} of memory; the sandbox needs ${gibibytes(minMemoryBytes)}.`,
      remedy: [otherCluster],
    });
  }
  return problems;
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/**
 * How containerd stores images: "overlayfs", or "native" where the state's file system cannot carry an overlay (one
 * overlay upon another, as inside most containers). Native copies every layer whole: slower, and several times the disk.
 */
export async function findSnapshotter(folder: string): Promise<"overlayfs" | "native"> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const trial = await mkdtemp(join(folder, ".overlay-"));
  try {
    const script = `cd "$1" && mkdir lower upper work merged &&
      mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged && : > merged/file`;
    const result = await execa("unshare", ["--mount", "sh", "-c", script, "sh", trial], { reject: false });
    return result.failed ? "native" : "overlayfs";
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}
