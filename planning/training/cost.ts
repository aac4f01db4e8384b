import type { ImageChoice } from "../data/images.ts";
import { usd } from "../text.ts";
import type { TrainingPlan } from "./training.ts";

/** What trainings cost, by the hour that they run and until their deadline: a month of one is none that anybody pays. */
export function trainingCosts(jobs: readonly TrainingPlan[]): string[] {
  return jobs.map(
    ({ instanceType, name, purchase, usdAtMost, usdPerHour }) =>
      `training ${name}: ${usd(usdPerHour)} an hour while it runs on ${instanceType} ${purchase}, ${usd(usdAtMost)} until its deadline`,
  );
}

/** Where their images come from. */
export function trainingImages(jobs: readonly TrainingPlan[]): ImageChoice[] {
  return jobs.map(({ image }) => image);
}
