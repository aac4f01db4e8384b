import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Transform, transformed } from "../transform.ts";
import { named, selectorOf } from "./metadata.ts";
import { type Peer, trafficPolicy } from "./network.ts";
import { type Mount, type Program, podTemplate } from "./pod.ts";

type Probe = Pick<types.input.core.v1.Probe, "exec" | "httpGet">;

export interface StatefulServiceArgs extends Program {
  /** Port of the pod and of the Service, and its name. */
  readonly port: { readonly name: string; readonly number: number };
  /** How to ask whether it serves. */
  readonly healthy: Probe;
  /** Seconds that the first good answer may take: recovering data takes time. */
  readonly startSeconds: number;
  /** Size of the data volume in GiB. It can grow, never shrink. */
  readonly storageGi: number;
  /** Folder of the data volume. */
  readonly dataPath: string;
  /** Refuses to delete the data volume. */
  readonly protectState: boolean;
  readonly from: readonly Peer[];
  readonly transform?:
    | {
        readonly statefulSet?: Transform<k8s.apps.v1.StatefulSetArgs>;
        readonly volume?: Transform<k8s.core.v1.PersistentVolumeClaimArgs>;
      }
    | undefined;
}

/**
 * A server with data: one pod, one volume, a Service with a stable name, a network policy, a service account.
 *
 * The volume is a resource of its own, so that a review shows it: changing its size grows it in place, changing its
 * class replaces it and loses the data, destroying the stack deletes it unless it is protected. Everything else
 * restarts the pod, which is an outage of its start time.
 */
export class StatefulService extends pulumi.ComponentResource {
  /** DNS name inside the cluster. */
  readonly host: string;

  constructor(name: string, args: StatefulServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:kubernetes:StatefulService", name, {}, opts);
    const child = { parent: this };
    const { app, namespace, port, transform } = args;
    const metadata = named(app, app, args);

    const policy = trafficPolicy(name, { ...args, port: port.number, to: [] }, child);
    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata, automountServiceAccountToken: false },
      child,
    );
    const volume = new k8s.core.v1.PersistentVolumeClaim(
      name,
      transformed(transform?.volume, {
        metadata,
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: `${args.storageGi}Gi` } } },
      }),
      { ...child, protect: args.protectState },
    );
    const data: Mount = {
      volume: { name: "data", persistentVolumeClaim: { claimName: volume.metadata.name } },
      mount: { name: "data", mountPath: args.dataPath },
    };
    const set = new k8s.apps.v1.StatefulSet(
      name,
      transformed(transform?.statefulSet, {
        metadata,
        spec: {
          replicas: 1,
          serviceName: app,
          // With the default, a pod that never became ready is not replaced when its template is put right.
          podManagementPolicy: "Parallel",
          selector: { matchLabels: selectorOf(app) },
          template: podTemplate(
            { ...args, mounts: [data, ...(args.mounts ?? [])] },
            {
              serviceAccountName: account.metadata.name,
              port: { name: port.name, containerPort: port.number },
              probes: probes(args),
            },
          ),
        },
      }),
      { ...child, dependsOn: policy },
    );
    new k8s.core.v1.Service(
      name,
      {
        metadata,
        spec: {
          selector: selectorOf(app),
          ports: [{ name: port.name, port: port.number, targetPort: port.number }],
        },
      },
      { ...child, dependsOn: set },
    );

    this.host = `${app}.${namespace}.svc.cluster.local`;
    this.registerOutputs({ host: this.host });
  }
}

function probes({ healthy, startSeconds }: StatefulServiceArgs) {
  const probe = { ...healthy, timeoutSeconds: 5 };
  const startPeriod = 2;
  return {
    startupProbe: {
      ...probe,
      periodSeconds: startPeriod,
      failureThreshold: Math.ceil(startSeconds / startPeriod),
    },
    readinessProbe: { ...probe, periodSeconds: 5 },
    livenessProbe: { ...probe, periodSeconds: 20, failureThreshold: 4 },
  };
}
