import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { Training, type TrainingArgs } from "../../../components/training/training.ts";
import { exitCodes, type TrainingCode } from "../../../planning/training/run.ts";
import { repoRoot } from "../../../sandbox/lib/paths.ts";
import type { AwsPlatformInput } from "../../../spec/platform.ts";
import { find, type Rendered, render } from "../../support/render.ts";
import { plannedTrainings } from "../../support/trainings.ts";

type Jobs = NonNullable<NonNullable<AwsPlatformInput["training"]>["jobs"]>;

const digits = { entrypoint: "digits:train", model: { parameters: 1_000_000, activationsMiB: 100 } };
const own = {
  ...digits,
  entrypoint: undefined,
  image: "registry.example.com/team/bert:2.1",
  gpus: ["A10G"],
} satisfies Jobs[string];
const code: TrainingCode = new Map([["__init__.py", "def train(session): ...\n"]]);
const image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/ai-platform-dev/training:1@sha256:abc";

async function rendered(jobs: Jobs, more: Partial<TrainingArgs> = {}): Promise<Rendered[]> {
  const plans = await plannedTrainings("dev", jobs);
  return render(
    () =>
      new Training("training", {
        plans,
        code: new Map(plans.flatMap(({ source }) => (source ? [[source, code] as const] : []))),
        labels: { environment: "dev" },
        imageOf: (choice) => (choice.kind === "pulled" ? choice.ref : image),
        trackingUri: "http://mlflow.ai-tracking.svc.cluster.local:5000/mlflow",
        mlflow: { peer: { namespace: "ai-tracking", app: "mlflow" }, port: 5000 },
        clusterName: "ai-platform-dev",
        tags: { Environment: "dev" },
        ground: () => [],
        ...more,
      }),
  );
}

const jobs = (resources: readonly Rendered[]) => resources.filter(({ type }) => type.endsWith(":Job"));

function jobOf(resources: readonly Rendered[], app: string) {
  const found = jobs(resources).find(
    ({ inputs }) => inputs.metadata.labels["app.kubernetes.io/name"] === app,
  );
  if (found === undefined) throw new Error(`no Job of ${app}`);
  return found.inputs;
}

describe("trainings", () => {
  let resources: Rendered[];
  beforeAll(async () => {
    resources = await rendered({ digits: { ...digits, data: "corpora/wiki", retries: 4, seed: 7 }, own });
  });

  test("are Jobs that nobody waits for, and that end by themselves", () => {
    const { metadata, spec } = jobOf(resources, "train-digits");
    expect(metadata.annotations["pulumi.com/skipAwait"]).toBe("true");
    expect(spec).toMatchObject({
      backoffLimit: 4,
      activeDeadlineSeconds: 86_400,
      ttlSecondsAfterFinished: 2_592_000,
      podReplacementPolicy: "Failed",
    });
    expect(spec.template.spec.restartPolicy).toBe("Never");
  });

  test("begin again when their node goes, without counting, and not when it is hopeless", () => {
    const { podFailurePolicy } = jobOf(resources, "train-digits").spec;
    const rule = (action: string, values: readonly number[]) => ({
      action,
      onExitCodes: { containerName: "train-digits", operator: "In", values: [...values] },
    });
    expect(podFailurePolicy.rules).toEqual([
      rule("FailJob", exitCodes.hopeless),
      rule("Ignore", exitCodes.interrupted),
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    ]);
  });

  test("ask for one GPU and tolerate what its nodes are tainted with", () => {
    const { spec } = jobOf(resources, "train-digits").spec.template;
    const [container] = spec.containers;
    expect(container.resources).toEqual({
      requests: { cpu: "3000m", memory: "10240Mi", "ephemeral-storage": "40Gi", "nvidia.com/gpu": "1" },
      limits: { memory: "12288Mi", "nvidia.com/gpu": "1" },
    });
    expect(spec.nodeSelector).toEqual({ "ai-platform/role": "gpu", "ai-platform/gpu": "L4" });
    expect(spec.tolerations).toEqual([{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }]);
    expect(jobOf(resources, "train-own").spec.template.spec.nodeSelector["ai-platform/gpu"]).toBe("A10G");
    expect(spec.volumes).toContainEqual({ name: "shm", emptyDir: { medium: "Memory", sizeLimit: "2048Mi" } });
    expect(container.volumeMounts).toContainEqual({ name: "shm", mountPath: "/dev/shm" });
  });

  test("have time for a checkpoint within what EC2 gives a spot node", () => {
    const { terminationGracePeriodSeconds } = jobOf(resources, "train-digits").spec.template.spec;
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(60);
    expect(terminationGracePeriodSeconds).toBeLessThan(120);
  });

  test("run without privileges", () => {
    const { spec } = jobOf(resources, "train-digits").spec.template;
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: "RuntimeDefault" } },
    });
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    });
    const { labels } = find(resources, "Namespace", "ai-training").inputs.metadata;
    expect(labels["pod-security.kubernetes.io/enforce"]).toBe("restricted");
  });

  test("find their configuration and their source as files", () => {
    const config = JSON.parse(find(resources, "ConfigMap", "train-digits-config").inputs.data["config.json"]);
    expect(config).toMatchObject({
      job: "digits",
      entrypoint: "digits:train",
      seed: 7,
      precision: "bf16",
      device: "cuda",
      experiment: "digits",
    });
    expect(config.checkpoints.prefix).toBe(`training/digits/${config.key}`);
    expect(find(resources, "ConfigMap", "train-digits-code").inputs.data).toEqual(Object.fromEntries(code));
    const { volumeMounts } = jobOf(resources, "train-digits").spec.template.spec.containers[0];
    expect(volumeMounts).toContainEqual({ name: "config", mountPath: "/etc/training", readOnly: true });
    expect(volumeMounts).toContainEqual({ name: "code", mountPath: "/code/digits", readOnly: true });
    expect(resources.filter(({ name }) => name === "train-own-code")).toEqual([]);
  });

  test("say which image each attempt had", () => {
    const { metadata, spec } = jobOf(resources, "train-digits").spec.template;
    expect(metadata.annotations["ai-platform/image"]).toBe(image);
    expect(spec.containers[0].env).toContainEqual({
      name: "TRAINING_IMAGE",
      valueFrom: { fieldRef: { fieldPath: "metadata.annotations['ai-platform/image']" } },
    });
    expect(jobOf(resources, "train-own").spec.template.spec.containers[0].image).toBe(own.image);
  });

  test("reach MLflow and AWS, and nothing reaches them", () => {
    const { egress, ingress } = find(resources, "NetworkPolicy", "train-digits").inputs.spec;
    expect(ingress).toEqual([]);
    expect(egress[0]).toEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ai-tracking" } },
          podSelector: { matchLabels: { "app.kubernetes.io/name": "mlflow" } },
        },
      ],
      ports: [{ protocol: "TCP", port: 5000 }],
    });
    expect(egress).toHaveLength(3);
  });

  test("may use their own checkpoints, and read the data that they name", () => {
    const policies = resources.filter(({ type }) => type.endsWith(":RolePolicy"));
    const text = (app: string) =>
      policies
        .filter(({ name }) => name.startsWith(app))
        .map(({ inputs }) => JSON.stringify(inputs.policy))
        .join();
    expect(text("train-digits")).toContain("ai-platform-dev-models/training/digits/*");
    expect(text("train-digits")).toContain("ai-platform-dev-dvc/corpora/wiki/*");
    expect(text("train-own")).not.toContain("digits");
    expect(text("train-own")).not.toContain("dvc");
    expect(find(resources, "PodIdentityAssociation", "train-own").inputs).toMatchObject({
      namespace: "ai-training",
      serviceAccount: "train-own",
    });
  });
});

test("the exit codes that a Job acts on are the harness's", async () => {
  const source = await readFile(join(repoRoot, "services/training/harness/exits.py"), "utf8");
  const codes = new Map(
    [...source.matchAll(/^ {4}([A-Z_]+) = (\d+)$/gm)].map(([, name, code]) => [name, Number(code)]),
  );
  expect(exitCodes).toEqual({
    interrupted: [codes.get("INTERRUPTED")],
    hopeless: [codes.get("DENIED"), codes.get("CONFIGURATION")],
  });
});
