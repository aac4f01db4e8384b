import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { stringify } from "yaml";
import type { MonitoringPlan } from "../../planning/monitoring/monitoring.ts";
import { metricsApiApp, prometheusApp } from "../../planning/monitoring/pods.ts";
import { prometheusPort } from "../../planning/monitoring/scrapeConfig.ts";
import { generated, named, type Placement } from "../kubernetes/metadata.ts";
import { files, type Program, secretFiles } from "../kubernetes/pod.ts";
import { WebService, type WebServiceArgs } from "../kubernetes/webService.ts";
import { servingCertificate } from "./certificate.ts";
import { servingRights } from "./rights.ts";

export interface MetricsApiArgs extends Pick<Placement, "labels">, Required<Pick<Program, "after">> {
  readonly plan: MonitoringPlan;
  /** Where Prometheus answers, by a name in the cluster. */
  readonly prometheusUrl: string;
  /** Namespaces that may only be deleted when the API isn't there any more: all of the cluster's that are ours. */
  readonly among: readonly pulumi.Resource[];
  readonly transform?: WebServiceArgs["transform"];
}

const app = metricsApiApp;
const port = 6443;
const folders = { settings: "/etc/adapter", certificate: "/etc/certificate" } as const;
const group = "custom.metrics.k8s.io";
const version = "v1beta1";

/**
 * prometheus-adapter: serves what Prometheus knows of pods as a part of Kubernetes' own API, by which autoscalers ask.
 *
 * The API comes last and goes first. While nothing answers for it, Kubernetes can't list what a namespace has, and deletes
 * none. Its rules roll the pods when they change.
 */
export class MetricsApi extends pulumi.ComponentResource {
  constructor(name: string, args: MetricsApiArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:monitoring:MetricsApi", name, {}, opts);
    const child = { parent: this };
    const { plan } = args;
    const { image, replicas, resources, rules } = plan.metricsApi;
    const place = { namespace: plan.namespace, labels: args.labels };

    const account = new k8s.core.v1.ServiceAccount(name, { metadata: named(app, app, place) }, child);
    const rights = servingRights(name, plan, place, account.metadata.name, child);
    const { certificate, secret } = ownCertificate(name, place, child);
    const settings = new k8s.core.v1.ConfigMap(
      `${name}-settings`,
      {
        metadata: generated(app, place),
        immutable: true,
        data: { "config.yaml": stringify(rules, { aliasDuplicateObjects: false }) },
      },
      child,
    );
    const service = new WebService(
      name,
      {
        ...place,
        app,
        image,
        command: ["/adapter"],
        args: flags(args.prometheusUrl),
        port,
        servicePort: 443,
        health: { ready: "/readyz", alive: "/livez", startSeconds: 120, scheme: "HTTPS" },
        replicas,
        resources,
        user: 65534,
        priorityClass: plan.priorityClass,
        serviceAccountWithToken: account.metadata.name,
        // The API server, which is no pod. Whoever else comes has to say who he is.
        from: "anyone",
        to: [
          "kubernetes-api",
          { peer: { namespace: plan.namespace, app: prometheusApp }, port: prometheusPort },
        ],
        mounts: [
          files("settings", folders.settings, { configMap: { name: settings.metadata.name } }),
          secretFiles("certificate", folders.certificate, secret.metadata.name),
        ],
        after: [...rights, ...args.after],
        transform: args.transform,
      },
      child,
    );
    new k8s.apiregistration.v1.APIService(
      name,
      {
        metadata: { name: `${version}.${group}`, labels: named(app, app, place).labels },
        spec: {
          group,
          version,
          service: { name: app, namespace: place.namespace, port: 443 },
          caBundle: certificate.apply((pem) => Buffer.from(pem).toString("base64")),
          // As upstream: nobody else serves this group.
          groupPriorityMinimum: 100,
          versionPriority: 100,
        },
      },
      { ...child, dependsOn: [service, ...rights, ...args.among] },
    );

    this.registerOutputs({});
  }
}

/** Its pages of profiles are for whoever may ask the API anything, and nobody asks. */
const flags = (prometheusUrl: string) => [
  `--prometheus-url=${prometheusUrl}`,
  `--config=${folders.settings}/config.yaml`,
  `--secure-port=${port}`,
  `--tls-cert-file=${folders.certificate}/tls.crt`,
  `--tls-private-key-file=${folders.certificate}/tls.key`,
  "--tls-min-version=VersionTLS13",
  "--profiling=false",
  // How often it looks which metrics there are, and how far back: a pod that is starting has none yet.
  "--metrics-relist-interval=30s",
  "--metrics-max-age=5m",
];

/** Made from a seed that nobody chose, for the name by which the API server calls. */
function ownCertificate(name: string, place: Placement, opts: pulumi.CustomResourceOptions) {
  const seed = new random.RandomPassword(`${name}-seed`, { length: 64, special: false }, opts);
  const made = seed.result.apply((text) =>
    servingCertificate(createHash("sha256").update(text).digest(), [`${app}.${place.namespace}.svc`]),
  );
  const secret = new k8s.core.v1.Secret(
    `${name}-certificate`,
    {
      metadata: generated(app, place),
      immutable: true,
      type: "kubernetes.io/tls",
      stringData: { "tls.crt": made.certificate, "tls.key": made.key },
    },
    opts,
  );
  // Whoever connects is shown it.
  return { certificate: pulumi.unsecret(made.certificate), secret };
}
