import * as pulumi from "@pulumi/pulumi";
import type { ServicesPlan } from "../planning/services.ts";
import type { Placement } from "./kubernetes/metadata.ts";
import type { Destination, Peer } from "./kubernetes/network.ts";
import { WebService, type WebServiceArgs } from "./kubernetes/webService.ts";

export interface ExperimentsArgs extends Placement {
  readonly plan: ServicesPlan["experiments"];
  /** Its reference, by digest where it is built here. */
  readonly image: pulumi.Input<string>;
  /** MLflow's tracking URI from inside the cluster. */
  readonly trackingUri: pulumi.Input<string>;
  readonly mlflow: Destination;
  readonly host: string | undefined;
  readonly clients: readonly Peer[];
  readonly transform?: WebServiceArgs["transform"];
}

export const experimentsApp = "experiments";
/** Port of the pods and of the Service. */
export const experimentsPort = 8000;

/**
 * Our own service over MLflow: experiments and runs as plain JSON. It is ready only while MLflow answers; it is alive
 * without it, so that an outage of MLflow does not restart it over and over.
 */
export class Experiments extends pulumi.ComponentResource {
  constructor(name: string, args: ExperimentsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:Experiments", name, {}, opts);
    const { plan } = args;

    new WebService(
      name,
      {
        namespace: args.namespace,
        labels: args.labels,
        app: experimentsApp,
        image: args.image,
        user: 10001,
        env: { EXPERIMENTS_TRACKING_URI: args.trackingUri, HOME: "/tmp" },
        port: experimentsPort,
        health: { ready: "/readyz", alive: "/healthz", startSeconds: 60 },
        replicas: plan.replicas,
        resources: plan.resources,
        route: { path: plan.path, host: args.host, limitBody: plan.limitBody },
        from: args.clients,
        to: [args.mlflow],
        transform: args.transform,
      },
      { parent: this },
    );

    this.registerOutputs({});
  }
}
