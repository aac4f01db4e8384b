import { type EdgePlan, planEdge } from "../../planning/edge/edge.ts";
import { planEntrance } from "../../planning/edge/entrance.ts";
import type { Watchable } from "../../planning/observability/watched.ts";
import type { AwsPlatformInput, AwsPlatformSpec } from "../../spec/platform.ts";
import { awsSpec, everyCapacity, everyKind, foundationOf, group } from "./foundation.ts";

export const hostedZone = { id: "Z0123456789EXAMPLE", name: "example.com" };
export const certificateArn =
  "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";

/** Node groups by what the edge looks at: two for Traefik, the second one standing by, and one for others. */
export const edgeGroups = [
  { name: "system", role: "system", workloads: ["coredns", "traefik"] },
  { name: "system-or-on-demand", role: "system", workloads: [] },
  { name: "cpu", role: "cpu", workloads: ["mlflow"] },
] as const;

/** A description whose host is in a zone, but for what is given. */
export function zonedSpec(
  environment: AwsPlatformSpec["environment"],
  gateway: Partial<AwsPlatformInput["gateway"]> = {},
): AwsPlatformSpec {
  return awsSpec(environment, { gateway: { host: "ai.example.com", hostedZone, ...gateway } });
}

/** @throws Error where nothing leads in */
export function edgeOf(spec: AwsPlatformSpec): EdgePlan {
  const plan = planEdge(spec, { nodePort: planEntrance(spec).nodePort, nodeGroups: edgeGroups });
  if (plan === undefined) throw new Error("nothing leads in from outside");
  return plan;
}

/** What can page someone where there is one node group of every kind, and nothing else but what is given. */
export function watchable(
  environment: AwsPlatformSpec["environment"],
  given: Partial<Watchable> = {},
): Watchable {
  return {
    foundation: foundationOf(
      environment,
      [...everyKind, group({ name: "full", size: { min: 0, planned: 3, max: 3 } })],
      everyCapacity,
    ),
    balanced: true,
    database: undefined,
    ...given,
  };
}
