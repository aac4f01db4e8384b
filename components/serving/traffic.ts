import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { routeMiddlewares } from "../../planning/serving/middlewares.ts";
import type { RoutePlan } from "../../planning/serving/route.ts";
import type { ServingPlan } from "../../planning/serving/servingPlan.ts";
import { named, type Placement, selectorOf } from "../kubernetes/metadata.ts";
import { ingressClass } from "../kubernetes/webService.ts";
import { awaiting } from "./awaiting.ts";

/** The Service of a model: of several pods per replica only rank 0 answers. */
export function service(
  name: string,
  plan: ServingPlan,
  place: Placement,
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Service {
  const { grpc, http, metrics } = plan.ports;
  const ports = { http, grpc, metrics: metrics === http ? undefined : metrics };
  return new k8s.core.v1.Service(
    name,
    {
      metadata: { ...named(plan.name, plan.name, place), annotations: awaiting(plan) },
      spec: {
        selector: {
          ...selectorOf(plan.name),
          ...(plan.podsPerReplica > 1 ? { "apps.kubernetes.io/pod-index": "0" } : {}),
        },
        ports: Object.entries(ports).flatMap(([portName, port]) =>
          port === undefined ? [] : [{ name: portName, port, targetPort: port }],
        ),
      },
    },
    opts,
  );
}

/** The gateway's way to a model: what is not allowed here, it doesn't know. */
export function route(
  name: string,
  plan: ServingPlan,
  { allowed, auth, host, prefix }: RoutePlan,
  backend: k8s.core.v1.Service,
  place: Placement,
  opts: pulumi.CustomResourceOptions,
) {
  const middlewares = [...routeMiddlewares(auth), "secure-headers"];
  return new k8s.networking.v1.Ingress(
    name,
    {
      metadata: {
        ...named(plan.name, plan.name, place),
        annotations: {
          ...awaiting(plan),
          "traefik.ingress.kubernetes.io/router.middlewares": middlewares
            .map((middleware) => `${middleware}@file`)
            .join(","),
        },
      },
      spec: {
        ingressClassName: ingressClass,
        rules: [
          {
            ...(host === undefined ? {} : { host }),
            http: {
              paths: allowed.map(({ path, type }) => ({
                path: `${prefix}${path}`,
                pathType: type,
                backend: { service: { name: backend.metadata.name, port: { name: "http" } } },
              })),
            },
          },
        ],
      },
    },
    opts,
  );
}

/** All ports among the pods of a model, which are one program on several nodes. */
export function groupTraffic(
  name: string,
  plan: ServingPlan,
  { first, last }: NonNullable<ServingPlan["ports"]["group"]>,
  place: Placement,
  opts: pulumi.CustomResourceOptions,
) {
  const peers = [{ podSelector: { matchLabels: selectorOf(plan.name) } }];
  const ports = [{ protocol: "TCP", port: first, endPort: last }];
  return new k8s.networking.v1.NetworkPolicy(
    `${name}-group`,
    {
      metadata: named(`${plan.name}-group`, plan.name, place),
      spec: {
        podSelector: { matchLabels: selectorOf(plan.name) },
        policyTypes: ["Ingress", "Egress"],
        ingress: [{ from: peers, ports }],
        egress: [{ to: peers, ports }],
      },
    },
    opts,
  );
}

/** One at a time may be taken away on purpose. */
export function disruptionBudget(
  name: string,
  plan: ServingPlan,
  place: Placement,
  opts: pulumi.CustomResourceOptions,
) {
  return new k8s.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata: named(plan.name, plan.name, place),
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(plan.name) } },
    },
    opts,
  );
}
