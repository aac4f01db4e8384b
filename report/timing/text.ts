import { renderTable } from "../table.ts";
import type { CriticalPath } from "./criticalPath.ts";
import { labelOf, type Timing } from "./timing.ts";

/** Links of the chain that take less are counted together, seconds. */
const brief = 0.05;

/** A link of the chain as people read it. */
export interface Link {
  readonly label: string;
  readonly starts: number;
  readonly takes: number;
}

/** The links of a chain that take time, in order. */
export function linksOf({ chain, earliest }: CriticalPath): Link[] {
  return chain
    .filter(({ seconds }) => seconds >= brief)
    .map(({ id, seconds }) => ({
      label: labelOf(id),
      starts: earliest.get(id)?.start ?? 0,
      takes: seconds,
    }));
}

/** `12 min 30 s`, `41 s`, `0.4 s`. */
export function lasting(seconds: number): string {
  if (seconds < 9.95) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const rest = whole % 60;
  return `${Math.floor(whole / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}

/** What the run as a whole took. */
export function headline({ measured, resources, wallClock }: Timing): string {
  return `${resources.length} resources in ${lasting(wallClock)}; one after another ${lasting(measured.sum)}, and no faster than ${lasting(measured.seconds)}`;
}

/** The same for an account, in one line; undefined where nothing was simulated. */
export function atAws({ usual }: Timing): string | undefined {
  if (usual === undefined) return undefined;
  const slow = linksOf(usual).filter(({ takes }) => takes >= 30);
  return `At AWS about ${lasting(usual.seconds)}: ${slow.map(({ label, takes }) => `${label} ${lasting(takes)}`).join(", then ")}`;
}

/** Titles and chains of a timing: what was measured, and what it would be at AWS. */
export function chainsOf({
  measured,
  usual,
}: Timing): { readonly title: string; readonly path: CriticalPath }[] {
  return [
    { title: `Longest chain as measured: ${lasting(measured.seconds)}`, path: measured },
    ...(usual === undefined
      ? []
      : [
          {
            title: `Longest chain at AWS, by its usual times: ${lasting(usual.seconds)}, of ${lasting(usual.sum)} one after another`,
            path: usual,
          },
        ]),
  ];
}

const rowsOf = (path: CriticalPath): string[][] =>
  linksOf(path).map(({ label, starts, takes }) => [label, lasting(starts), lasting(takes)]);

const head = ["EACH WAITS FOR THE ONE BEFORE", "STARTS AFTER", "TAKES"];

/** For a terminal. */
export function renderTiming(timing: Timing, { color }: { readonly color: boolean }): string {
  const chains = chainsOf(timing).map(
    ({ path, title }) => `${title}\n\n${renderTable(head, rowsOf(path), { color, numbers: [1, 2] })}`,
  );
  return [headline(timing), ...chains, ...queued(timing)].join("\n\n");
}

/** For a review. */
export function timingMarkdown(title: string, timing: Timing): string {
  const chains = chainsOf(timing).flatMap((chain) => [
    "",
    `## ${chain.title}`,
    "",
    "| each waits for the one before | starts after | takes |",
    "|---|--:|--:|",
    ...rowsOf(chain.path).map((cells) => `| ${cells.join(" | ")} |`),
  ]);
  return [`# ${title}`, "", `${headline(timing)}.`, ...chains, ""].join("\n");
}

/** What waited although everything that it needs was there: for the program, or for its turn. */
function queued({ resources }: Timing): string[] {
  const waiting = resources.filter(({ idle }) => idle >= 1).sort((a, b) => b.idle - a.idle);
  if (waiting.length === 0) return [];
  const longest = waiting.slice(0, 5).map(({ idle, urn }) => `${labelOf(urn)} ${lasting(idle)}`);
  return [`${waiting.length} began a second or more after all that they need: ${longest.join(", ")}`];
}
