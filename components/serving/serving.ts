import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ImageChoice } from "../../planning/data/images.ts";
import { servingPriority } from "../../planning/serving/scheduling.ts";
import type { ServingPlan } from "../../planning/serving/servingPlan.ts";
import type { ChosenImage } from "../data/images.ts";
import { generated, named, type Placement } from "../kubernetes/metadata.ts";
import type { Caller, Peer } from "../kubernetes/network.ts";
import { type Endpoint, ModelServer, type ModelServerArgs } from "./modelServer.ts";

export interface ServingArgs
  extends Omit<ModelServerArgs, "after" | "clients" | "entrypoint" | "image" | "plan" | "transform">,
    Placement {
  readonly plans: readonly ServingPlan[];
  /** The entrypoint's Python files, by name: `m2m/entrypoint/*.py`. */
  readonly entrypoint: Readonly<Record<string, string>>;
  /** What the pods of a model name, and what they must come after for that. */
  readonly imageOf: (choice: ImageChoice) => ChosenImage;
  /** Who passes on what comes from outside: to models that have a route. */
  readonly gateway: Peer;
  /** Who else may send requests to a model. Default: nobody. */
  readonly clients?: (plan: ServingPlan) => readonly Caller[];
  /** What the pods of a model must come after and go before. Default: nothing. */
  readonly after?: (plan: ServingPlan) => readonly pulumi.Resource[];
  /** By model. */
  readonly transform?: Readonly<Record<string, ModelServerArgs["transform"]>>;
}

/**
 * All models of an environment. The namespace must be there: `restricted`, like every other.
 *
 * Changing the entrypoint rolls every server that it launches.
 */
export class Serving extends pulumi.ComponentResource {
  /** By model. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;

  constructor(name: string, args: ServingArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:serving:Serving", name, {}, opts);
    const child = { parent: this };
    const { after, clients = () => [], entrypoint, gateway, imageOf, plans, transform, ...common } = args;

    const priority = new k8s.scheduling.v1.PriorityClass(
      name,
      {
        metadata: { name: servingPriority.name, labels: named(servingPriority.name, name, args).labels },
        value: servingPriority.value,
        description: servingPriority.description,
      },
      child,
    );
    const program = new k8s.core.v1.ConfigMap(
      `${name}-entrypoint`,
      { metadata: generated("entrypoint", args), immutable: true, data: { ...entrypoint } },
      { ...child, dependsOn: [...(args.within ?? [])] },
    );
    this.endpoints = new Map(
      plans.map((plan) => {
        const image = imageOf(plan.image);
        const server = new ModelServer(
          plan.name,
          {
            ...common,
            plan,
            image: image.ref,
            clients: [...(plan.route ? [gateway] : []), ...clients(plan)],
            after: [priority, ...image.after, ...(after?.(plan) ?? [])],
            entrypoint: program.metadata.name,
            transform: transform?.[plan.model],
          },
          child,
        );
        return [plan.model, server.endpoint];
      }),
    );

    this.registerOutputs({});
  }
}
