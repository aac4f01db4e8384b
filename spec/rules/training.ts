import { type GpuName, hasBfloat16 } from "../../catalog/gpus.ts";
import { gpusPerNode } from "../defaults.ts";
import type { Finding } from "../faults/issues.ts";
import type { TrainingJobSpec } from "../training.ts";
import type { Rule } from "./rule.ts";

/** A training says once what runs, and once what its activations take. */
export const oneWay: Rule = ({ training }) =>
  jobsOf(training).flatMap(([name, { entrypoint, image, model }]) => [
    ...exactlyOne(["training", "jobs", name], { entrypoint, image }),
    ...exactlyOne(["training", "jobs", name, "model"], {
      transformer: model.transformer,
      activationsMiB: model.activationsMiB,
    }),
  ]);

function exactlyOne(path: readonly string[], fields: Readonly<Record<string, unknown>>): Finding[] {
  const names = Object.keys(fields);
  const given = names.filter((name) => fields[name] !== undefined);
  const [first = ""] = names;
  if (given.length === 1) return [];
  return given.length === 0
    ? [{ path: [...path, first], problem: `is missing: needs one of ${names.join(" and ")}` }]
    : [{ path: [...path, given[1] ?? first], problem: `stands beside ${given[0] ?? ""}: give one of them` }];
}

/** A training needs a GPU that its environment may use, and that multiplies in what it asks for. */
export const gpusOfTraining: Rule = ({ capacity, cloud, environment, training }) => {
  const jobs = jobsOf(training);
  if (jobs.length === 0 || environment === undefined || capacity === undefined || cloud === undefined)
    return [];
  const supply = [...gpusPerNode({ capacity, cloud }).keys()];
  return jobs.flatMap(([name, job]): Finding[] => {
    const path = ["training", "jobs", name];
    if (supply.length === 0) {
      const problem = `${environment} has no GPU, by its region, capacity.families or capacity.gpus, and a training needs one`;
      return [{ path, problem }];
    }
    const unknown = (job.gpus ?? []).flatMap((asked, index) =>
      supply.includes(asked)
        ? []
        : [
            {
              path: [...path, "gpus", index],
              problem: `${environment} can't have it, by its region, capacity.families or capacity.gpus; it has: ${supply.join(", ")}`,
            },
          ],
    );
    return unknown.length > 0 ? unknown : withoutBf16(path, job, job.gpus ?? supply);
  });
};

function withoutBf16(
  path: readonly string[],
  { precision }: TrainingJobSpec,
  allowed: readonly GpuName[],
): Finding[] {
  if (precision !== "bf16" || allowed.some(hasBfloat16)) return [];
  const problem = `${allowed.join(", ")} can't: take fp16, or a GPU of Ampere or newer`;
  return [{ path: [...path, "precision"], problem }];
}

function jobsOf(
  training: { readonly jobs: Readonly<Record<string, TrainingJobSpec>> } | undefined,
): [string, TrainingJobSpec][] {
  return Object.entries(training?.jobs ?? {});
}
