import { planServices } from "../../planning/services.ts";
import { sizePlatform } from "../../planning/sizing/platform.ts";
import { planTrainings, type TrainingPlan, type TrainingsPlan } from "../../planning/training/training.ts";
import type { AwsPlatformInput, AwsPlatformSpec } from "../../spec/platform.ts";
import { awsSpec } from "./foundation.ts";

type Jobs = NonNullable<AwsPlatformInput["training"]>["jobs"];

/** Plans trainings in an environment that has nothing else. */
export function planOnly(
  environment: AwsPlatformSpec["environment"],
  jobs: Jobs,
  overrides: Partial<AwsPlatformInput> = {},
): Promise<TrainingsPlan> {
  const spec = awsSpec(environment, { ...overrides, training: { jobs } });
  return planTrainings(spec, sizePlatform(spec, planServices(spec), undefined), undefined);
}

/** The same, where each finds a node. */
export async function plannedTrainings(
  environment: AwsPlatformSpec["environment"],
  jobs: Jobs,
): Promise<TrainingPlan[]> {
  const { jobs: plans, problems } = await planOnly(environment, jobs);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return [...plans];
}
