import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ModelStorePlan, ServingPlan } from "../../planning/serving/servingPlan.ts";
import { named, type Placement } from "../kubernetes/metadata.ts";
import { Task } from "../kubernetes/task.ts";
import { type Transform, transformed } from "../transform.ts";
import { schedulingOf } from "./pods.ts";
import { storeClaim, storeVolume } from "./workload.ts";

export interface ModelStoreArgs extends Placement {
  readonly plan: ServingPlan;
  /** The server's image, which is also what pulls. */
  readonly image: pulumi.Input<string>;
  /** What runs in it: `m2m/images/ollama/pull.sh`. */
  readonly script: string;
  readonly store: ModelStorePlan;
  /** Which replica's. */
  readonly ordinal: number;
  /** Refuses to delete the volume. */
  readonly protectState: boolean;
  /** What the volume and the Job must come after and go before: their nodes, and what makes volumes. */
  readonly after: readonly pulumi.Resource[];
  readonly transform?: Transform<k8s.core.v1.PersistentVolumeClaimArgs> | undefined;
}

/** Says in labels whose stores are filled, by which their Jobs keep apart. */
const storeLabel = "ai-platform/store-of";

/**
 * A volume with one model of Ollama's library, and the Job that pulls it there: anew when the tag or its digest changes.
 * Blobs are checked by Ollama, each against its digest in the manifest; the manifest against the pinned one here.
 *
 * A larger model grows the volume in place. Destroying the stack deletes it unless it is protected.
 */
export class ModelStore extends pulumi.ComponentResource {
  /** Known when the model is there. */
  readonly done: pulumi.Output<string>;

  constructor(name: string, args: ModelStoreArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:serving:ModelStore", name, {}, opts);
    const child = { parent: this };
    const { ordinal, plan, store } = args;
    const app = `${plan.name}-pull-${ordinal}`;

    const claim = new k8s.core.v1.PersistentVolumeClaim(
      name,
      transformed(args.transform, {
        metadata: named(`${storeVolume}-${plan.name}-${ordinal}`, plan.name, args),
        spec: storeClaim(store.sizeGiB),
      }),
      { ...child, protect: args.protectState, dependsOn: [...args.after] },
    );
    const pull = new Task(
      name,
      {
        namespace: args.namespace,
        labels: { ...args.labels, [storeLabel]: plan.name },
        app,
        image: args.image,
        command: ["sh", "-euc", args.script],
        env: {
          ...store.env,
          MODEL: store.tag,
          MANIFEST: `${store.path}/${store.manifest}`,
          DIGEST: store.digest ?? "",
        },
        resources: pullResources,
        user: plan.user.id,
        group: plan.user.group,
        mounts: [
          {
            volume: { name: storeVolume, persistentVolumeClaim: { claimName: claim.metadata.name } },
            mount: { name: storeVolume, mountPath: store.path },
          },
        ],
        scheduling: pullScheduling(args),
        deadlineSeconds: store.deadlineSeconds,
        key: [ordinal, store.tag, store.digest, plan.image],
        after: args.after,
        to: ["https"],
      },
      child,
    );

    this.done = pull.done;
    this.registerOutputs({ done: this.done });
  }
}

/** What a download takes; the model itself isn't loaded. */
const pullResources = { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "1Gi" } };

/** Where the server goes, as far apart as its replicas; and where one is already, on its node, whose disk it is. */
function pullScheduling({ ordinal, plan }: ModelStoreArgs) {
  const { nodeSelector, tolerations } = schedulingOf(plan.name, plan.scheduling);
  const zones = plan.scheduling.spread === "zone";
  return {
    ...(nodeSelector ? { nodeSelector } : {}),
    ...(tolerations ? { tolerations } : {}),
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          {
            weight: 100,
            podAffinityTerm: {
              topologyKey: "kubernetes.io/hostname",
              labelSelector: {
                matchLabels: { "statefulset.kubernetes.io/pod-name": `${plan.name}-${ordinal}` },
              },
            },
          },
        ],
      },
    },
    topologySpreadConstraints: zones
      ? [
          {
            topologyKey: "topology.kubernetes.io/zone",
            maxSkew: 1,
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchLabels: { [storeLabel]: plan.name } },
          },
        ]
      : [],
  };
}
