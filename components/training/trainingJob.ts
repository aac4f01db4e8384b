import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  codeFolder,
  configPath,
  exitCodes,
  type TrainingCode,
  type TrainingPod,
  trainingPod,
  trainingRun,
} from "../../planning/training/run.ts";
import type { TrainingPlan } from "../../planning/training/training.ts";
import { PodIdentityRole } from "../foundation/podIdentity.ts";
import { generated, named, type Placement } from "../kubernetes/metadata.ts";
import { type Destination, trafficPolicy } from "../kubernetes/network.ts";
import { files, type Mount, type Program, podTemplate, scratch } from "../kubernetes/pod.ts";
import { schedulingOf } from "../serving/pods.ts";
import { type Transform, transformed } from "../transform.ts";

export interface TrainingJobArgs extends Pick<Placement, "labels">, Pick<Program, "after"> {
  readonly plan: TrainingPlan;
  /** Source of the package that has the function; empty where the image has it. */
  readonly code: TrainingCode;
  readonly image: pulumi.Input<string>;
  /** MLflow's tracking URI from inside the cluster. */
  readonly trackingUri: pulumi.Input<string>;
  readonly mlflow: Destination;
  /** Name of the cluster, known when there is one. */
  readonly clusterName: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
  readonly transform?: { readonly job?: Transform<k8s.batch.v1.JobArgs> } | undefined;
}

/** User and group of the processes, as in the platform's own image. */
const user = 10001;
/** The only folder that is large, and that is written to. */
const workFolder = "/work";
/** Days for which an ended Job can still be looked at. Its run, metrics and checkpoints stay. */
const keptDays = 30;

/**
 * One training as a Kubernetes Job. `up` does not wait for its end, nor for a node: MLflow says how it goes.
 *
 * Changing what makes its result (function, source, hyperparameters, seed, precision, an image of one's own) makes another
 * Job, which begins a run of its own; the old one is stopped. Changing its hardware or limits makes the Job anew, which
 * goes on with the same run from its newest checkpoint. A new image of the harness changes no Job that is there.
 *
 * It costs its node while it runs, see the plan, and its two newest checkpoints in S3.
 */
export class TrainingJob extends pulumi.ComponentResource {
  /** Name of the Job. */
  readonly jobName: string;

  constructor(name: string, args: TrainingJobArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:training:TrainingJob", name, {}, opts);
    const child = { parent: this };
    const { plan } = args;
    const place = { namespace: plan.namespace, labels: args.labels };
    const run = trainingRun(plan, args.code);

    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata: named(plan.app, plan.app, place), automountServiceAccountToken: false },
      child,
    );
    const role = new PodIdentityRole(
      name,
      { plan: plan.role, clusterName: args.clusterName, tags: args.tags },
      child,
    );
    const traffic = trafficPolicy(
      name,
      { ...place, app: plan.app, port: undefined, from: [], to: [args.mlflow, "aws"] },
      child,
    );
    const configMap = (purpose: string, data: Record<string, string>) =>
      new k8s.core.v1.ConfigMap(
        `${name}-${purpose}`,
        { metadata: generated(plan.app, place), immutable: true, data },
        child,
      ).metadata.name;
    const config = configMap("config", { "config.json": run.config });
    const code = args.code.size === 0 ? undefined : configMap("code", Object.fromEntries(args.code));

    const pod = trainingPod(plan);
    const template = podTemplate(
      { ...place, ...programOf(plan, pod, args), mounts: mountsOf(plan, pod, config, code) },
      { restartPolicy: "Never", serviceAccountName: account.metadata.name },
    );
    new k8s.batch.v1.Job(
      // Of the run: what `ignoreChanges` keeps must not outlive it.
      `${name}-${run.key}`,
      transformed(args.transform?.job, {
        metadata: {
          ...named(run.jobName, plan.app, place),
          annotations: { "pulumi.com/skipAwait": "true", "ai-platform/run-key": run.key },
        },
        spec: {
          backoffLimit: plan.retries,
          activeDeadlineSeconds: plan.deadlineSeconds,
          ttlSecondsAfterFinished: keptDays * 86_400,
          // Not before the old one is gone: two pods must not write one run.
          podReplacementPolicy: "Failed",
          podFailurePolicy: failurePolicy(plan.app),
          template: withAnnotations(template, {
            [imageAnnotation]: args.image,
            // The autoscaler must not take its node to save another.
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
          }),
        },
      }),
      {
        ...child,
        dependsOn: [traffic, role, ...(args.after ?? [])],
        ignoreChanges:
          plan.image.kind === "built"
            ? ["spec.template.spec.containers[0].image", "spec.template.metadata.annotations"]
            : [],
      },
    );

    this.jobName = run.jobName;
    this.registerOutputs({ jobName: this.jobName });
  }
}

/** Says by which image a pod was made, so that the run can say it too. */
const imageAnnotation = "ai-platform/image";

function programOf(
  plan: TrainingPlan,
  pod: TrainingPod,
  { image, trackingUri }: Pick<TrainingJobArgs, "image" | "trackingUri">,
): Omit<Program, keyof Placement | "mounts"> {
  const { checkpoints, data, region, seed } = plan;
  return {
    app: plan.app,
    image,
    user,
    resources: pod.resources,
    graceSeconds: pod.graceSeconds,
    scheduling: schedulingOf(plan.app, pod.scheduling),
    fieldEnv: { TRAINING_IMAGE: `metadata.annotations['${imageAnnotation}']` },
    env: {
      TRAINING_CONFIG: configPath,
      TRAINING_WORK: `${workFolder}/checkpoints`,
      TRAINING_BUCKET: checkpoints.bucket,
      ...(data === undefined ? {} : { TRAINING_DATA: `s3://${data.bucket}/${data.prefix}` }),
      MLFLOW_TRACKING_URI: trackingUri,
      AWS_REGION: region,
      OMP_NUM_THREADS: `${plan.pod.cpus}`,
      PYTHONHASHSEED: `${seed}`,
      // Caches of compiled kernels lie below it; `/tmp` is small.
      HOME: workFolder,
      TORCHINDUCTOR_CACHE_DIR: `${workFolder}/inductor`,
    },
  };
}

function mountsOf(
  { entrypoint }: TrainingPlan,
  { scratchMiB, sharedMemoryMiB }: TrainingPod,
  config: pulumi.Input<string>,
  code: pulumi.Input<string> | undefined,
): Mount[] {
  const moduleName = entrypoint?.split(/[.:]/, 1).join();
  return [
    scratch("work", workFolder, `${scratchMiB}Mi`),
    {
      volume: { name: "shm", emptyDir: { medium: "Memory", sizeLimit: `${sharedMemoryMiB}Mi` } },
      mount: { name: "shm", mountPath: "/dev/shm" },
    },
    files("config", folderOf(configPath), { configMap: { name: config } }),
    ...(code === undefined
      ? []
      : [files("code", `${codeFolder}/${moduleName}`, { configMap: { name: code } })]),
  ];
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

/**
 * A node that goes is nobody's failure: what it interrupts begins again and is not counted. What can't get better is not
 * tried again. The first rule that matches counts.
 * Source: Kubernetes documentation, "Handling retriable and non-retriable pod failures with Pod failure policy".
 */
function failurePolicy(containerName: string): types.input.batch.v1.PodFailurePolicy {
  const onExitCodes = (values: readonly number[]) => ({ containerName, operator: "In", values: [...values] });
  return {
    rules: [
      { action: "FailJob", onExitCodes: onExitCodes(exitCodes.hopeless) },
      { action: "Ignore", onExitCodes: onExitCodes(exitCodes.interrupted) },
      { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    ],
  };
}

function withAnnotations(
  template: types.input.core.v1.PodTemplateSpec,
  annotations: Record<string, pulumi.Input<string>>,
): types.input.core.v1.PodTemplateSpec {
  return {
    ...template,
    metadata: pulumi.output(template.metadata).apply((metadata) => ({ ...metadata, annotations })),
  };
}
