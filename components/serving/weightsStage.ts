import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { entrypointFolder, stageFolder, stagePath } from "../../planning/serving/launch.ts";
import type { StagingPlan } from "../../planning/serving/staging.ts";
import { PodIdentityRole } from "../foundation/podIdentity.ts";
import { generated, type Placement } from "../kubernetes/metadata.ts";
import { files, type SecretKey } from "../kubernetes/pod.ts";
import { Task } from "../kubernetes/task.ts";
import type { ServingAws } from "./modelServer.ts";

export interface WeightsStageArgs extends Placement {
  readonly plan: StagingPlan;
  /** ConfigMaps with the Python files of `m2m/stage`, and of the entrypoint, whose modules it takes. */
  readonly programs: { readonly stage: pulumi.Input<string>; readonly entrypoint: pulumi.Input<string> };
  /** The hub's token. Default: none; a gated model then ends the Job, which says so. */
  readonly hubToken?: SecretKey | undefined;
  readonly aws: ServingAws;
  /** What its pod must come after: the bucket, a node. */
  readonly after: readonly pulumi.Resource[];
  /** What makes the namespace; roles in AWS don't wait for it. Default: it is there. */
  readonly within?: readonly pulumi.Resource[];
}

/** The image has no user of its own; its files are readable for all. */
const user = 10001;

/**
 * A set of weights in the models bucket, copied from the hub by a Job that checks every checksum: once per revision.
 *
 * Another revision makes another Job and another prefix; the old one's objects stay, for servers that still read them and
 * for the way back. They cost what S3 takes for them until somebody deletes them. A new version of the program runs the
 * Job again, which finds all there. It costs what its pod takes of a node; the traffic comes in, through a NAT gateway.
 */
export class WeightsStage extends pulumi.ComponentResource {
  constructor(name: string, args: WeightsStageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:serving:WeightsStage", name, {}, opts);
    const inAws = { parent: this };
    const child = { ...inAws, dependsOn: [...(args.within ?? [])] };
    const { aws, hubToken, plan, programs } = args;

    const role = new PodIdentityRole(name, { plan: plan.role, ...aws }, inAws);
    const description = new k8s.core.v1.ConfigMap(
      name,
      { metadata: generated(plan.name, args), immutable: true, data: { "stage.json": plan.file } },
      child,
    );
    new Task(
      name,
      {
        namespace: args.namespace,
        labels: args.labels,
        app: plan.name,
        image: plan.image,
        command: ["python3", stageFolder],
        env: { PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1", HOME: "/tmp" },
        secretEnv: plan.gated && hubToken ? { HF_TOKEN: hubToken } : {},
        resources: plan.resources,
        user,
        mounts: [
          files("stage", stageFolder, { configMap: { name: programs.stage } }),
          files("entrypoint", entrypointFolder, { configMap: { name: programs.entrypoint } }),
          {
            volume: { name: "description", configMap: { name: description.metadata.name } },
            mount: { name: "description", mountPath: stagePath, subPath: "stage.json", readOnly: true },
          },
        ],
        deadlineSeconds: plan.deadlineSeconds,
        ownAccount: true,
        key: [plan.prefix],
        to: ["aws"],
        after: [role, ...args.after],
      },
      child,
    );

    this.registerOutputs({});
  }
}
