import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { serverUrl } from "../../planning/serving/serving.ts";
import type { ServingPlan } from "../../planning/serving/servingPlan.ts";
import { PodIdentityRole } from "../foundation/podIdentity.ts";
import { generated, named, type Placement } from "../kubernetes/metadata.ts";
import { type Caller, type Destination, type Peer, trafficPolicy } from "../kubernetes/network.ts";
import type { SecretKey } from "../kubernetes/pod.ts";
import { podAutoscaler } from "../kubernetes/podAutoscaler.ts";
import { bucketFolder } from "./bucketFolder.ts";
import { keyOf, mountsOf } from "./pods.ts";
import { ModelStore, type ModelStoreArgs } from "./store.ts";
import { disruptionBudget, groupTraffic, route, service } from "./traffic.ts";
import { type WorkloadArgs, workload } from "./workload.ts";

/** What a cluster in AWS has that others haven't. */
export interface ServingAws {
  /** Name of the cluster, known when there is one. */
  readonly clusterName: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ModelServerArgs {
  readonly plan: ServingPlan;
  readonly image: pulumi.Input<string>;
  readonly labels: Readonly<Record<string, string>>;
  /** ConfigMap with the entrypoint's Python files, for servers that it launches. */
  readonly entrypoint: pulumi.Input<string>;
  /** What fills a store of Ollama's. */
  readonly pull: string;
  /** Hugging Face token, for gated models whose weights come from the hub itself. */
  readonly hubToken?: SecretKey | undefined;
  /** Who may send requests: the gateway, the adapter. */
  readonly clients: readonly Caller[];
  /** Who collects metrics. Default: nobody. */
  readonly scrapers?: readonly Peer[];
  readonly protectState: boolean;
  /** What makes the namespace; roles in AWS don't wait for it. Default: it is there. */
  readonly within?: readonly pulumi.Resource[];
  /** What its pods must come after and go before: their nodes, its weights. Default: nothing. */
  readonly after?: readonly pulumi.Resource[];
  readonly aws?: ServingAws | undefined;
  readonly transform?:
    | (WorkloadArgs["transform"] & { readonly store?: ModelStoreArgs["transform"] })
    | undefined;
}

/** Where and with what a model is asked. */
export interface Endpoint {
  /** URL from inside the cluster. */
  readonly url: pulumi.Output<string>;
  /** The Secret with the key that the server asks for; undefined: it asks for none. */
  readonly key: SecretKey | undefined;
}

/**
 * One model and its server: vLLM, text-generation-inference (legacy), Ollama, or Triton with vLLM inside. What differs
 * between them is in the plan.
 *
 * Where its nodes start from zero, an `up` ends when the API server has taken it: see `awaited` in its plan.
 *
 * Changing the model's name replaces everything. Everything else rolls pod by pod: with GPUs one replica is missing
 * meanwhile, because nobody pays for a spare one. It costs what its share of the nodes costs, see the plan.
 */
export class ModelServer extends pulumi.ComponentResource {
  readonly endpoint: Endpoint;

  constructor(name: string, args: ModelServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:serving:ModelServer", name, {}, opts);
    const inAws = { parent: this };
    const child = { ...inAws, dependsOn: [...(args.within ?? [])] };
    const { aws, labels, plan } = args;
    const place = { namespace: plan.namespace, labels };

    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata: named(plan.name, plan.name, place), automountServiceAccountToken: false },
      child,
    );
    const role = plan.role && aws ? [new PodIdentityRole(name, { plan: plan.role, ...aws }, inAws)] : [];
    const key = plan.keyEnv === undefined ? undefined : serverKey(name, plan, place, child);
    const settings = settingsOf(name, plan, place, child);
    const folder =
      plan.bucketFolder && bucketFolder(`${name}-weights`, plan, plan.bucketFolder, place, child);
    const stores = storesOf(name, args, place, child);
    const traffic = [
      trafficPolicy(
        name,
        {
          ...place,
          app: plan.name,
          port: plan.ports.http,
          morePorts: morePorts(plan),
          from: args.clients,
          scraped: scraped(args),
          to: reaches(plan),
        },
        child,
      ),
      ...(plan.ports.group ? [groupTraffic(name, plan, plan.ports.group, place, child)] : []),
    ];

    const pods = workload(
      name,
      {
        ...place,
        plan,
        image: args.image,
        account: account.metadata.name,
        secretEnv: secretsOf(args, key),
        mounts: mountsOf(plan, {
          entrypoint: plan.launches.length > 0 ? args.entrypoint : undefined,
          settings,
          bucketFolder: folder,
        }),
        transform: args.transform,
      },
      { ...child, dependsOn: [...traffic, ...role, ...stores, ...(args.after ?? [])] },
    );
    const exposed = service(name, plan, place, { ...child, dependsOn: pods });
    disruptionBudget(name, plan, place, child);
    if (plan.scaling) podAutoscaler(name, plan.name, plan.scaling, place, { ...child, dependsOn: pods });
    if (plan.route) route(name, plan, plan.route, exposed, place, child);

    this.endpoint = {
      url: exposed.metadata.name.apply(() => serverUrl(plan)),
      key,
    };
    this.registerOutputs({ url: this.endpoint.url });
  }
}

/** A key that nobody chose: the gateway's clients and the adapter get it from the Secret. */
function serverKey(name: string, plan: ServingPlan, place: Placement, opts: pulumi.CustomResourceOptions) {
  const password = new random.RandomPassword(`${name}-key`, { length: 40, special: false }, opts);
  const secret = new k8s.core.v1.Secret(
    `${name}-key`,
    { metadata: generated(plan.name, place), immutable: true, stringData: { key: password.result } },
    opts,
  );
  return { secret: secret.metadata.name, key: "key" };
}

function secretsOf(
  { hubToken, plan }: ModelServerArgs,
  key: SecretKey | undefined,
): Record<string, SecretKey> {
  return {
    ...(plan.keyEnv !== undefined && key ? { [plan.keyEnv]: key } : {}),
    ...(plan.gated && hubToken ? { HF_TOKEN: hubToken } : {}),
  };
}

/** @returns the ConfigMap's name; undefined where the server has all from its environment */
function settingsOf(name: string, plan: ServingPlan, place: Placement, opts: pulumi.CustomResourceOptions) {
  const texts = Object.entries({ ...plan.launchFiles, ...plan.files });
  if (texts.length === 0) return undefined;
  const configMap = new k8s.core.v1.ConfigMap(
    `${name}-settings`,
    {
      metadata: generated(plan.name, place),
      immutable: true,
      data: Object.fromEntries(
        texts.map(([path, text]) => [path.startsWith("/") ? keyOf(path) : path, text]),
      ),
    },
    opts,
  );
  return configMap.metadata.name;
}

function storesOf(
  name: string,
  { after = [], image, plan, protectState, pull, transform }: ModelServerArgs,
  place: Placement,
  opts: pulumi.ComponentResourceOptions,
): ModelStore[] {
  const { store } = plan;
  if (store === undefined) return [];
  return Array.from(
    { length: plan.replicas },
    (_, ordinal) =>
      new ModelStore(
        `${name}-store-${ordinal}`,
        {
          ...place,
          plan,
          image,
          script: pull,
          store,
          ordinal,
          protectState,
          after,
          transform: transform?.store,
        },
        opts,
      ),
  );
}

function scraped({ plan: { ports }, scrapers = [] }: ModelServerArgs) {
  return ports.metrics === undefined ? undefined : { by: scrapers, port: ports.metrics };
}

function morePorts({ ports: { grpc, http, metrics } }: ServingPlan): number[] {
  return [grpc, metrics].filter((port) => port !== undefined && port !== http).flatMap((port) => port ?? []);
}

/** Where weights come from while it runs. */
function reaches({ bucketFolder: mounted, image, role, store }: ServingPlan): Destination[] {
  if (store !== undefined || mounted !== undefined || image.kind === "baked") return [];
  return [role === undefined ? "https" : "aws"];
}
