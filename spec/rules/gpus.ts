import type { PlacedModelRule } from "./model.ts";

/** Every GPU that a model names must be one that its environment may use. */
export const gpusOfEnvironment: PlacedModelRule = ({ environment, spec, supply }) => {
  if (supply.size === 0) return [];
  return (spec.gpus ?? []).flatMap((name, index) =>
    supply.has(name)
      ? []
      : [
          {
            path: ["gpus", index],
            problem: `${environment} can't have it, by its region, capacity.families or capacity.gpus; it has: ${[...supply.keys()].join(", ")}`,
          },
        ],
  );
};
