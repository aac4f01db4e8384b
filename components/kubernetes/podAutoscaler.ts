import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { PodScalingPlan, ScalingPace } from "../../planning/serving/scaling.ts";
import { named, type Placement } from "./metadata.ts";

/** Replicas of the Deployment `app` by metrics of its pods, which something must serve by Kubernetes' custom metrics API. */
export function podAutoscaler(
  name: string,
  app: string,
  { down, least, metrics, most, up }: PodScalingPlan,
  place: Placement,
  opts: pulumi.CustomResourceOptions,
) {
  const behavior = ({ everySeconds, pods, stableSeconds }: ScalingPace) => ({
    stabilizationWindowSeconds: stableSeconds,
    policies: [{ type: "Pods", value: pods, periodSeconds: everySeconds }],
  });
  return new k8s.autoscaling.v2.HorizontalPodAutoscaler(
    name,
    {
      metadata: named(app, app, place),
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: app },
        minReplicas: least,
        maxReplicas: most,
        metrics: metrics.map(({ metric, target }) => ({
          type: "Pods",
          pods: {
            metric: { name: metric.name },
            target: { type: "AverageValue", averageValue: String(target) },
          },
        })),
        behavior: { scaleUp: behavior(up), scaleDown: behavior(down) },
      },
    },
    opts,
  );
}

/** What a Deployment whose replicas somebody else decides takes no notice of. */
export const replicasAreScaled = (scaling: PodScalingPlan | undefined) =>
  scaling === undefined ? {} : { ignoreChanges: ["spec.replicas"] };
