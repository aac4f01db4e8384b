import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { named } from "./metadata.ts";
import { type Destination, trafficPolicy } from "./network.ts";
import { type Program, podTemplate } from "./pod.ts";

export interface TaskArgs extends Program {
  /** Where it is a plain text, the Job is named after it as well; where it is not, `key` must stand for it. */
  readonly image: pulumi.Input<string>;
  /** What the result depends on. The task runs again when it changes, and only then. */
  readonly key: unknown;
  /** Where the program may connect to, beside DNS. */
  readonly to: readonly Destination[];
  /** Seconds after which it has failed, tries included. Default 300. */
  readonly deadlineSeconds?: number;
  /** Whether it has a service account, named like `app`, for rights in AWS by Pod Identity. Default: no. */
  readonly ownAccount?: boolean;
}

/**
 * A program that runs to its end once, as a Job. It must be safe to run again: a Job is tried up to five times,
 * changing `key`, the image or anything else replaces the Job and so runs it anew, and so does the next `up` after one
 * that failed.
 */
export class Task extends pulumi.ComponentResource {
  /** Known when the program has ended well. */
  readonly done: pulumi.Output<string>;

  constructor(name: string, args: TaskArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:kubernetes:Task", name, {}, opts);

    const child = { parent: this };
    const { deadlineSeconds = 300 } = args;
    const traffic = trafficPolicy(name, { ...args, port: undefined, from: [] }, child);
    const account = args.ownAccount
      ? new k8s.core.v1.ServiceAccount(
          name,
          { metadata: named(args.app, args.app, args), automountServiceAccountToken: false },
          child,
        )
      : undefined;
    const job = new k8s.batch.v1.Job(
      name,
      {
        metadata: {
          ...named(`${args.app}-${digest(identity(args))}`, args.app, args),
          annotations: {
            "pulumi.com/replaceUnready": "true",
            // The engine's own limit is ten minutes; the Job's comes first, and says why it failed.
            "pulumi.com/timeoutSeconds": String(deadlineSeconds + 60),
          },
        },
        spec: {
          backoffLimit: 4,
          activeDeadlineSeconds: deadlineSeconds,
          template: podTemplate(args, {
            restartPolicy: "Never",
            ...(account ? { serviceAccountName: account.metadata.name } : {}),
          }),
        },
      },
      { ...child, dependsOn: [traffic, ...(args.after ?? [])] },
    );

    this.done = job.id;
    this.registerOutputs({ done: this.done });
  }
}

const digest = (value: unknown) =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);

const identity = ({ image, key }: TaskArgs) => (typeof image === "string" ? [key, image] : [key]);
