import * as pulumi from "@pulumi/pulumi";
import type { ImageChoice } from "../../planning/data/images.ts";
import type { TrainingCode } from "../../planning/training/run.ts";
import { type TrainingPlan, trainingNamespace } from "../../planning/training/training.ts";
import { IsolatedNamespace } from "../kubernetes/namespace.ts";
import type { Peer } from "../kubernetes/network.ts";
import { TrainingJob, type TrainingJobArgs } from "./trainingJob.ts";

export interface TrainingArgs
  extends Omit<TrainingJobArgs, "after" | "code" | "image" | "inNamespace" | "plan" | "transform"> {
  readonly plans: readonly TrainingPlan[];
  /** Python files by the folder that they are in. */
  readonly code: ReadonlyMap<string, TrainingCode>;
  readonly imageOf: (choice: ImageChoice) => pulumi.Input<string>;
  /** What pods of a workload come after, such as their nodes. */
  readonly ground: (workload: string) => readonly pulumi.Resource[];
  /** By training. */
  readonly transform?: Readonly<Record<string, TrainingJobArgs["transform"]>>;
}

/** All trainings of an environment, in a namespace of their own. Removing one stops it; its run and checkpoints stay. */
export class Training extends pulumi.ComponentResource {
  readonly namespace: IsolatedNamespace;

  constructor(name: string, args: TrainingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:training:Training", name, {}, opts);
    const child = { parent: this };
    const { code, ground, imageOf, plans, transform, ...common } = args;

    const namespace = new IsolatedNamespace(
      trainingNamespace,
      { name: trainingNamespace, labels: args.labels },
      child,
    );
    for (const plan of plans) {
      new TrainingJob(
        plan.app,
        {
          ...common,
          plan,
          inNamespace: namespace,
          code: (plan.source === undefined ? undefined : code.get(plan.source)) ?? new Map(),
          image: imageOf(plan.image),
          after: ground(plan.app),
          transform: transform?.[plan.name],
        },
        child,
      );
    }
    this.namespace = namespace;
    this.registerOutputs({});
  }
}

/** Pods that talk to MLflow. */
export function trainingPeers(plans: readonly TrainingPlan[]): Peer[] {
  return plans.map(({ app, namespace }) => ({ app, namespace }));
}
