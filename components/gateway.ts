import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { gatewayPods } from "../planning/edge/entrance.ts";
import { dynamicConfiguration, entranceMiddlewares } from "../planning/edge/middlewares.ts";
import type { ServicesPlan } from "../planning/services.ts";
import { generated, named, type Placement } from "./kubernetes/metadata.ts";
import type { Destination, Peer } from "./kubernetes/network.ts";
import type { Program } from "./kubernetes/pod.ts";
import { ingressClass, WebService } from "./kubernetes/webService.ts";

export interface GatewayArgs extends Placement, Pick<Program, "after"> {
  readonly plan: ServicesPlan["gateway"];
  /** Namespaces whose Ingresses are served; no other is even read. */
  readonly servedNamespaces: readonly string[];
  /** Where requests may be passed on to. */
  readonly backends: readonly Destination[];
  /** Who collects its metrics. Default: nobody. */
  readonly scrapers?: readonly Peer[];
}

const { adminPort, app } = gatewayPods;
export const gatewayApp = app;
const port = 8000;

/**
 * Traefik, the only entrance: reads Ingresses of class `ai-platform` and middlewares from a file, with no custom
 * resource definitions and no dashboard. It keeps accepting for a moment while it stops, so that load balancers can
 * look elsewhere first.
 *
 * Everything updates in place, pod by pod; changing a middleware rolls the pods.
 */
export class Gateway extends pulumi.ComponentResource {
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: GatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:index:Gateway", name, {}, opts);
    const child = { parent: this };

    const account = new k8s.core.v1.ServiceAccount(name, { metadata: named(app, app, args) }, child);
    const rights = grantReading(name, args, account, child);
    const ingressClassObject = new k8s.networking.v1.IngressClass(
      name,
      {
        metadata: { name: ingressClass, labels: named(app, app, args).labels },
        spec: { controller: "traefik.io/ingress-controller" },
      },
      child,
    );
    const middlewares = new k8s.core.v1.ConfigMap(
      `${name}-middlewares`,
      {
        metadata: generated(app, args),
        immutable: true,
        data: { "middlewares.yaml": stringify(dynamicConfiguration(args.plan)) },
      },
      child,
    );
    const service = new WebService(
      name,
      {
        namespace: args.namespace,
        labels: args.labels,
        app,
        image: args.plan.image,
        command: ["traefik", ...traefikArgs(args)],
        port,
        servicePort: 80,
        nodePort: args.plan.nodePort,
        // It answers `/ping` at once, and until it has read the Ingresses everything else with 404.
        health: { ready: "/ping", readyTimes: 3, startSeconds: 60, port: adminPort },
        replicas: args.plan.replicas,
        resources: args.plan.resources,
        user: 65532,
        graceSeconds: args.plan.end.graceSeconds,
        serviceAccountWithToken: account.metadata.name,
        from: "anyone",
        scraped: { by: args.scrapers ?? [], port: adminPort },
        to: ["kubernetes-api", ...args.backends, ...askedAboutRequests(args.plan)],
        after: [...rights, ingressClassObject, ...(args.after ?? [])],
        mounts: [
          {
            volume: { name: "middlewares", configMap: { name: middlewares.metadata.name } },
            mount: { name: "middlewares", mountPath: "/etc/traefik/dynamic", readOnly: true },
          },
        ],
      },
      child,
    );

    this.url = service.url;
    this.registerOutputs({ url: this.url });
  }
}

/** Who says whether a request may pass: a service of somebody else, with pods of unknown names. */
const askedAboutRequests = ({ models: { forwardAuth } }: GatewayArgs["plan"]): Destination[] =>
  forwardAuth
    ? [{ peer: { namespace: forwardAuth.namespace }, port: forwardAuth.podPort ?? forwardAuth.port }]
    : [];

/**
 * Uploads of models and datasets take longer than Traefik's 60 s for reading a request; streams must not be cut, so
 * writing has no limit (its default).
 */
function traefikArgs({ plan, servedNamespaces }: GatewayArgs): string[] {
  const everywhere = entranceMiddlewares(plan).map((middleware) => `${middleware}@file`);
  return [
    `--entryPoints.web.address=:${port}`,
    "--entryPoints.web.transport.respondingTimeouts.readTimeout=600s",
    `--entryPoints.web.transport.keepAliveMaxTime=${plan.end.connectionSeconds}s`,
    `--entryPoints.web.transport.lifeCycle.requestAcceptGraceTimeout=${plan.end.acceptSeconds}s`,
    `--entryPoints.web.transport.lifeCycle.graceTimeOut=${plan.end.finishSeconds}s`,
    ...(everywhere.length > 0 ? [`--entryPoints.web.http.middlewares=${everywhere.join(",")}`] : []),
    ...(plan.trustedProxies.length > 0
      ? [`--entryPoints.web.proxyProtocol.trustedIPs=${plan.trustedProxies.join(",")}`]
      : []),
    `--entryPoints.traefik.address=:${adminPort}`,
    "--ping=true",
    "--ping.entryPoint=traefik",
    "--metrics.prometheus=true",
    "--metrics.prometheus.entryPoint=traefik",
    "--metrics.prometheus.addRoutersLabels=true",
    "--accesslog=true",
    "--accesslog.format=json",
    "--log.format=json",
    "--providers.kubernetesingress=true",
    `--providers.kubernetesingress.ingressclass=${ingressClass}`,
    `--providers.kubernetesingress.namespaces=${servedNamespaces.join(",")}`,
    `--providers.kubernetesingress.ingressendpoint.hostname=${plan.host ?? "localhost"}`,
    // /mlflow must not catch /mlflow-something.
    "--providers.kubernetesingress.strictprefixmatching=true",
    "--providers.file.directory=/etc/traefik/dynamic",
    "--global.checkNewVersion=false",
    "--global.sendAnonymousUsage=false",
  ];
}

/** Reading only what routes need, and only where they are: Secrets of other namespaces stay out of reach. */
function grantReading(
  name: string,
  args: GatewayArgs,
  account: k8s.core.v1.ServiceAccount,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const read = ["get", "list", "watch"];
  const subjects = [{ kind: "ServiceAccount", name: account.metadata.name, namespace: args.namespace }];
  const labels = named(app, app, args).labels;
  const clusterName = `${args.namespace}-${app}`;
  const classes = new k8s.rbac.v1.ClusterRole(
    `${name}-classes`,
    {
      metadata: { name: clusterName, labels },
      rules: [
        { apiGroups: ["networking.k8s.io"], resources: ["ingressclasses"], verbs: read },
        { apiGroups: [""], resources: ["nodes"], verbs: read },
      ],
    },
    opts,
  );
  const classesBinding = new k8s.rbac.v1.ClusterRoleBinding(
    `${name}-classes`,
    {
      metadata: { name: clusterName, labels },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: classes.metadata.name },
      subjects,
    },
    opts,
  );
  const perNamespace = args.servedNamespaces.map((namespace) => {
    const metadata = { name: app, namespace, labels };
    const role = new k8s.rbac.v1.Role(
      `${name}-routes-${namespace}`,
      {
        metadata,
        rules: [
          { apiGroups: [""], resources: ["services", "secrets"], verbs: read },
          { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
          { apiGroups: ["networking.k8s.io"], resources: ["ingresses"], verbs: read },
          { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["update"] },
        ],
      },
      opts,
    );
    return new k8s.rbac.v1.RoleBinding(
      `${name}-routes-${namespace}`,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
        subjects,
      },
      opts,
    );
  });
  return [classesBinding, ...perNamespace];
}
