import pc from "picocolors";
import { renderTable } from "../../report/table.ts";
import type { Status } from "../checks/check.ts";
import { exitCode, type Finding, type Report } from "../examine.ts";

/** The report for people: one line per check, and below it what to do, each step where it is needed first. */
export function renderReport(report: Report, { color }: { readonly color: boolean }): string {
  const { environment, findings, identity, region } = report;
  const told = new Set<string>();
  const rows = findings.map((each) => {
    const steps = each.remedy.filter((step) => !told.has(step));
    for (const step of steps) told.add(step);
    return row(each, steps, color);
  });
  const who = identity === undefined ? "" : ` as ${identity.arn}`;
  return [
    `${environment} in ${region}${who}`,
    "",
    renderTable(["STATUS", "CHECK", "ANSWER"], rows, { color }),
    "",
    closing(report),
  ].join("\n");
}

function row({ says, status, subject }: Finding, steps: readonly string[], color: boolean): string[] {
  return [painted(status, color), subject, [says, ...steps.map((step) => `-> ${step}`)].join("\n")];
}

function painted(status: Status, color: boolean): string {
  const colors = pc.createColors(color);
  const paint = {
    ok: colors.green,
    warning: colors.yellow,
    failed: colors.red,
    "would check": colors.dim,
  }[status];
  return paint(status);
}

const outcomes: ReadonlyMap<number, string> = new Map([
  [0, "Nothing stands in the way."],
  [1, "Don't bring it up yet: something would fail on the way."],
  [3, "Not everything could be asked; nothing that could stands in the way."],
]);

function closing(report: Report): string {
  const counts = Object.entries(report.counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${count} ${status}${status === "warning" && count > 1 ? "s" : ""}`);
  return `${counts.join(", ")}. ${outcomes.get(exitCode(report)) ?? ""}`;
}
