import type { AwsPlatformSpec } from "../../spec/platform.ts";
import type { CostPlan } from "../infrastructure.ts";

/** How a plan stands to its budget. */
export interface BudgetVerdict {
  readonly within: boolean;
  /** Of the budget that the plan takes, in percent: 82.5. */
  readonly percent: number;
  /** Negative when the plan is above the budget. */
  readonly usdLeftPerMonth: number;
  /** Alert thresholds, in percent, that the plan alone reaches, lowest first. */
  readonly alerts: readonly number[];
}

export function budgetVerdict(
  { usdPerMonth }: Pick<CostPlan, "usdPerMonth">,
  budget: NonNullable<AwsPlatformSpec["budget"]>,
): BudgetVerdict {
  const percent = (100 * usdPerMonth) / budget.usdPerMonth;
  return {
    within: usdPerMonth <= budget.usdPerMonth,
    percent,
    usdLeftPerMonth: budget.usdPerMonth - usdPerMonth,
    alerts: budget.alertAtPercent.filter((threshold) => percent >= threshold).sort((a, b) => a - b),
  };
}
