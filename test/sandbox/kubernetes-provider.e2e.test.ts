import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, type TestContext, test } from "vitest";
import { images } from "../../catalog/images.ts";
import { localKubeconfig } from "../../sandbox/cli/kubeconfig.ts";
import { engine } from "../../sandbox/engine/engine.ts";
import { ClusterApi } from "./support/cluster-api.ts";
import { Program } from "./support/program.ts";

/** The sandbox's Kubernetes provider on the real cluster of the running local platform, in namespaces of its own. */

const minutes = 60_000;
const image = `${images.experiments.repository}:${images.experiments.tag}`;
const official = (await engine()).kind === "official";
/** Every program gets a namespace `namespace`, a provider in `o`, and a helper for Deployments of a Python script. */
const prelude = `import * as k8s from "@pulumi/kubernetes";
  const env = process.env;
  const ns = new k8s.core.v1.Namespace("ns", { metadata: { name: env.TEST_NAMESPACE } });
  const namespace = ns.metadata.name;
  const server = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8000)";
  const container = (script, more = {}) => ({
    name: "app", image: env.TEST_IMAGE ?? "${image}", imagePullPolicy: "IfNotPresent",
    command: ["python3", "-uc", script], workingDir: "/tmp", ...more,
  });
  const ready = { readinessProbe: { httpGet: { path: "/", port: 8000 }, periodSeconds: 1 } };
  const deployment = (name, main, { labels = { app: name }, annotations = {}, replicas = 1, deadline = 600 } = {}) =>
    new k8s.apps.v1.Deployment(name, {
      metadata: { name, namespace, annotations },
      spec: { replicas, progressDeadlineSeconds: deadline, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [main] } } },
    });
  const brief = { "pulumi.com/timeoutSeconds": "20" };
`;

let counter = 0;

/** A program that is destroyed when its test ends; nothing of it may be left then. */
async function program({ onTestFinished }: TestContext, source: string): Promise<Program> {
  const created = await Program.create(prelude + source);
  counter += 1;
  created.env.KUBECONFIG = localKubeconfig;
  created.env.TEST_NAMESPACE = `engine-test-${process.pid}-${counter}`;
  onTestFinished(async () => {
    await created.succeed("cancel", "--yes");
    await created.succeed("destroy", "--yes", "--skip-preview");
    const { status } = await (await api()).text("GET", namespacePath(created));
    await created.remove();
    if (status !== 404) throw new Error(`${created.env.TEST_NAMESPACE} is still there`);
  }, 3 * minutes);
  return created;
}

const api = () => ClusterApi.open(localKubeconfig);
const namespacePath = (created: Program, kind = "") =>
  `/api/v1/namespaces/${created.env.TEST_NAMESPACE}${kind}`;

describe.skipIf(official).concurrent("objects", () => {
  test(
    "live their whole life: up, no change, update, replace, drift, destroy",
    async (context) => {
      const created = await program(
        context,
        `
      deployment("web", container(server, { ...ready, env: [{ name: "V", value: env.V ?? "1" }], resources: { requests: { cpu: "10m", memory: "65536Ki" } } }),
        { labels: { app: env.LABEL ?? "web" } });
      new k8s.core.v1.Service("web", { metadata: { name: "web", namespace }, spec: { selector: { app: env.LABEL ?? "web" }, ports: [{ port: 80, targetPort: 8000 }] } });
      new k8s.core.v1.PersistentVolumeClaim("data", { metadata: { namespace }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } });
      new k8s.batch.v1.Job("job", { metadata: { namespace }, spec: { template: { spec: { restartPolicy: "Never", containers: [container("print(1)")] } } } });
      const config = new k8s.core.v1.ConfigMap("config", { metadata: { namespace }, data: { a: env.V ?? "1" } });
      export const configName = config.metadata.name;`,
      );
      expect(await created.up()).toContain("+ 7 created");
      expect(await created.up()).toContain("7 unchanged");
      expect(await created.succeed("refresh", "--yes")).toContain("7 unchanged");
      const name = (await created.succeed("stack", "output", "configName")).trim();

      created.env.V = "2";
      const updated = await created.up();
      expect(updated).toContain("~ 1 updated");
      expect(updated).toContain("+-1 replaced");
      expect((await created.succeed("stack", "output", "configName")).trim()).not.toBe(name);

      created.env.LABEL = "other";
      expect(await created.succeed("preview", "--diff")).toMatch(
        /\+-kubernetes:apps\/v1:Deployment: \(replace\)/,
      );
      expect(await created.up()).toContain("+-1 replaced");

      const scale = `/apis/apps/v1/namespaces/${created.env.TEST_NAMESPACE}/deployments/web/scale`;
      const scaled = await (await api()).text("PUT", scale, {
        apiVersion: "autoscaling/v1",
        kind: "Scale",
        metadata: { name: "web", namespace: created.env.TEST_NAMESPACE },
        spec: { replicas: 0 },
      });
      expect(scaled.status).toBe(200);
      expect(await created.up()).toContain("7 unchanged");
      const repaired = await created.succeed("up", "--yes", "--skip-preview", "--refresh", "--diff");
      expect(repaired).toMatch(/replicas: 0 => 1/);
    },
    4 * minutes,
  );

  test(
    "an object with a fixed name is made anew when the old one is gone; a volume is never replaced to shrink",
    async (context) => {
      const created = await program(
        context,
        `
      new k8s.batch.v1.Job("job", { metadata: { name: "job", namespace, annotations: { "pulumi.com/skipAwait": "true" } }, spec: { template: { spec: { restartPolicy: "Never", terminationGracePeriodSeconds: 1, containers: [container("import time; time.sleep(" + (env.V ?? 100) + ")")] } } } });
      new k8s.core.v1.PersistentVolumeClaim("data", { metadata: { name: "data", namespace }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: env.SIZE ?? "1Gi" } } } });`,
      );
      await created.up();
      created.env.V = "200";
      expect(await created.up()).toContain("+-1 replaced");
      created.env.SIZE = "512Mi";
      expect(await created.fail("preview")).toContain("PersistentVolumeClaim");
    },
    2 * minutes,
  );

  test(
    "a Secret's contents show nowhere",
    async (context) => {
      const created = await program(
        context,
        `
      new k8s.core.v1.Secret("s", { metadata: { namespace }, stringData: { password: env.PASSWORD ?? "SESAME" } });`,
      );
      const texts = [await created.succeed("preview", "--json"), await created.up("--diff")];
      created.env.PASSWORD = "SESAMEAGAIN";
      texts.push(await created.succeed("preview", "--json"), await created.succeed("preview", "--diff"));
      texts.push(await created.up("--diff"), await created.succeed("refresh", "--yes", "--diff"));
      texts.push(await created.state(), await created.succeed("stack", "export"));
      expect(texts.join("\n")).not.toMatch(/SESAME|U0VTQU1F/);
      expect(await created.up()).toContain("3 unchanged");
    },
    2 * minutes,
  );

  test(
    "kinds that the program itself brings are known at once",
    async (context) => {
      const created = await program(
        context,
        `
      const group = "g" + env.TEST_NAMESPACE.replaceAll("-", "") + ".example.com";
      const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
      const crd = new k8s.apiextensions.v1.CustomResourceDefinition("widgets", { metadata: { name: "widgets." + group }, spec: {
        group, scope: "Namespaced", names: { plural: "widgets", singular: "widget", kind: "Widget" },
        versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object", properties: { spec: schema } } } }] } });
      new k8s.apiextensions.CustomResource("w", { apiVersion: group + "/v1", kind: "Widget", metadata: { name: "w", namespace }, spec: { size: 3 } }, { dependsOn: crd });`,
      );
      expect(await created.succeed("preview")).toContain("+ 4 to create");
      expect(await created.up()).toContain("+ 4 created");
      expect(await created.up()).toContain("4 unchanged");
    },
    2 * minutes,
  );

  test(
    "a mistake shows in the preview, as the server puts it",
    async (context) => {
      const created = await program(
        context,
        `
      new k8s.core.v1.Service("web", { metadata: { namespace }, spec: { prots: [{ port: 80 }] } });`,
      );
      expect(await created.fail("preview")).toContain('unknown field "spec.prots"');
    },
    minutes,
  );

  test(
    "an object that someone else made is not taken over",
    async (context) => {
      const created = await program(
        context,
        `
      if (env.MORE) new k8s.core.v1.ConfigMap("c", { metadata: { name: "theirs", namespace }, data: { a: "ours" } });`,
      );
      await created.up();
      const made = await (await api()).text("POST", namespacePath(created, "/configmaps"), {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "theirs" },
        data: { a: "theirs" },
      });
      expect(made.status).toBe(201);
      created.env.MORE = "1";
      expect(await created.fail("up", "--yes", "--skip-preview")).toContain("exists already");
      expect((await (await api()).text("GET", namespacePath(created, "/configmaps/theirs"))).text).toContain(
        '"a":"theirs"',
      );
    },
    minutes,
  );
});

/** What is wrong, the container that has it, and what the error must tell. */
const ailments: [string, string, string[]][] = [
  [
    "a wrong image",
    `container(server, { image: "example.invalid/nothing:1" })`,
    ["ImagePullBackOff", "nothing:1"],
  ],
  ["a crash", `container("print('no database'); raise SystemExit(3)")`, ["exit code 3", "no database"]],
  [
    "a missing Secret",
    `container(server, { envFrom: [{ secretRef: { name: "missing" } }] })`,
    ["CreateContainerConfigError", "missing"],
  ],
  [
    "too large a request",
    `container(server, { resources: { requests: { cpu: "5k" } } })`,
    ["Unschedulable", "Insufficient cpu"],
  ],
  [
    "a probe that fails",
    `container(server, { readinessProbe: { httpGet: { path: "/nothing", port: 8000 }, periodSeconds: 1 } })`,
    ["Readiness probe failed", "404"],
  ],
];

describe.skipIf(official).concurrent("what does not become ready", () => {
  test.for(ailments)(
    "%s: the error names the pod and its reason, and the next up goes on from there",
    { timeout: 3 * minutes },
    async ([, main, reasons], context) => {
      const created = await program(
        context,
        `
      deployment("web", env.MEND ? container(server, ready) : ${main}, { annotations: brief });`,
      );
      const output = await created.fail("up", "--yes", "--skip-preview");
      for (const part of ["Deployment engine-test", "is not ready after 20s", "Pod engine-test", ...reasons])
        expect(output).toContain(part);
      expect(await created.state()).toContain("initErrors");
      created.env.MEND = "1";
      expect(await created.up()).toContain("~ 1 updated");
      expect(await created.up()).toContain("3 unchanged");
    },
  );

  test(
    "a rollout that missed its deadline can be taken back",
    async (context) => {
      const created = await program(
        context,
        `
      deployment("web", container(server, { ...ready, ...(env.WRONG ? { image: "example.invalid/nothing:1" } : {}) }), { deadline: 10 });`,
      );
      await created.up();
      created.env.WRONG = "1";
      const output = await created.fail("up", "--yes", "--skip-preview");
      for (const part of ["Progress deadline exceeded", "Pod engine-test", "nothing:1"])
        expect(output).toContain(part);
      delete created.env.WRONG;
      expect(await created.up()).toContain("~ 1 updated");
    },
    3 * minutes,
  );

  test(
    "a Job that fails says so at once, with its last lines",
    async (context) => {
      const created = await program(
        context,
        `
      new k8s.batch.v1.Job("job", { metadata: { namespace }, spec: { backoffLimit: 0, template: { spec: { restartPolicy: "Never", containers: [container("print('cannot migrate'); raise SystemExit(2)")] } } } });`,
      );
      const output = await created.fail("up", "--yes", "--skip-preview");
      for (const part of ["BackoffLimitExceeded", "exit code 2", "cannot migrate"])
        expect(output).toContain(part);
    },
    2 * minutes,
  );

  test(
    "a Service without a ready pod names its selector",
    async (context) => {
      const created = await program(
        context,
        `
      new k8s.core.v1.Service("web", { metadata: { namespace, annotations: brief }, spec: { selector: { app: "nobody" }, ports: [{ port: 80 }] } });`,
      );
      expect(await created.fail("up", "--yes", "--skip-preview")).toContain(
        "no ready pod matches its selector app=nobody",
      );
    },
    minutes,
  );
});

describe.skipIf(official).concurrent("an interrupted run", () => {
  test.for([1500, 2500, 5000])(
    "killed after %d ms and run again ends well",
    { timeout: 3 * minutes },
    async (after, context) => {
      const created = await program(
        context,
        `
      let last = ns;
      for (let i = 0; i < 15; i++)
        last = new k8s.core.v1.ConfigMap("c" + i, { metadata: { name: "c" + i, namespace }, data: { i: String(i) } }, { dependsOn: last });
      deployment("web", container(server, { readinessProbe: { ...ready.readinessProbe, initialDelaySeconds: 5 } }));`,
      );
      const run = created.pulumi("up", "--yes", "--skip-preview");
      await sleep(after);
      run.kill("SIGKILL");
      await run;
      await created.succeed("cancel", "--yes");
      await created.up();
      const list = await (await api()).text("GET", namespacePath(created, "/configmaps"));
      expect(JSON.parse(list.text).items.filter(isOurs)).toHaveLength(15);
      expect(await created.up()).toContain("18 unchanged");
    },
  );
});

const isOurs = ({ metadata }: { metadata: { name: string } }) => /^c\d+$/.test(metadata.name);
