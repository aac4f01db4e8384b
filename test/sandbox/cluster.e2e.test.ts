import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../support/loopback.ts";
import { ClusterApi, type KubeObject } from "./support/cluster-api.ts";
import { type HostState, hostState } from "./support/host.ts";

// A sandbox of its own, beside the one that the person at the machine may have running.
const state = await mkdtemp(join(tmpdir(), "cluster-e2e-"));
process.env.AI_PLATFORM_STATE = state;
const cluster = await import("../../sandbox/cluster/cluster.ts");
const { cgroupFolders, cgroupName, processesIn } = await import("../../sandbox/cluster/cgroups.ts");
const { notedProcesses, isAlive } = await import("../../sandbox/cluster/processes.ts");
const { buildGo } = await import("../../sandbox/toolchain/go.ts");
const { ensurePackages } = await import("../../sandbox/toolchain/debian.ts");
const { buildImages } = await import("../../sandbox/images/images.ts");
const { silent } = await import("../../sandbox/lib/progress.ts");

const minutes = 60_000;
const owners = [state, cgroupName(state)];
const pods = "/api/v1/namespaces/default/pods";
const root = process.getuid?.() === 0;

let image: string;
let options: { apiPort: number; webPort: number; images: string[] };
let before: HostState;
let api: ClusterApi;

const container = (script: string, more: object = {}) => ({
  name: "main",
  image,
  command: ["python3", "-uc", script],
  ...more,
});

const onceSpec = (script: string) => ({
  restartPolicy: "Never",
  automountServiceAccountToken: false,
  terminationGracePeriodSeconds: 1,
  // A query that a policy drops is to fail soon.
  dnsConfig: {
    options: [
      { name: "timeout", value: "1" },
      { name: "attempts", value: "1" },
    ],
  },
  containers: [container(script)],
});

async function start() {
  const { kubeconfig } = await cluster.startCluster(options, silent);
  api = await ClusterApi.open(kubeconfig);
}

async function webText(): Promise<string> {
  const until = Date.now() + minutes;
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${options.webPort}/file`).catch(() => undefined);
    if (answer?.ok) return answer.text();
    if (Date.now() > until) throw new Error(`nothing answers at the web port: ${answer?.status}`);
    await sleep(200);
  }
}

beforeAll(async () => {
  if (!root) return;
  await ensurePackages(cluster.debianPackages, silent);
  for (const program of cluster.programs) await buildGo(program, silent);
  const [built] = await buildImages(["python"], silent);
  if (!built) throw new Error("no image was built");
  image = built.ref;
  options = { apiPort: await freePort(), webPort: await freePort(), images: [built.archive] };
  before = await hostState(owners);
  await start();
}, 30 * minutes);

afterAll(async () => {
  if (root) await cluster.cleanCluster(silent);
  await rm(state, { recursive: true, force: true });
}, 2 * minutes);

describe.skipIf(!root)("the sandbox's cluster", () => {
  test("is ready for pods when start returns, and starting again changes nothing", async () => {
    const status = await cluster.clusterStatus();
    expect(status).toMatchObject({ running: true, phase: "ready" });
    expect(status.components.every((component) => component.state === "ready")).toBe(true);
    const processes = await notedProcesses();
    await start();
    expect(await notedProcesses()).toEqual(processes);
  });

  test("answers nobody without a certificate", async () => {
    expect((await api.anonymous().text("GET", "/api")).status).toBe(401);
  });

  test(
    "runs a Deployment with a volume, behind a Service, that other pods find by name",
    async () => {
      const labels = { app: "web" };
      await api.create("/api/v1/namespaces/default/persistentvolumeclaims", {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      });
      const serve = `
import http.server, os, pathlib
path = pathlib.Path("/data/file")
if not path.exists(): path.write_text("kept")
os.chdir("/data")
http.server.test(HandlerClass=http.server.SimpleHTTPRequestHandler, port=8000)`;
      await api.create("/apis/apps/v1/namespaces/default/deployments", {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              automountServiceAccountToken: false,
              terminationGracePeriodSeconds: 1,
              securityContext: {
                runAsUser: 1000,
                runAsNonRoot: true,
                fsGroup: 2000,
                seccompProfile: { type: "RuntimeDefault" },
              },
              containers: [
                container(serve, {
                  securityContext: {
                    allowPrivilegeEscalation: false,
                    readOnlyRootFilesystem: true,
                    capabilities: { drop: ["ALL"] },
                  },
                  readinessProbe: { httpGet: { path: "/file", port: 8000 }, periodSeconds: 1 },
                  volumeMounts: [{ name: "data", mountPath: "/data" }],
                }),
              ],
              volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
            },
          },
        },
      });
      await api.create("/api/v1/namespaces/default/services", {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web" },
        spec: {
          type: "NodePort",
          selector: labels,
          ports: [{ port: 80, targetPort: 8000, nodePort: 30080 }],
        },
      });
      await api.waitFor(
        "/apis/apps/v1/namespaces/default/deployments/web",
        ({ status }) => status?.readyReplicas === 1,
      );
      const claim = await api.get("/api/v1/namespaces/default/persistentvolumeclaims/data");
      expect(claim?.status?.phase).toBe("Bound");
      const ask = `import urllib.request; print(urllib.request.urlopen("http://web.default.svc.cluster.local/file", timeout=10).read().decode())`;
      expect(await api.run("default", "client", onceSpec(ask))).toContain("kept");
      expect(await webText()).toBe("kept");
    },
    3 * minutes,
  );

  test(
    "enforces NetworkPolicies from a pod's first packet on, and not on the node itself",
    async () => {
      const policies = "/apis/networking.k8s.io/v1/namespaces/default/networkpolicies";
      const policy = (name: string, spec: object) =>
        api.create(policies, {
          apiVersion: "networking.k8s.io/v1",
          kind: "NetworkPolicy",
          metadata: { name },
          spec,
        });
      const from = [{ podSelector: { matchLabels: { client: "yes" } } }];
      await policy("web", {
        podSelector: { matchLabels: { app: "web" } },
        policyTypes: ["Ingress"],
        ingress: [{ from, ports: [{ port: 8000 }] }],
      });
      await policy("mute", { podSelector: { matchLabels: { mute: "yes" } }, policyTypes: ["Egress"] });
      const ask = `
import urllib.request
try: print(urllib.request.urlopen("http://web/file", timeout=2).read().decode())
except OSError as error: print("refused:", error)`;
      const answers = await Promise.all([
        api.run("default", "allowed", onceSpec(ask), { client: "yes" }),
        api.run("default", "stranger", onceSpec(ask), {}),
        api.run("default", "muted", onceSpec(ask), { client: "yes", mute: "yes" }),
      ]);
      expect(answers[0]).toContain("kept");
      expect(answers[1]).toContain("timed out");
      expect(answers[2]).toContain("name resolution");
      expect(await webText()).toBe("kept");
      for (const name of ["web", "mute"]) await api.remove(`${policies}/${name}`);
    },
    2 * minutes,
  );

  test("says at once that a name outside of the cluster is not known", async () => {
    const ask = `
import socket, time
began = time.time()
try: socket.getaddrinfo("example.com", 443)
except socket.gaierror: print("unknown", time.time() - began < 2)`;
    expect(await api.run("default", "lookup", onceSpec(ask))).toContain("unknown True");
  });

  test("keeps secrets encrypted on disk", async () => {
    await api.create("/api/v1/namespaces/default/secrets", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "secret" },
      stringData: { key: "plainly-visible-value" },
    });
    const found = await execa("grep", ["-rl", "plainly-visible-value", join(state, "node", "lib", "etcd")], {
      reject: false,
    });
    expect(found.stdout).toBe("");
  });

  test("refuses a pod that the namespace's Pod Security level forbids", async () => {
    await api.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "strict", labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    });
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "loose" }, spec: onceSpec("pass") };
    await api.waitFor("/api/v1/namespaces/strict/serviceaccounts/default", () => true);
    await expect(api.create("/api/v1/namespaces/strict/pods", pod)).rejects.toThrow(/violates PodSecurity/);
  });

  test(
    "schedules onto a simulated node until its GPUs are taken, and leaves the real node alone",
    async () => {
      const size = { cpu: "96", memory: "1Ti", pods: "110", "nvidia.com/gpu": "8" };
      await api.create("/api/v1/nodes", {
        apiVersion: "v1",
        kind: "Node",
        metadata: {
          name: "gpu-1",
          annotations: { "kwok.x-k8s.io/node": "fake" },
          labels: { "kubernetes.io/hostname": "gpu-1", "node.kubernetes.io/instance-type": "p5.48xlarge" },
        },
        spec: { taints: [{ key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" }] },
        status: { capacity: size, allocatable: size },
      });
      const ready = ({ status }: KubeObject) =>
        status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
      await api.waitFor("/api/v1/nodes/gpu-1", ready);
      const names = Array.from({ length: 9 }, (_, index) => `gpu-pod-${index}`);
      for (const name of names.slice(0, 8)) await createGpuPod(name);
      for (const name of names.slice(0, 8)) {
        const pod = await api.waitFor(`${pods}/${name}`, ({ status }) => status?.phase === "Running");
        expect(pod.spec?.nodeName).toBe("gpu-1");
      }
      await createGpuPod("gpu-pod-8");
      const ninth = await api.waitFor(`${pods}/gpu-pod-8`, ({ status }) =>
        Boolean(status?.conditions?.some(({ type, message }) => type === "PodScheduled" && message)),
      );
      expect(ninth.status?.phase).toBe("Pending");
      expect(JSON.stringify(ninth.status?.conditions)).toContain("Insufficient nvidia.com/gpu");
      await api.waitFor("/api/v1/nodes/ai-platform-local", ready, 0);
      for (const name of names) await api.remove(`${pods}/${name}?gracePeriodSeconds=0`);
      await api.remove("/api/v1/nodes/gpu-1");
    },
    2 * minutes,
  );

  test("names the reason when an image is not there", async () => {
    const spec = { ...onceSpec("pass"), containers: [{ name: "main", image: "nowhere.example/none:1" }] };
    await api.create(pods, { apiVersion: "v1", kind: "Pod", metadata: { name: "no-image" }, spec });
    const waiting = await api.waitFor(`${pods}/no-image`, ({ status }) =>
      /ErrImagePull|ImagePullBackOff/.test(JSON.stringify(status)),
    );
    expect(JSON.stringify(waiting.status)).toContain("nowhere.example/none:1");
    await api.remove(`${pods}/no-image?gracePeriodSeconds=0`);
  });

  test(
    "a component that dies comes back",
    async () => {
      const noted = await notedProcesses();
      const [folder] = await cgroupFolders(cgroupName(state));
      for (const pid of await processesIn(folder ?? "")) {
        const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
        if (line.split("\0")[1] === "kube-scheduler") process.kill(pid, "SIGKILL");
      }
      const until = Date.now() + minutes;
      for (;;) {
        const scheduler = (await cluster.clusterStatus()).components.find(
          ({ name }) => name === "kube-scheduler",
        );
        if (scheduler?.restarts === 1 && scheduler.state === "ready") break;
        expect(Date.now()).toBeLessThan(until);
        await sleep(100);
      }
      expect(await notedProcesses()).toEqual(noted);
      await api.run("default", "scheduled", onceSpec("pass"));
    },
    2 * minutes,
  );

  test(
    "keeps its data over stop and start",
    async () => {
      await cluster.stopCluster(silent);
      expect(await cluster.clusterStatus()).toMatchObject({ running: false, phase: "stopped" });
      await start();
      expect(await webText()).toBe("kept");
    },
    4 * minutes,
  );

  test(
    "starts over what a killed node left",
    async () => {
      const noted = await notedProcesses();
      if (!noted) throw new Error("no node runs");
      process.kill(noted.init.pid, "SIGKILL");
      while (await isAlive(noted.gate)) await sleep(20);
      expect((await cluster.clusterStatus()).running).toBe(false);
      await start();
      expect(await webText()).toBe("kept");
    },
    4 * minutes,
  );

  test(
    "starts over a node whose gate was killed",
    async () => {
      const noted = await notedProcesses();
      if (!noted) throw new Error("no node runs");
      process.kill(noted.gate.pid, "SIGKILL");
      while (await isAlive(noted.gate)) await sleep(20);
      await start();
      expect(await webText()).toBe("kept");
    },
    4 * minutes,
  );

  test(
    "a taken port is said before anything starts",
    async () => {
      await cluster.stopCluster(silent);
      const squatter = createServer();
      await new Promise<void>((resolve) => squatter.listen(options.webPort, "127.0.0.1", resolve));
      await expect(start()).rejects.toThrow(new RegExp(`port ${options.webPort} of 127.0.0.1 is taken`));
      expect((await cluster.clusterStatus()).running).toBe(false);
      await new Promise((resolve) => squatter.close(resolve));
      await start();
    },
    4 * minutes,
  );

  test(
    "leaves nothing after clean",
    async () => {
      const groups = await cgroupFolders(cgroupName(state));
      const processes = (await Promise.all(groups.map(processesIn))).flat();
      expect(processes.length).toBeGreaterThan(10);
      await cluster.cleanCluster(silent);
      expect(await hostState(owners)).toEqual(before);
      const left = processes.filter((pid) => existsSync(`/proc/${pid}`));
      expect(left).toEqual([]);
      expect(existsSync(join(state, "node"))).toBe(false);
      expect(existsSync(join(state, "kubeconfig"))).toBe(false);
    },
    2 * minutes,
  );
});

async function createGpuPod(name: string): Promise<void> {
  await api.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
      containers: [
        {
          name: "main",
          image: "example/model-server:1",
          resources: { limits: { "nvidia.com/gpu": "1" } },
        },
      ],
    },
  });
}
