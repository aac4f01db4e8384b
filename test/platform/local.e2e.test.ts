import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { imageRef } from "../../catalog/images.ts";
import { partOf } from "../../planning/ownership.ts";
import {
  adapterOrigin,
  cli,
  eventually,
  inPod,
  killTree,
  kubectl,
  kubectlOutput,
  services,
  teamKey,
  urlOf,
} from "../support/local.ts";
import { type LoggedRun, logRun } from "../support/mlflow.ts";

/** The running platform, in the order in which it is used, broken, repaired and taken away. */

const minutes = (count: number) => count * 60_000;

async function getJson(url: string) {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

describe.sequential("the local platform", () => {
  const experiment = `e2e-${randomUUID()}`;
  let run: LoggedRun;
  let mlflow = "";
  let experiments = "";

  beforeAll(async () => {
    mlflow = await urlOf("mlflow");
    experiments = await urlOf("experiments");
  }, minutes(1));

  const asked = async (model: string) => {
    const response = await fetch(`${await adapterOrigin()}/v1/completions`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${await teamKey("platform-team")}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ model, prompt: "hi", max_tokens: 1 }),
      signal: AbortSignal.timeout(30_000),
    });
    expect(response.status, await response.text()).toBe(200);
  };

  const readBack = () => getJson(`${experiments}/runs/${run.runId}`);

  test(
    "has every service ready",
    async () => {
      expect((await services()).map(({ name, ready }) => ({ name, ready }))).toEqual(
        [
          "traefik",
          "mlflow",
          "experiments",
          "qwen3-0.6b",
          "qwen3-embedding-0.6b",
          "tinyllama",
          "adapter",
          "postgres",
          "seaweedfs",
          "prometheus",
          "prometheus-adapter",
        ].map((name) => ({ name, ready: true })),
      );
    },
    minutes(2),
  );

  test(
    "another port while it runs is refused, and what is known of the platform stays",
    async () => {
      const { all, exitCode } = await cli("start", "--port=18081");
      expect(all).toContain("The cluster runs already, with other ports");
      expect(exitCode).toBe(1);
      expect(await urlOf("mlflow")).toBe(mlflow);
    },
    minutes(1),
  );

  test(
    "a run that a client logs through the gateway is read back through /experiments",
    async () => {
      run = await logRun(mlflow, experiment);
      expect(await readBack()).toMatchObject({ run_id: run.runId, status: "FINISHED" });
      const found = z
        .object({ items: z.array(z.object({ run_id: z.string() })) })
        .parse(
          await getJson(
            `${experiments}/runs?${new URLSearchParams({ experiment_id: run.experimentId, metric: "accuracy", op: "gt", threshold: "0.5" })}`,
          ),
        );
      expect(found.items.map(({ run_id }) => run_id)).toContain(run.runId);
    },
    minutes(3),
  );

  test(
    "its artifact lies in the S3 store, and the run in PostgreSQL",
    async () => {
      const listing = await inPod(
        "ai-tracking",
        "deployment/mlflow",
        "python",
        "-c",
        "import boto3, os; [print(o['Key']) for o in boto3.client('s3').list_objects_v2(Bucket='mlflow')['Contents']]",
      );
      expect(listing).toMatch(new RegExp(`^mlflow/${run.experimentId}/.*MLmodel$`, "m"));
      const row = await inPod(
        "ai-data",
        "statefulset/postgres",
        "psql",
        "--username=postgres",
        "--dbname=mlflow",
        "--no-align",
        "--tuples-only",
        `--command=select status from runs where run_uuid = '${run.runId}'`,
      );
      expect(row.trim()).toBe("FINISHED");
    },
    minutes(1),
  );

  test(
    "a database user gets into its own database only, and only with its password",
    async () => {
      const asUser = (database: string, password: string) =>
        kubectl(
          "exec",
          "--namespace=ai-data",
          "statefulset/postgres",
          "--",
          "env",
          `PGPASSWORD=${password}`,
          "psql",
          "--host=postgres",
          "--username=mlflow",
          `--dbname=${database}`,
          "--command=select 1",
        );
      const url = Buffer.from(
        await kubectlOutput(
          "get",
          "secrets",
          "--namespace=ai-tracking",
          "--selector=app.kubernetes.io/name=mlflow",
          "--output=jsonpath={.items[*].data.url}",
        ),
        "base64",
      ).toString();
      const { password } = new URL(url.replace("postgresql+psycopg2", "postgresql"));
      expect((await asUser("mlflow", password)).exitCode).toBe(0);
      expect((await asUser("vectors", password)).all).toContain("permission denied");
      expect((await asUser("mlflow", "wrong")).all).toContain("password authentication failed");
    },
    minutes(1),
  );

  test(
    "pgvector is there and works",
    async () => {
      const distance = await inPod(
        "ai-data",
        "statefulset/postgres",
        "psql",
        "--username=postgres",
        "--dbname=vectors",
        "--no-align",
        "--tuples-only",
        "--command=select '[1,2,3]'::vector <-> '[1,2,5]'::vector",
      );
      expect(distance.trim()).toBe("2");
    },
    minutes(1),
  );

  test(
    "no pod runs as root or with a writable root, as the kernel sees it",
    async () => {
      for (const [namespace, workload] of [
        ["ai-tracking", "deployment/mlflow"],
        ["ai-tracking", "deployment/experiments"],
        ["ai-data", "statefulset/postgres"],
        ["ai-data", "statefulset/seaweedfs"],
        ["ai-gateway", "deployment/traefik"],
        ["ai-models", "deployment/adapter"],
        ["ai-models", "statefulset/tinyllama"],
      ] as const) {
        const status = await inPod(namespace, workload, "cat", "/proc/1/status");
        expect(status, workload).toMatch(/^Uid:\s+(?!0\b)\d+/m);
        expect(status, workload).toMatch(/^CapEff:\s+0+$/m);
        expect(status, workload).toMatch(/^NoNewPrivs:\s+1$/m);
        expect(status, workload).toMatch(/^Seccomp:\s+2$/m);
        const { exitCode } = await kubectl(
          "exec",
          `--namespace=${namespace}`,
          workload,
          "--",
          "touch",
          "/probe",
        );
        expect(exitCode, workload).not.toBe(0);
      }
    },
    minutes(2),
  );

  test(
    "a second up changes nothing",
    async () => {
      const { all, exitCode } = await cli(
        "pulumi",
        "up",
        "--stack=local",
        "--yes",
        "--expect-no-changes",
        "--policy-pack=policy",
      );
      expect(exitCode, all).toBe(0);
    },
    minutes(3),
  );

  test(
    "no secret shows in the state or in a preview",
    async () => {
      const password = Buffer.from(
        await kubectlOutput(
          "get",
          "secrets",
          "--namespace=ai-data",
          "--selector=app.kubernetes.io/name=postgres",
          "--output=jsonpath={.items[*].data.password}",
        ),
        "base64",
      ).toString();
      expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
      const keys = await Promise.all(["platform-team", "trial"].map(teamKey));
      for (const key of keys) expect(key).toMatch(/^sk-[A-Za-z0-9]{40,}$/);
      // Of a key, also the random part, which has a resource of its own.
      const secrets = [password, ...keys, ...keys.map((key) => key.replace(/^sk-/, ""))];
      for (const args of [
        ["stack", "export", "--stack=local"],
        ["preview", "--stack=local", "--diff", "--json", "--show-sames"],
        ["up", "--stack=local", "--yes", "--diff", "--show-sames"],
        ["stack", "output", "--stack=local", "--json"],
      ]) {
        const { all, exitCode } = await cli("pulumi", ...args);
        expect(exitCode, all).toBe(0);
        const shown = secrets.flatMap((secret) => [secret, Buffer.from(secret).toString("base64")]);
        expect(
          shown.filter((text) => all.includes(text)),
          args.join(" "),
        ).toEqual([]);
      }
    },
    minutes(3),
  );

  test(
    "/experiments says that MLflow is away while it is, and MLflow comes back with its runs",
    async () => {
      await kubectlOutput(
        "delete",
        "pod",
        "--namespace=ai-tracking",
        "--selector=app.kubernetes.io/name=mlflow",
        "--wait=false",
        "--grace-period=1",
      );
      await eventually(60, async () => {
        expect((await fetch(`${experiments}/runs/${run.runId}`)).status).toBeGreaterThanOrEqual(502);
      });
      await eventually(120, async () => expect(await readBack()).toMatchObject({ run_id: run.runId }));
      await eventually(60, async () => expect((await services()).every(({ ready }) => ready)).toBe(true));
    },
    minutes(5),
  );

  test(
    "a server with data that got a wrong image comes back when it is put right",
    async () => {
      const imageIs = (image: string) =>
        kubectlOutput("set", "image", "--namespace=ai-data", "statefulset/seaweedfs", `seaweedfs=${image}`);
      const podOf = () => kubectlOutput("get", "pod", "--namespace=ai-data", "seaweedfs-0", "--output=json");
      await imageIs("chrislusf/seaweedfs:no-such-tag");
      await eventually(60, async () => expect(await podOf()).toMatch(/ErrImagePull|ImagePullBackOff/));
      await imageIs(imageRef("seaweedfs"));
      await eventually(120, async () => expect((await services()).every(({ ready }) => ready)).toBe(true));
    },
    minutes(5),
  );

  test(
    "everything is still there after the sandbox was stopped and started",
    async () => {
      const stopped = await cli("stop");
      expect(stopped.exitCode, stopped.all).toBe(0);
      await expect(fetch(mlflow, { signal: AbortSignal.timeout(5000) })).rejects.toThrow();
      const started = await cli("start");
      expect(started.exitCode, started.all).toBe(0);
      expect(await readBack()).toMatchObject({ run_id: run.runId });
      await eventually(60, () => asked("tinyllama"));
      // Its library has begun anew as well, and says of every model that it gives one.
      const log = await kubectlOutput("logs", "--namespace=kube-system", "ollama-library-ai-platform-local");
      expect(log).toContain("stands in for Ollama's library");
      expect(log).not.toContain("random weights instead of");
    },
    minutes(10),
  );

  test(
    "destroy leaves nothing of ours in the cluster, and an up that was killed halfway ends well at the next try",
    async () => {
      const destroyed = await cli("destroy");
      expect(destroyed.exitCode, destroyed.all).toBe(0);
      const kinds = await kubectlOutput("api-resources", "--verbs=list", "--output=name");
      const left = await kubectl(
        "get",
        kinds.trim().split("\n").join(","),
        "--all-namespaces",
        `--selector=app.kubernetes.io/part-of=${partOf}`,
        "--output=name",
        "--ignore-not-found",
      );
      expect(left.stdout).toBe("");
      expect(await kubectlOutput("get", "persistentvolumes", "--output=name")).toBe("");

      const halfway = cli("start");
      await eventually(120, async () => {
        expect(await kubectlOutput("get", "pods", "--namespace=ai-data", "--output=name")).toContain(
          "postgres",
        );
      });
      await killTree(halfway.pid);
      expect((await halfway).signal).toBe("SIGKILL");

      const started = await cli("start");
      expect(started.exitCode, started.all).toBe(0);
      expect((await services()).every(({ ready }) => ready)).toBe(true);
    },
    minutes(15),
  );
});
