import type { Rule } from "./rule.ts";

/** Each alert must come after the one before. */
export const budget: Rule = ({ budget: spec }) =>
  (spec?.alertAtPercent ?? []).flatMap((percent, index, all) =>
    percent > (all[index - 1] ?? 0)
      ? []
      : [
          {
            path: ["budget", "alertAtPercent", index],
            problem: `must be above ${all[index - 1]}: give the shares in ascending order`,
          },
        ],
  );
