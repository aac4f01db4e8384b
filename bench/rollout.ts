import { cpus, loadavg } from "node:os";
import Table from "cli-table3";
import {
  type Asked,
  everyKind,
  percentile,
  type Seen,
  type Target,
  underLoad,
} from "../test/support/load.ts";
import { adapterOrigin, teamKey } from "../test/support/local.ts";
import { adapter, drain, roll, traefik, withPods } from "../test/support/rollouts.ts";

const rounds = 3;
const steadySeconds = 20;

/** What happens to the platform while clients ask. The first is what the others are compared with. */
const happenings: Readonly<Record<string, () => Promise<unknown>>> = {
  nothing: () => new Promise((resolve) => setTimeout(resolve, steadySeconds * 1000)),
  "rolling update of the adapter": () => roll(adapter),
  "drain of the adapter's node": () => drain(adapter),
  "rolling update of Traefik": () => roll(traefik),
  "drain of Traefik's node": () => drain(traefik),
};

interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

interface Row {
  readonly what: string;
  readonly seconds: number;
  readonly streams: number;
  readonly requests: number;
  /** Whatever was no whole answer. */
  readonly dropped: number;
  readonly tokensPerSecond: number;
  /** Milliseconds of short answers, from the request to the end. */
  readonly answer: Percentiles;
  /** Milliseconds to the first token of streams. */
  readonly first: Percentiles;
  /** The longest silence within a stream, in milliseconds. */
  readonly longestGap: number;
}

/**
 * Clients of the running local platform, with two pods each of Traefik and the adapter, while pods change and while nothing
 * happens, in turn. They try nothing twice.
 */
export async function rolloutBench(): Promise<{ rows: Row[]; load: number; processors: number }> {
  const target: Target = { origin: await adapterOrigin(), key: await teamKey("platform-team") };
  const clients = everyKind({ streamed: "qwen3-0.6b", short: "tinyllama" });
  const seen = new Map<string, Seen<unknown>[]>(Object.keys(happenings).map((what) => [what, []]));
  const restore = await withPods(2, adapter, traefik);
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const [what, happens] of Object.entries(happenings)) {
        console.error(`round ${round} of ${rounds}: ${what}`);
        seen.get(what)?.push(await underLoad(target, clients, happens));
      }
    }
  } finally {
    await restore();
  }
  const rows = [...seen].map(([what, each]) => rowOf(what, each));
  show(rows);
  return { rows, load: loadavg()[0] ?? Number.NaN, processors: cpus().length };
}

/** Of what was asked while it happened: what was asked before and after is as if nothing did. */
function rowOf(what: string, each: readonly Seen<unknown>[]): Row {
  const seconds = each.reduce((sum, { fromMs, untilMs }) => sum + (untilMs - fromMs) / 1000, 0);
  const meanwhile = each.flatMap(({ asked, fromMs, untilMs }) =>
    asked.filter(({ endedMs, startedMs }) => endedMs > fromMs && startedMs < untilMs),
  );
  const whole = meanwhile.filter(({ fault }) => fault === undefined);
  const streams = whole.filter(({ client }) => client.kind === "stream");
  const answers = whole.filter(({ client }) => client.kind === "whole");
  return {
    what,
    seconds,
    streams: streams.length,
    requests: answers.length,
    dropped: meanwhile.length - whole.length,
    tokensPerSecond: whole.reduce((sum, { tokens }) => sum + tokens, 0) / seconds,
    answer: percentiles(answers, ({ endedMs, startedMs }) => endedMs - startedMs),
    first: percentiles(streams, ({ firstMs = Number.NaN, startedMs }) => firstMs - startedMs),
    longestGap: Math.max(...streams.map(({ gapMs }) => gapMs)),
  };
}

function percentiles(asked: readonly Asked[], of: (one: Asked) => number): Percentiles {
  const values = asked.map(of);
  return { p50: percentile(values, 0.5), p95: percentile(values, 0.95), p99: percentile(values, 0.99) };
}

function show(rows: readonly Row[]): void {
  const [steady] = rows;
  if (steady === undefined) return;
  const table = new Table({
    head: [
      "",
      "s",
      "streams",
      "short",
      "dropped",
      "tokens/s",
      "short, ms p50/p95/p99",
      "to it",
      "first token, ms p50/p95/p99",
      "to it",
      "longest silence, ms",
    ],
    style: { head: [], border: [] },
  });
  for (const row of rows)
    table.push([
      row.what,
      Math.round(row.seconds),
      row.streams,
      row.requests,
      row.dropped,
      Math.round(row.tokensPerSecond),
      inWords(row.answer, Math.round),
      inWords(ratio(row.answer, steady.answer), (value) => value.toFixed(2)),
      inWords(row.first, Math.round),
      inWords(ratio(row.first, steady.first), (value) => value.toFixed(2)),
      Math.round(row.longestGap),
    ]);
  console.log(`\nRolling updates and drains under load, load ${(loadavg()[0] ?? 0).toFixed(1)}\n${table}`);
}

const ratio = (a: Percentiles, b: Percentiles): Percentiles => ({
  p50: a.p50 / b.p50,
  p95: a.p95 / b.p95,
  p99: a.p99 / b.p99,
});

const inWords = ({ p50, p95, p99 }: Percentiles, written: (value: number) => number | string) =>
  [p50, p95, p99].map(written).join(" / ");
