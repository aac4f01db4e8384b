import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { stringify } from "yaml";
import type { TeamPlan } from "../../planning/serving/access.ts";
import {
  type AdapterPlan,
  adapterApp,
  adapterFiles,
  adapterFolders,
  type UpstreamPlan,
} from "../../planning/serving/adapter.ts";
import { clientKey, keyFile, keyLength } from "../../planning/serving/keys.ts";
import { generated, named, type Placement } from "../kubernetes/metadata.ts";
import type { Peer } from "../kubernetes/network.ts";
import { files, type Mount, type Program, secretFiles } from "../kubernetes/pod.ts";
import { WebService, type WebServiceArgs } from "../kubernetes/webService.ts";
import type { Endpoint } from "./modelServer.ts";

export interface AdapterArgs extends Pick<Placement, "labels">, Pick<Program, "after"> {
  readonly plan: AdapterPlan;
  /** Its reference, by digest where it is built here. */
  readonly image: pulumi.Input<string>;
  /** The models' servers by name: their keys. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Who may send requests: the gateway. */
  readonly clients: readonly Peer[];
  /** Who collects its metrics. Default: nobody. */
  readonly scrapers?: readonly Peer[];
  readonly transform?: WebServiceArgs["transform"];
}

/** The keys of a team. */
export interface TeamKeys {
  readonly team: string;
  readonly secret: { readonly namespace: string; readonly name: pulumi.Output<string> };
  /** Their names, which are the Secret's. */
  readonly keys: readonly string[];
}

/**
 * Our own service before all models of a platform: OpenAI's and Ollama's calls, keys and limits per team, fallbacks, metrics.
 * The namespace must be there.
 *
 * Its settings are in a ConfigMap whose change rolls the pods, without an outage. The hashes of the keys are in a Secret that
 * it reads again by itself: new teams and keys roll nothing, and hold a minute or two later. A team's keys lie in a Secret of
 * its own; whoever may read that has them. They are made once, and change only by their names.
 */
export class Adapter extends pulumi.ComponentResource {
  /** URL from inside the cluster. */
  readonly url: pulumi.Output<string>;
  readonly keys: readonly TeamKeys[];

  constructor(name: string, args: AdapterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:serving:Adapter", name, {}, opts);
    const child = { parent: this };
    const { plan } = args;
    const place = { namespace: plan.namespace, labels: args.labels };

    const teams = plan.teams.map((team) => teamKeys(name, team, place, child));
    const hashes = hashesOf(name, teams, place, child);
    const settings = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      {
        metadata: generated(adapterApp, place),
        immutable: true,
        data: { [adapterFiles.settings]: stringify(plan.config, { aliasDuplicateObjects: false }) },
      },
      child,
    );
    const service = new WebService(
      name,
      {
        ...place,
        app: adapterApp,
        image: args.image,
        user: 10001,
        env: { ADAPTER_CONFIG: `${adapterFolders.settings}/${adapterFiles.settings}`, HOME: "/tmp" },
        port: plan.config.listen.port,
        health: {
          ready: "/readyz",
          alive: "/healthz",
          startSeconds: 60,
          port: plan.config.listen.adminPort,
        },
        replicas: plan.replicas,
        scaling: plan.scaling,
        resources: plan.resources,
        graceSeconds: plan.graceSeconds,
        route: { path: plan.path, host: plan.host, middlewares: ["adapter-path"] },
        from: args.clients,
        scraped: { by: args.scrapers ?? [], port: plan.config.listen.adminPort },
        to: plan.upstreams.map(({ app, port }) => ({ peer: { namespace: plan.namespace, app }, port })),
        mounts: [
          files("settings", adapterFolders.settings, { configMap: { name: settings.metadata.name } }),
          secretFiles("keys", adapterFolders.keys, hashes.metadata.name),
          ...engineKeys(plan.upstreams, args.endpoints),
        ],
        after: args.after ?? [],
        transform: args.transform,
      },
      child,
    );

    this.url = service.url;
    this.keys = teams.map(({ secret, team }) => ({
      team: team.name,
      secret: { namespace: place.namespace, name: secret.metadata.name },
      keys: team.keys,
    }));
    this.registerOutputs({ url: this.url });
  }
}

interface MadeKeys {
  readonly team: TeamPlan;
  readonly secret: k8s.core.v1.Secret;
  readonly values: readonly pulumi.Output<string>[];
}

function teamKeys(
  name: string,
  team: TeamPlan,
  place: Placement,
  opts: pulumi.CustomResourceOptions,
): MadeKeys {
  const made = team.keys.map((key) => {
    const password = new random.RandomPassword(
      `${name}-${team.name}-${key}`,
      { length: keyLength, special: false },
      opts,
    );
    return { key, value: password.result.apply(clientKey) };
  });
  const secret = new k8s.core.v1.Secret(
    `${name}-${team.name}`,
    {
      metadata: named(team.secret, adapterApp, place),
      data: Object.fromEntries(made.map(({ key, value }) => [key, value.apply(base64)])),
    },
    opts,
  );
  return { team, secret, values: made.map(({ value }) => value) };
}

/** Unlike `stringData`, `data` loses an entry that is taken away under server-side apply. */
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** Keeps its name, so that kubelet brings its changes into running pods. */
function hashesOf(
  name: string,
  teams: readonly MadeKeys[],
  place: Placement,
  opts: pulumi.CustomResourceOptions,
) {
  const keys = teams.flatMap(({ team, values }) =>
    values.map((value) => value.apply((key) => ({ team: team.name, key }))),
  );
  return new k8s.core.v1.Secret(
    `${name}-keys`,
    {
      metadata: named(`${adapterApp}-keys`, adapterApp, place),
      data: { [adapterFiles.keys]: pulumi.all(keys).apply((all) => base64(stringify(keyFile(all)))) },
    },
    opts,
  );
}

/** The keys that engines ask for, each a file with the model's name. */
function engineKeys(upstreams: readonly UpstreamPlan[], endpoints: ReadonlyMap<string, Endpoint>): Mount[] {
  const sources = upstreams.flatMap(({ keyFile: path, name }) => {
    if (path === undefined) return [];
    const key = endpoints.get(name)?.key;
    if (key === undefined) throw new Error(`the server of ${name} asks for a key, and there is none`);
    return [{ secret: { name: key.secret, items: [{ key: key.key, path }] } }];
  });
  if (sources.length === 0) return [];
  return [files("engines", adapterFolders.engines, { projected: { sources, defaultMode: 0o440 } })];
}
