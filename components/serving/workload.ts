import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { groupServiceName } from "../../planning/serving/serving.ts";
import type { ServingPlan } from "../../planning/serving/servingPlan.ts";
import { named, type Placement, selectorOf } from "../kubernetes/metadata.ts";
import { type Mount, podTemplate, type SecretKey } from "../kubernetes/pod.ts";
import { replicasAreScaled } from "../kubernetes/podAutoscaler.ts";
import { type Transform, transformed } from "../transform.ts";
import { awaiting } from "./awaiting.ts";
import { probesOf, schedulingOf } from "./pods.ts";

export interface WorkloadArgs extends Placement {
  readonly plan: ServingPlan;
  readonly image: pulumi.Input<string>;
  readonly account: pulumi.Input<string>;
  readonly secretEnv: Readonly<Record<string, SecretKey>>;
  readonly mounts: readonly Mount[];
  readonly transform:
    | {
        readonly deployment?: Transform<k8s.apps.v1.DeploymentArgs>;
        readonly statefulSet?: Transform<k8s.apps.v1.StatefulSetArgs>;
      }
    | undefined;
}

/**
 * The pods of a model: a Deployment; a StatefulSet where each has a volume of its own; one StatefulSet per replica where
 * several pods serve it together.
 */
export function workload(
  name: string,
  args: WorkloadArgs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const { plan } = args;
  if (plan.podsPerReplica > 1) return groups(name, args, opts);
  return [plan.store ? withStore(name, args, plan.store, opts) : deployment(name, args, opts)];
}

function deployment(name: string, args: WorkloadArgs, opts: pulumi.CustomResourceOptions) {
  const { plan, transform } = args;
  const { surge } = plan.scheduling;
  return new k8s.apps.v1.Deployment(
    name,
    transformed(transform?.deployment, {
      metadata: { ...named(plan.name, plan.name, args), annotations: awaiting(plan) },
      spec: {
        replicas: plan.replicas,
        revisionHistoryLimit: 3,
        selector: { matchLabels: selectorOf(plan.name) },
        strategy: {
          type: "RollingUpdate",
          rollingUpdate: { maxSurge: surge, maxUnavailable: surge === 0 ? 1 : 0 },
        },
        progressDeadlineSeconds: plan.timing.progressLimitSeconds,
        template: template(args),
      },
    }),
    { ...opts, ...replicasAreScaled(plan.scaling) },
  );
}

function withStore(
  name: string,
  args: WorkloadArgs,
  store: NonNullable<ServingPlan["store"]>,
  opts: pulumi.CustomResourceOptions,
) {
  const { plan, transform } = args;
  return new k8s.apps.v1.StatefulSet(
    name,
    transformed(transform?.statefulSet, {
      metadata: { ...named(plan.name, plan.name, args), annotations: awaiting(plan) },
      spec: {
        replicas: plan.replicas,
        serviceName: plan.name,
        podManagementPolicy: "Parallel",
        selector: { matchLabels: selectorOf(plan.name) },
        template: template({ ...args, mounts: [...args.mounts, storeMount(store.path)] }),
        // They are there already, filled; the names are what makes a StatefulSet take them.
        volumeClaimTemplates: [
          // Without labels: a set's templates can't change, and owners do. The claims that are there have them.
          { metadata: { name: storeVolume }, spec: storeClaim(store.sizeGiB) },
        ],
      },
    }),
    opts,
  );
}

function groups(name: string, args: WorkloadArgs, opts: pulumi.CustomResourceOptions) {
  const { plan, transform } = args;
  const groupName = groupServiceName(plan.name);
  new k8s.core.v1.Service(
    `${name}-group`,
    {
      metadata: { ...named(groupName, plan.name, args), annotations: awaiting(plan) },
      // Rank 0 must be found before it is ready: it gets ready when all have found it.
      spec: { clusterIP: "None", publishNotReadyAddresses: true, selector: selectorOf(plan.name) },
    },
    opts,
  );
  return Array.from({ length: plan.replicas }, (_, replica) => {
    const replicaName = `${plan.name}-${replica}`;
    const more = { "ai-platform/replica": String(replica) };
    const pods = template(args);
    return new k8s.apps.v1.StatefulSet(
      `${name}-${replica}`,
      transformed(transform?.statefulSet, {
        metadata: { ...named(replicaName, plan.name, args), annotations: awaiting(plan) },
        spec: {
          replicas: plan.podsPerReplica,
          serviceName: groupName,
          podManagementPolicy: "Parallel",
          selector: { matchLabels: { ...selectorOf(plan.name), ...more } },
          template: {
            ...pods,
            metadata: { labels: { ...args.labels, ...selectorOf(plan.name), ...more } },
          },
        },
      }),
      opts,
    );
  });
}

/** Name of the volume in the pod; claims are `store-<name>-<ordinal>`. */
export const storeVolume = "store";

export const storeClaim = (sizeGiB: number) => ({
  accessModes: ["ReadWriteOnce"],
  resources: { requests: { storage: `${sizeGiB}Gi` } },
});

const storeMount = (mountPath: string): Mount => ({
  volume: undefined,
  mount: { name: storeVolume, mountPath },
});

/** What the pods of a group know of themselves. */
const ownName = {
  POD_NAME: "metadata.name",
  POD_INDEX: "metadata.labels['apps.kubernetes.io/pod-index']",
} as const;

function template({ account, image, mounts, plan, secretEnv, ...place }: WorkloadArgs) {
  const { http, grpc, metrics } = plan.ports;
  const more = { grpc, metrics: metrics === http ? undefined : metrics };
  return podTemplate(
    {
      ...place,
      app: plan.name,
      image,
      ...(plan.command ? { command: plan.command } : {}),
      ...(plan.args.length > 0 ? { args: plan.args } : {}),
      env: plan.env,
      fieldEnv: plan.podsPerReplica > 1 ? ownName : {},
      secretEnv,
      resources: plan.resources,
      user: plan.user.id,
      group: plan.user.group,
      mounts,
      graceSeconds: plan.timing.graceSeconds,
      preStopSeconds: plan.timing.preStopSeconds,
      preStopCommand: plan.health.endCommand,
      priorityClass: plan.scheduling.priorityClass,
      scheduling: schedulingOf(plan.name, plan.scheduling),
    },
    {
      serviceAccountName: account,
      port: { name: "http", containerPort: http },
      morePorts: Object.entries(more).flatMap(([name, containerPort]) =>
        containerPort === undefined ? [] : [{ name, containerPort }],
      ),
      probes: probesOf(plan),
    },
  );
}
