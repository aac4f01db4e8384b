import type * as pulumi from "@pulumi/pulumi";
import type { ImageChoice } from "../planning/data/images.ts";
import type { PlatformPlan } from "../planning/plan.ts";
import { adapterApp } from "../planning/serving/adapter.ts";
import type { Data } from "./data/data.ts";
import type { ChosenImage } from "./data/images.ts";
import type { Foundation } from "./foundation/foundation.ts";
import { IsolatedNamespace } from "./kubernetes/namespace.ts";
import type { Destination, Peer } from "./kubernetes/network.ts";
import { Adapter, type TeamKeys } from "./serving/adapter.ts";
import { Serving } from "./serving/serving.ts";
import { type ServingPrograms, Weights } from "./serving/weights.ts";

export interface ModelsArgs {
  readonly plan: Pick<PlatformPlan, "labels" | "namespaces" | "protectState" | "serving">;
  readonly programs: ServingPrograms;
  /** Token of Hugging Face, for gated models. */
  readonly hubToken?: pulumi.Input<string> | undefined;
  /** What they stand on in AWS; undefined where there is none. */
  readonly aws:
    | {
        readonly foundation: Foundation;
        readonly data: Data;
        readonly tags: Readonly<Record<string, string>>;
      }
    | undefined;
  /** Who passes on what comes from outside. */
  readonly gateway: Peer;
  /** Who collects metrics. */
  readonly scrapers: readonly Peer[];
  /** What pods name, and what they must come after for that. */
  readonly imageOf: (choice: ImageChoice) => ChosenImage;
}

/** What of the models others need to know. */
export interface Models {
  /** The namespace that they are served in. */
  readonly namespace: IsolatedNamespace;
  /** That one, and the one where their weights come in. */
  readonly namespaces: readonly IsolatedNamespace[];
  /** Where the gateway may pass requests on to: the adapter, and models that have a route. */
  readonly backends: readonly Destination[];
  /** The keys of the teams that may ask them. */
  readonly keys: readonly TeamKeys[];
}

/**
 * The models of an environment, and the adapter before them. In AWS their weights come into the models bucket first, and each
 * server comes up on the nodes that the plan puts it on.
 */
export function createModels(args: ModelsArgs, opts: pulumi.ComponentResourceOptions): Models {
  const { aws, gateway, plan, programs } = args;
  const { labels, namespaces, protectState, serving } = plan;
  const { adapter } = serving;
  const foundation = aws?.foundation;
  const inCluster = aws && { clusterName: aws.foundation.clusterName, tags: aws.tags };
  const ground = (workload: string) => foundation?.ground(workload) ?? [];

  const isolated = (name: string) => new IsolatedNamespace(name, { name, labels }, opts);
  const namespace = isolated(namespaces.models);
  const staging = aws && isolated(namespaces.weights);
  const weights =
    aws &&
    inCluster &&
    staging &&
    new Weights(
      "weights",
      {
        plans: serving.staging,
        namespace: namespaces.weights,
        labels,
        programs,
        hubToken: args.hubToken,
        aws: inCluster,
        after: [aws.data.bucket("models"), ...ground("weights")],
        within: [staging],
      },
      opts,
    );
  const { endpoints } = new Serving(
    "serving",
    {
      plans: serving.plans,
      namespace: namespaces.models,
      labels,
      entrypoint: programs.entrypoint,
      pull: programs.pull,
      imageOf: args.imageOf,
      gateway,
      scrapers: args.scrapers,
      clients: ({ clients, model }) => [
        ...(adapter?.upstreams.some(({ name }) => name === model)
          ? [{ namespace: adapter.namespace, app: adapterApp }]
          : []),
        ...clients.map((namespace) => ({ namespace })),
      ],
      protectState,
      aws: inCluster,
      within: [namespace],
      after: ({ model, store }) => [
        ...ground(model),
        ...(weights?.of(model) ?? []),
        ...(store === undefined ? [] : (foundation?.storage ?? [])),
      ],
    },
    opts,
  );
  const front =
    adapter &&
    new Adapter(
      "adapter",
      {
        plan: adapter,
        image: args.imageOf(adapter.image).ref,
        labels,
        endpoints,
        clients: [gateway],
        scrapers: args.scrapers,
        after: ground(adapterApp),
      },
      { ...opts, dependsOn: namespace },
    );
  return {
    namespace,
    namespaces: [namespace, ...(staging ? [staging] : [])],
    backends: backendsOf(serving),
    keys: front?.keys ?? [],
  };
}

function backendsOf({ adapter, plans }: ModelsArgs["plan"]["serving"]): Destination[] {
  const routed = plans.flatMap(({ name, namespace, ports, route }) =>
    route === undefined ? [] : [{ peer: { namespace, app: name }, port: ports.http }],
  );
  if (adapter === undefined) return routed;
  const { config, namespace } = adapter;
  return [...routed, { peer: { namespace, app: adapterApp }, port: config.listen.port }];
}
