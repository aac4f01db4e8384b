import type { PlatformSpec } from "../spec/platform.ts";
import { planAws } from "./aws.ts";
import type { Explanation } from "./explain.ts";
import { explainModel } from "./explain.ts";
import type { InfrastructurePlan } from "./infrastructure.ts";
import type { PlacementLock } from "./lock.ts";
import { type ModelPlan, modelPlan } from "./models.ts";
import { type MonitoringPlan, planMonitoring } from "./monitoring/monitoring.ts";
import { planServices, type ServicesPlan } from "./services.ts";
import { type AdapterPlan, planAdapter } from "./serving/adapter.ts";
import { servingNamespace } from "./serving/namespaces.ts";
import { type PlannedServing, planServing } from "./serving/serving.ts";
import { type ModelSizing, sizeModel } from "./sizing/models.ts";
import { cannotRun, modelRequests } from "./sizing/requests.ts";

/** All decisions about a platform, as plain values: the components only turn them into resources. */
export interface PlatformPlan extends ServicesPlan {
  /** In the order of their names. */
  readonly models: readonly ModelPlan[];
  /** How they are served. */
  readonly serving: Pick<PlannedServing, "plans" | "staging"> & {
    /** The one way in to all of them; undefined where there is none that it could ask. */
    readonly adapter: AdapterPlan | undefined;
  };
  /** What collects metrics in the cluster, and serves those that replicas scale by. */
  readonly monitoring: MonitoringPlan;
  /** Everything in AWS; undefined for `local`, whose cluster is somebody else's. */
  readonly infrastructure: InfrastructurePlan | undefined;
  /** Why the platform can't be brought up as described; empty for one that can. */
  readonly problems: readonly string[];
  /** What can be brought up but should be looked at. */
  readonly warnings: readonly string[];
  /** One line of why per choice. */
  readonly explanations: readonly Explanation[];
}

/**
 * Turns a description into decisions. The same description, lock and catalog give the same plan.
 * @param lock what a plan in force chose, so that nothing moves without need
 */
export async function planPlatform(spec: PlatformSpec, lock?: PlacementLock): Promise<PlatformPlan> {
  const services = planServices(spec);
  if (spec.environment !== "local") {
    return { ...services, ...(await planAws(spec, services, lock)) };
  }
  const sizings = modelRequests(spec, []).map((request) => sizeModel(request, new Map()));
  const models = sizings.flatMap(firstThatFits);
  const serving = planServing(spec, models);
  const adapter = planAdapter(spec, serving.plans, models);
  return {
    ...services,
    models,
    serving: { ...serving, adapter },
    monitoring: planMonitoring(services.monitoringPods, adapter && servingNamespace, {
      plans: serving.plans,
      adapter,
      gateway: services.namespaces.gateway,
      cluster: undefined,
    }),
    infrastructure: undefined,
    problems: [
      ...sizings.filter(({ workload }) => workload === undefined).map(cannotRun),
      ...serving.problems,
    ],
    warnings: serving.warnings,
    explanations: models.map(explainModel),
  };
}

function firstThatFits(sizing: ModelSizing): ModelPlan[] {
  const [chosen] = sizing.candidates.values();
  return chosen === undefined ? [] : [modelPlan(sizing, chosen, undefined)];
}
