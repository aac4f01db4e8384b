import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { entrypointFolder, launchPath } from "../../planning/serving/launch.ts";
import type { SchedulingPlan } from "../../planning/serving/scheduling.ts";
import type { HealthPlan, ServingPlan, ServingVolume } from "../../planning/serving/servingPlan.ts";
import { selectorOf } from "../kubernetes/metadata.ts";
import { files, type Mount, type PodScheduling } from "../kubernetes/pod.ts";

type Probe = types.input.core.v1.Probe;

/** Objects whose keys pods see as files. */
export interface MountedConfig {
  /** ConfigMap with the entrypoint's Python files. */
  readonly entrypoint: pulumi.Input<string> | undefined;
  /** ConfigMap with launch files, or with the server's own. */
  readonly settings: pulumi.Input<string> | undefined;
  /** Claim of the bucket's folder. */
  readonly bucketFolder: pulumi.Input<string> | undefined;
}

/** Every folder of a server but Ollama's store. */
export function mountsOf(plan: ServingPlan, config: MountedConfig): Mount[] {
  const { bucketFolder, entrypoint, settings } = config;
  return [
    ...plan.volumes.map(folder),
    ...(entrypoint === undefined
      ? []
      : [files("entrypoint", entrypointFolder, { configMap: { name: entrypoint } })]),
    ...(settings === undefined ? [] : settingsMounts(plan, settings)),
    ...(bucketFolder === undefined || plan.bucketFolder === undefined
      ? []
      : [
          files("bucket", plan.bucketFolder.path, {
            persistentVolumeClaim: { claimName: bucketFolder, readOnly: true },
          }),
        ]),
  ];
}

function folder({ medium, name, path, sizeMiB }: ServingVolume): Mount {
  const emptyDir = { sizeLimit: `${sizeMiB}Mi`, ...(medium === "memory" ? { medium: "Memory" } : {}) };
  return { volume: { name, emptyDir }, mount: { name, mountPath: path } };
}

/** Each pod of a group sees its own launch file, which has its name. */
function settingsMounts(plan: ServingPlan, configMap: pulumi.Input<string>): Mount[] {
  const name = "settings";
  const volume = { name, configMap: { name: configMap } };
  if (plan.launches.length > 0) {
    const file = plan.podsPerReplica > 1 ? { subPathExpr: "$(POD_NAME).json" } : { subPath: "launch.json" };
    return [{ volume, mount: { name, mountPath: launchPath, readOnly: true, ...file } }];
  }
  // Without `subPath` the server would find Kubernetes' own `..data` beside its models.
  const items = Object.keys(plan.files).map((path) => ({ key: keyOf(path), path: path.slice(1) }));
  return [
    {
      volume: { name, configMap: { name: configMap, items } },
      mount: { name, mountPath: commonFolder(plan), subPath: commonFolder(plan).slice(1), readOnly: true },
    },
  ];
}

/** Keys of a ConfigMap have no slashes. */
export const keyOf = (path: string) => path.slice(1).replaceAll("/", "_");

/** `/etc/triton` of `/etc/triton/chat/config.pbtxt`. */
function commonFolder({ files: texts }: ServingPlan): string {
  const [first = ""] = Object.keys(texts);
  return first.split("/").slice(0, 3).join("/");
}

/** As the placement planned it: required where it must hold, preferred where a fallback is better than waiting. */
export function schedulingOf(
  name: string,
  plan: Pick<SchedulingPlan, "nodeSelector" | "preferredTypes" | "spread" | "tolerations">,
): PodScheduling {
  const { nodeSelector, preferredTypes, spread, tolerations } = plan;
  const matchLabels = selectorOf(name);
  return {
    nodeSelector: { ...nodeSelector },
    tolerations: tolerations.map((toleration) => ({ ...toleration })),
    affinity: {
      ...(preferredTypes.length === 0
        ? {}
        : {
            nodeAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  preference: {
                    matchExpressions: [
                      {
                        key: "node.kubernetes.io/instance-type",
                        operator: "In",
                        values: [...preferredTypes],
                      },
                    ],
                  },
                },
              ],
            },
          }),
      ...(spread === "none"
        ? {}
        : {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels } },
              ],
            },
          }),
    },
    topologySpreadConstraints:
      spread === "zone"
        ? [
            {
              topologyKey: "topology.kubernetes.io/zone",
              maxSkew: 1,
              whenUnsatisfiable: "DoNotSchedule",
              labelSelector: { matchLabels },
              // Zones without such nodes, or with tainted ones only, don't count.
              nodeAffinityPolicy: "Honor",
              nodeTaintsPolicy: "Honor",
            },
          ]
        : [],
  };
}

/** Starting takes as long as the plan says; ready and alive are asked for only after that. */
export function probesOf({ health, ports, timing }: ServingPlan) {
  const get = (path: string): Probe => ({ httpGet: { path, port: ports.http } });
  const ask = (path: string): Probe =>
    health.groupCommand ? { exec: { command: [...health.groupCommand] } } : get(path);
  const period = 10;
  return {
    startupProbe: startProbe(health, timing.startLimitSeconds, period) ?? {
      ...ask(health.alive),
      timeoutSeconds: 5,
      periodSeconds: period,
      failureThreshold: Math.ceil(timing.startLimitSeconds / period),
    },
    readinessProbe: readyProbe(health) ?? {
      ...ask(health.ready),
      timeoutSeconds: 5,
      periodSeconds: 5,
      failureThreshold: 3,
    },
    // A server at its limits answers late: only what is silent for two minutes is started anew.
    livenessProbe: { ...ask(health.alive), timeoutSeconds: 10, periodSeconds: 20, failureThreshold: 6 },
  };
}

/** A command asks nobody who could be late: its first word counts. */
function readyProbe({ readyCommand }: HealthPlan): Probe | undefined {
  if (readyCommand === undefined) return undefined;
  return { exec: { command: [...readyCommand] }, timeoutSeconds: 5, periodSeconds: 5, failureThreshold: 1 };
}

/** A command that takes all the time there is, and may be tried again. */
function startProbe({ startCommand }: HealthPlan, seconds: number, period: number): Probe | undefined {
  if (startCommand === undefined) return undefined;
  return {
    exec: { command: [...startCommand] },
    timeoutSeconds: seconds,
    periodSeconds: period,
    failureThreshold: 3,
  };
}
