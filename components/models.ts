import type * as pulumi from "@pulumi/pulumi";
import type { ImageChoice } from "../planning/data/images.ts";
import type { PlatformPlan } from "../planning/plan.ts";
import { adapterApp } from "../planning/serving/adapter.ts";
import type { Data } from "./data/data.ts";
import type { Foundation } from "./foundation/foundation.ts";
import { IsolatedNamespace } from "./kubernetes/namespace.ts";
import type { Destination, Peer } from "./kubernetes/network.ts";
import { Adapter } from "./serving/adapter.ts";
import { Serving } from "./serving/serving.ts";
import { type ServingPrograms, Weights } from "./serving/weights.ts";

export interface ModelsArgs {
  readonly plan: Pick<PlatformPlan, "labels" | "namespaces" | "protectState" | "serving">;
  readonly programs: ServingPrograms;
  /** Token of Hugging Face, for gated models. */
  readonly hubToken?: pulumi.Input<string> | undefined;
  readonly foundation: Foundation;
  readonly data: Data;
  readonly tags: Readonly<Record<string, string>>;
  /** Who passes on what comes from outside. */
  readonly gateway: Peer;
  /** Reference of an image, by digest where it is built here. */
  readonly imageOf: (choice: ImageChoice) => pulumi.Input<string>;
}

/** What of the models others need to know. */
export interface Models {
  /** The namespace that they are served in. */
  readonly namespace: IsolatedNamespace;
  /** Where the gateway may pass requests on to: models that have a route. */
  readonly backends: readonly Destination[];
}

/**
 * The models of an environment in AWS: their weights in the models bucket, then their servers, each on the nodes that the
 * plan puts it on, and the adapter before them.
 */
export function createModels(args: ModelsArgs, opts: pulumi.ComponentResourceOptions): Models {
  const { data, foundation, plan, programs } = args;
  const { labels, namespaces, protectState, serving } = plan;
  const aws = { clusterName: foundation.clusterName, tags: args.tags };

  const isolated = (name: string) => new IsolatedNamespace(name, { name, labels }, opts);
  const namespace = isolated(namespaces.models);
  const weightsNamespace = isolated(namespaces.weights);
  const weights = new Weights(
    "weights",
    {
      plans: serving.staging,
      namespace: namespaces.weights,
      labels,
      programs,
      hubToken: args.hubToken,
      aws,
      after: [data.bucket("models"), ...foundation.ground("weights")],
      within: [weightsNamespace],
    },
    opts,
  );
  const { adapter } = serving;
  const adapterPeer = { namespace: namespaces.models, app: adapterApp };
  const { endpoints } = new Serving(
    "serving",
    {
      plans: serving.plans,
      namespace: namespaces.models,
      labels,
      entrypoint: programs.entrypoint,
      gateway: args.gateway,
      clients: adapter ? [adapterPeer] : [],
      protectState,
      aws,
      within: [namespace],
      after: ({ model, store }) => [
        ...foundation.ground(model),
        ...weights.of(model),
        ...(store === undefined ? [] : foundation.storage),
      ],
    },
    opts,
  );
  if (adapter) {
    new Adapter(
      "adapter",
      {
        plan: adapter,
        labels,
        image: args.imageOf(adapter.image),
        endpoints,
        clients: [args.gateway],
        after: foundation.ground(adapterApp),
      },
      { ...opts, dependsOn: namespace },
    );
  }
  return { namespace, backends: backendsOf(serving) };
}

function backendsOf({ adapter, plans }: ModelsArgs["plan"]["serving"]): Destination[] {
  const routed = plans.flatMap(({ name, namespace, ports, route }) =>
    route === undefined ? [] : [{ peer: { namespace, app: name }, port: ports.http }],
  );
  if (adapter === undefined) return routed;
  const { config, namespace } = adapter;
  return [...routed, { peer: { namespace, app: adapterApp }, port: config.listen.port }];
}
