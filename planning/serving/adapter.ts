import { imageRef } from "../../catalog/images.ts";
import type { PlatformSpec } from "../../spec/platform.ts";
import type { ImageChoice } from "../data/images.ts";
import { planEnding } from "../ending.ts";
import type { ModelPlan } from "../models.ts";
import type { Resources } from "../services.ts";
import { purchaseOrder } from "../workloads.ts";
import { type AccessPlan, planAccess, type TeamLimits } from "./access.ts";
import { adapterPods } from "./adapterPods.ts";
import { servingNamespace } from "./namespaces.ts";
import { adapterPath } from "./route.ts";
import type { PodScalingPlan } from "./scaling.ts";
import { serverUrl } from "./serving.ts";
import type { Server, ServingPlan } from "./servingPlan.ts";

/** The adapter of a platform, as plain values: the one way in to its models. */
export interface AdapterPlan extends AccessPlan {
  /** That of the models: the engines' own keys lie there. */
  readonly namespace: string;
  readonly image: ImageChoice;
  readonly replicas: number;
  readonly scaling: PodScalingPlan;
  readonly resources: Resources;
  /** Path at the gateway, which takes it off. */
  readonly path: string;
  /** The one host to answer to; undefined: any. */
  readonly host: string | undefined;
  readonly upstreams: readonly UpstreamPlan[];
  readonly config: AdapterConfig;
  /** Kubernetes' limit for its end: what it drains in, and a margin. */
  readonly graceSeconds: number;
}

/** An engine behind it. */
export interface UpstreamPlan {
  /** Name of the model. */
  readonly name: string;
  /** Name of its server's objects. */
  readonly app: string;
  readonly port: number;
  /** File with the engine's own key, relative to `adapterFolders.engines`; undefined: it asks for none. */
  readonly keyFile: string | undefined;
}

/** Its settings, as services/adapter/adapter/settings.py reads them. Durations are in seconds. */
export interface AdapterConfig {
  readonly listen: { readonly port: number; readonly adminPort: number };
  readonly keysFile: string;
  readonly upstreams: Readonly<
    Record<
      string,
      {
        readonly url: string;
        readonly model: string;
        readonly apiKeyFile?: string;
        readonly concurrency: number;
        readonly queue: number;
      }
    >
  >;
  readonly models: Readonly<
    Record<
      string,
      {
        readonly upstreams: readonly string[];
        readonly aliases: readonly string[];
        /** Instead of generating text. */
        readonly embeds?: true;
      }
    >
  >;
  readonly limits: Readonly<Record<string, TeamLimits>>;
  readonly teams: Readonly<Record<string, { readonly limits: string; readonly models?: readonly string[] }>>;
  readonly drain: { readonly delaySeconds: number; readonly graceSeconds: number };
}

/** Name of its objects. */
export const adapterApp = "adapter";
/** Where it finds its files. */
export const adapterFolders = {
  settings: "/etc/adapter/settings",
  keys: "/etc/adapter/keys",
  engines: "/etc/adapter/engines",
} as const;
export const adapterFiles = { settings: "config.yaml", keys: "keys.yaml" } as const;

/** For clients; for the kubelet and Prometheus, which have no key. */
const ports = { port: 8000, adminPort: 9000 };

/**
 * The adapter before a platform's models; undefined where there is none that it could ask. Triton's protocol is not
 * OpenAI's: its models are not behind it.
 * @param models the same as `plans` are of
 */
export function planAdapter(
  spec: PlatformSpec,
  plans: readonly ServingPlan[],
  models: readonly ModelPlan[],
): AdapterPlan | undefined {
  const served = plans.flatMap((plan) => {
    const model = models.find(({ name }) => name === plan.model);
    return model === undefined || plan.server === "triton" ? [] : [{ plan, model }];
  });
  if (served.length === 0) return undefined;
  const local = spec.environment === "local";
  const pods = adapterPods(spec.environment);
  const { replicas } = pods;
  const access = planAccess(spec, replicas);
  const end = endOf(spec);
  return {
    ...access,
    namespace: servingNamespace,
    image: local ? { kind: "pulled", ref: imageRef("adapter") } : { kind: "built", program: "adapter" },
    ...pods,
    path: adapterPath,
    host: spec.gateway.host,
    upstreams: served.map(
      ({
        plan: {
          keyEnv,
          model: name,
          name: app,
          ports: { http },
        },
      }) => ({
        name,
        app,
        port: http,
        keyFile: keyEnv === undefined ? undefined : name,
      }),
    ),
    config: {
      listen: ports,
      keysFile: `${adapterFolders.keys}/${adapterFiles.keys}`,
      upstreams: Object.fromEntries(
        served.map((each) => [each.plan.model, upstream(each, replicas)] as const),
      ),
      models: chains(spec, served),
      limits: Object.fromEntries(access.teams.map(({ limits, name }) => [name, limits])),
      teams: Object.fromEntries(
        access.teams.map(({ models: asked, name }) => [
          name,
          { limits: name, ...(asked === undefined ? {} : { models: servedOf(asked, served) }) },
        ]),
      ),
      drain: { delaySeconds, graceSeconds: end.finishSeconds },
    },
    graceSeconds: end.graceSeconds,
  };
}

interface Served {
  readonly plan: ServingPlan;
  readonly model: ModelPlan;
}

/**
 * Requests at a time that all replicas send together: what the engine works on at once and, where it has a line of its own,
 * as many again, because that line is what it scales by.
 */
function upstream({ model, plan }: Served, replicas: number): AdapterConfig["upstreams"][string] {
  const slots = (model.batch?.sequences ?? model.deployment.concurrency) * mostReplicas(plan);
  const lines: Record<Exclude<Server, "triton">, number> = { vllm: 2, tgi: 2, ollama: 1 };
  const concurrency = Math.ceil((slots * (plan.server === "triton" ? 1 : lines[plan.server])) / replicas);
  return {
    url: serverUrl(plan),
    model: nameThere(plan),
    ...(plan.keyEnv === undefined ? {} : { apiKeyFile: `${adapterFolders.engines}/${plan.model}` }),
    concurrency,
    queue: Math.max(16, 2 * concurrency),
  };
}

const mostReplicas = ({ replicas, scaling }: ServingPlan) => Math.max(replicas, scaling?.most ?? 0);

/** TGI takes every name but its own for a LoRA adapter. Source: TGI 3.3.7, router/src/server.rs (`adapter_id`). */
function nameThere({ model, server, store }: ServingPlan): string {
  if (server === "tgi") return "tgi";
  return store?.tag ?? model;
}

/** Each model, then what answers in its place; by its Hugging Face id as well, where that is one model's only. */
function chains({ models: specs }: PlatformSpec, served: readonly Served[]): AdapterConfig["models"] {
  const named = new Set(served.map(({ plan }) => plan.model));
  const aliasesOf = ({ model: { model: id }, plan: { store } }: Served) => {
    const single = served.filter(({ model }) => model.model === id).length === 1;
    return single ? [id, ...(store ? [store.tag] : [])].filter((alias) => !named.has(alias)) : [];
  };
  return Object.fromEntries(
    served.map((each) => {
      const name = each.plan.model;
      const fallbacks = servedOf(specs[name]?.fallbacks ?? [], served);
      const embeds = each.model.task === "embed" ? { embeds: true as const } : {};
      return [name, { upstreams: [name, ...fallbacks], aliases: aliasesOf(each), ...embeds }] as const;
    }),
  );
}

const servedOf = (names: readonly string[], served: readonly Served[]) =>
  names.filter((name) => served.some(({ plan }) => plan.model === name));

/** After the signal, requests still come until every proxy has heard of it. */
const delaySeconds = 5;

function endOf(spec: PlatformSpec) {
  return planEnding(spec.environment !== "local" && purchaseOrder(spec).includes("spot"), delaySeconds);
}
