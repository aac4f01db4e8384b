import type { types } from "@pulumi/kubernetes";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { RouteMiddleware } from "../../planning/edge/middlewares.ts";
import type { PodScalingPlan } from "../../planning/serving/scaling.ts";
import { type Transform, transformed } from "../transform.ts";
import { named, selectorOf } from "./metadata.ts";
import { type Destination, type Peer, type Scraped, trafficPolicy } from "./network.ts";
import { type Program, podTemplate } from "./pod.ts";
import { podAutoscaler, replicasAreScaled } from "./podAutoscaler.ts";

/** Paths that tell how a program is; each on its own serving port. */
export interface Health {
  /** Answers 2xx when requests can be served. */
  readonly ready: string;
  /** Answers 2xx while a restart would not help. Default: the same as `ready`. */
  readonly alive?: string;
  /** Seconds that the first answer may take before the pod is restarted. */
  readonly startSeconds: number;
  /** Port of the paths. Default: the serving port. */
  readonly port?: number;
  /**
   * How often in a row, five seconds apart, `ready` must answer before requests are sent there: more than once for a program
   * that answers it before it can serve. Default 1.
   */
  readonly readyTimes?: number;
  /** Default `HTTP`; `HTTPS` for a program that serves nothing else. */
  readonly scheme?: "HTTP" | "HTTPS";
}

export interface WebServiceArgs extends Program {
  /** Port on which the program serves. Above 1023: it runs without privileges. */
  readonly port: number;
  /** Port of the Service. Default: the same. */
  readonly servicePort?: number;
  /** Port of every node that leads to the Service; makes it a NodePort. */
  readonly nodePort?: number | undefined;
  readonly health: Health;
  /** Those that it starts with, where it scales. */
  readonly replicas: number;
  /** How many there are by load. Default: always the same. */
  readonly scaling?: PodScalingPlan | undefined;
  /** Name of a service account whose token the program needs. Default: an account of its own, without a token. */
  readonly serviceAccountWithToken?: pulumi.Input<string>;
  /** Path under which the gateway serves it, with the host if it answers to one only. Default: not served. */
  readonly route?: Route;
  readonly from: readonly Peer[] | "anyone";
  /** Who collects its metrics. Default: nobody. */
  readonly scraped?: Scraped | undefined;
  readonly to: readonly Destination[];
  readonly transform?: WebServiceTransform | undefined;
}

interface WebServiceTransform {
  readonly deployment?: Transform<k8s.apps.v1.DeploymentArgs>;
  readonly service?: Transform<k8s.core.v1.ServiceArgs>;
  readonly ingress?: Transform<k8s.networking.v1.IngressArgs>;
}

/** How the gateway serves a program. */
export interface Route {
  /** Path that the program serves, passed on as it is unless a middleware changes it. */
  readonly path: string;
  /** The one host to answer to. Default: any. */
  readonly host?: string | undefined;
  /** Exact paths below it that outsiders get a 404 for. */
  readonly hidden?: readonly string[];
  /**
   * Whether bodies of requests are held to the gateway's limit: never where answers stream or files are uploaded, both are
   * kept until they are whole. Default: no.
   */
  readonly limitBody?: boolean;
  /** Further middlewares of the gateway, in their order. Default: none. */
  readonly middlewares?: readonly RouteMiddleware[];
}

/** Class of the platform's own Ingresses, so that another controller of the cluster leaves them alone. */
export const ingressClass = "ai-platform";

/**
 * A stateless HTTP program: Deployment, Service, disruption budget, network policy, service account and, if it has a
 * route, Ingress. Rolls without an outage, spreads over nodes and zones, runs without privileges on a read-only root.
 *
 * Changing `app` or `namespace` replaces it; everything else updates in place, one pod at a time.
 */
export class WebService extends pulumi.ComponentResource {
  /** URL from inside the cluster. */
  readonly url: pulumi.Output<string>;
  readonly deployment: k8s.apps.v1.Deployment;

  constructor(name: string, args: WebServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:kubernetes:WebService", name, {}, opts);
    const child = { parent: this };

    const account = args.serviceAccountWithToken ?? serviceAccount(name, args, child).metadata.name;
    const policy = trafficPolicy(name, args, child);
    this.deployment = deployment(name, args, account, {
      ...child,
      dependsOn: [policy, ...(args.after ?? [])],
    });
    const service = expose(name, args, { ...child, dependsOn: this.deployment });
    disruptionBudget(name, args, child);
    if (args.scaling)
      podAutoscaler(name, args.app, args.scaling, args, { ...child, dependsOn: this.deployment });
    if (args.route) {
      ingress(name, args, args.route, service, child);
      if (args.route.hidden?.length) hide(name, args, args.route, service, child);
    }

    this.url = pulumi.interpolate`${portName(args)}://${service.metadata.name}.${args.namespace}.svc.cluster.local:${servicePort(args)}`;
    this.registerOutputs({ url: this.url });
  }
}

const portName = ({ health }: WebServiceArgs) => (health.scheme === "HTTPS" ? "https" : "http");

const servicePort = ({ port, servicePort }: WebServiceArgs) => servicePort ?? port;

function serviceAccount(name: string, args: WebServiceArgs, opts: pulumi.CustomResourceOptions) {
  return new k8s.core.v1.ServiceAccount(
    name,
    { metadata: named(args.app, args.app, args), automountServiceAccountToken: false },
    opts,
  );
}

function deployment(
  name: string,
  args: WebServiceArgs,
  account: pulumi.Input<string>,
  opts: pulumi.CustomResourceOptions,
) {
  return new k8s.apps.v1.Deployment(
    name,
    transformed(args.transform?.deployment, {
      metadata: named(args.app, args.app, args),
      spec: {
        replicas: args.replicas,
        revisionHistoryLimit: 3,
        selector: { matchLabels: selectorOf(args.app) },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        // The pods of a rollout that can't become ready must not be waited for longer than their start may take.
        progressDeadlineSeconds: args.health.startSeconds + 120,
        template: podTemplate(args, {
          serviceAccountName: account,
          token: args.serviceAccountWithToken !== undefined,
          port: { name: portName(args), containerPort: args.port },
          probes: probes(args),
        }),
      },
    }),
    { ...opts, ...replicasAreScaled(args.scaling) },
  );
}

function probes({ health, port }: WebServiceArgs) {
  const scheme = health.scheme === undefined ? {} : { scheme: health.scheme };
  const get = (path: string) => ({
    httpGet: { path, port: health.port ?? port, ...scheme },
    timeoutSeconds: 5,
  });
  const startPeriod = 2;
  return {
    startupProbe: {
      ...get(health.alive ?? health.ready),
      periodSeconds: startPeriod,
      failureThreshold: Math.ceil(health.startSeconds / startPeriod),
    },
    readinessProbe: {
      ...get(health.ready),
      periodSeconds: 5,
      failureThreshold: 2,
      ...(health.readyTimes === undefined ? {} : { successThreshold: health.readyTimes }),
    },
    livenessProbe: { ...get(health.alive ?? health.ready), periodSeconds: 15, failureThreshold: 4 },
  };
}

function expose(name: string, args: WebServiceArgs, opts: pulumi.CustomResourceOptions) {
  return new k8s.core.v1.Service(
    name,
    transformed(args.transform?.service, {
      metadata: named(args.app, args.app, args),
      spec: {
        type: args.nodePort === undefined ? "ClusterIP" : "NodePort",
        selector: selectorOf(args.app),
        ports: [
          {
            name: portName(args),
            port: servicePort(args),
            targetPort: args.port,
            ...(args.nodePort === undefined ? {} : { nodePort: args.nodePort }),
          },
        ],
      },
    }),
    opts,
  );
}

function disruptionBudget(name: string, args: WebServiceArgs, opts: pulumi.CustomResourceOptions) {
  return new k8s.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata: named(args.app, args.app, args),
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(args.app) } },
    },
    opts,
  );
}

function ingress(
  name: string,
  args: WebServiceArgs,
  route: Route,
  service: k8s.core.v1.Service,
  opts: pulumi.CustomResourceOptions,
) {
  const paths = [{ path: route.path, pathType: "Prefix", backend: backendOf(service) }];
  return new k8s.networking.v1.Ingress(
    name,
    transformed(args.transform?.ingress, {
      metadata: {
        ...named(args.app, args.app, args),
        annotations: middlewares(
          "secure-headers",
          ...(route.limitBody ? ["body-limit" as const] : []),
          ...(route.middlewares ?? []),
        ),
      },
      spec: { ingressClassName: ingressClass, rules: [ruleOf(route, paths)] },
    }),
    opts,
  );
}

/** Comes first, and its middleware asks the program for a path that there is not. */
function hide(
  name: string,
  args: WebServiceArgs,
  route: Route,
  service: k8s.core.v1.Service,
  opts: pulumi.CustomResourceOptions,
) {
  const paths = (route.hidden ?? []).map((path) => ({
    path,
    pathType: "Exact",
    backend: backendOf(service),
  }));
  return new k8s.networking.v1.Ingress(
    `${name}-hidden`,
    {
      metadata: {
        ...named(`${args.app}-hidden`, args.app, args),
        annotations: { ...middlewares("hidden"), "traefik.ingress.kubernetes.io/router.priority": "10000" },
      },
      spec: { ingressClassName: ingressClass, rules: [ruleOf(route, paths)] },
    },
    opts,
  );
}

type Path = types.input.networking.v1.HTTPIngressPath;

const backendOf = (service: k8s.core.v1.Service) => ({
  service: { name: service.metadata.name, port: { name: "http" } },
});

const ruleOf = ({ host }: Route, paths: Path[]) => ({
  ...(host === undefined ? {} : { host }),
  http: { paths },
});

/** Names of middlewares in the gateway's file. */
const middlewares = (...names: RouteMiddleware[]) => ({
  "traefik.ingress.kubernetes.io/router.middlewares": names.map((name) => `${name}@file`).join(","),
});
