import type { CriticalPath, Span } from "./criticalPath.ts";
import { headline, lasting, linksOf } from "./text.ts";
import { labelOf, type Timing } from "./timing.ts";

/** A bar of the chart. */
interface Bar extends Span {
  readonly label: string;
  readonly critical: boolean;
  /** Seconds by which it may take longer. */
  readonly slack: number;
}

const row = 18;
const left = 300;
const width = 900;
const top = 28;

/**
 * A page with a chart of what went on when, the longest chain marked: as it was measured, and as it would be at AWS. It
 * needs nothing else, so it can be attached to a review.
 */
export function timingPage(title: string, timing: Timing): string {
  const ran = new Map(timing.resources.map(({ end, start, urn }) => [urn, { start, end }]));
  const charts = [
    ...(timing.usual === undefined
      ? []
      : [
          section(
            `At AWS, by its usual times: ${lasting(timing.usual.seconds)}`,
            timing.usual,
            timing.usual.earliest,
          ),
        ]),
    section(`As measured: ${lasting(timing.wallClock)}`, timing.measured, ran),
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
  body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #1f2328; background: #fff; }
  h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  svg { font-size: 11px; display: block; max-width: 100%; height: auto; }
  text { fill: #1f2328; } .time { fill: #59636e; } .grid { stroke: #d1d9e0; }
  .bar { fill: #8c959f; } .critical { fill: #cf222e; } .slack { fill: #d1d9e0; }
  b.critical { color: #cf222e; }
</style>
<h1>${escaped(title)}</h1>
<p>${escaped(headline(timing))}.</p>
<p><b class="critical">Red</b>: the longest chain, each waits for the one before. Light: by how much a resource may take longer before the whole does.</p>
${charts.join("\n")}
</html>
`;
}

/** What ends at once where it begins says nothing in a chart: those below a hundredth of the whole are left out. */
function section(title: string, path: CriticalPath, spans: ReadonlyMap<string, Span>): string {
  const end = Math.max(0, ...[...spans.values()].map((span) => span.end));
  const critical = new Set(path.chain.map(({ id }) => id));
  const bars = [...spans]
    .map(
      ([id, span]): Bar => ({
        ...span,
        label: labelOf(id),
        critical: critical.has(id),
        slack: path.slack.get(id) ?? 0,
      }),
    )
    .filter((bar) => bar.end - bar.start >= end / 100 || (bar.critical && bar.end > bar.start))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const hidden = spans.size - bars.length;
  const chain = linksOf(path).map(({ label, takes }) => `${label} (${lasting(takes)})`);
  return `<h2>${escaped(title)}</h2>
<p>${escaped(chain.join(" → "))}</p>
${chart(bars, end)}
<p>${hidden} shorter ones are not shown.</p>`;
}

function chart(bars: readonly Bar[], end: number): string {
  const x = (seconds: number) => left + (end === 0 ? 0 : (seconds / end) * width);
  const height = top + bars.length * row;
  const ticks = ticksOf(end).map(
    (seconds) =>
      `<line class="grid" x1="${round(x(seconds))}" x2="${round(x(seconds))}" y1="${top - 6}" y2="${height}"/><text class="time" x="${round(x(seconds))}" y="14" text-anchor="middle">${lasting(seconds)}</text>`,
  );
  const rows = bars.map((bar, index) => {
    const y = top + index * row;
    const rect = (from: number, to: number, name: string) =>
      `<rect class="${name}" x="${round(x(from))}" y="${y + 3}" width="${round(Math.max(x(Math.min(to, end)) - x(from), 1))}" height="${row - 6}"/>`;
    const reserve = bar.slack > 0 && bar.end < end ? rect(bar.end, bar.end + bar.slack, "slack") : "";
    const tip = `<title>${escaped(bar.label)}: ${lasting(bar.end - bar.start)}, from ${lasting(bar.start)}</title>`;
    return `<g>${tip}<text x="${left - 8}" y="${y + row - 5}" text-anchor="end">${escaped(shortened(bar.label))}</text>${reserve}${rect(bar.start, bar.end, bar.critical ? "critical" : "bar")}</g>`;
  });
  return `<svg viewBox="0 0 ${left + width + 40} ${height + 8}" width="${left + width + 40}" role="img">${ticks.join("")}${rows.join("")}</svg>`;
}

/** Five to ten round times from 0 to the end. */
export function ticksOf(end: number): number[] {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
  const step = steps.find((each) => end / each <= 10) ?? Math.ceil(end / 10);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10;
const shortened = (label: string): string => (label.length > 46 ? `${label.slice(0, 45)}…` : label);
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
