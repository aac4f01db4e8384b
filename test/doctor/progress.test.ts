import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { progressOn } from "../../doctor/progress.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** @returns what was written, and where to write it */
function stream(isTTY: boolean) {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  return { written, stream: { isTTY, columns: 30, write } };
}

test("a terminal has one line, no longer than it is wide, and none at the end", () => {
  const { stream: terminal, written } = stream(true);
  const progress = progressOn(terminal);
  progress.report("12 of 40 (quota elasticloadbalancing/L-69A177A2)");
  progress.end();
  expect(written).toEqual(["\r\x1b[Kdoctor: 12 of 40 (quota elast", "\r\x1b[K"]);
});

test("a log has a line now and then", () => {
  const { stream: log, written } = stream(false);
  const progress = progressOn(log);
  progress.report("1 of 40");
  vi.advanceTimersByTime(10_000);
  progress.report("2 of 40");
  progress.report("3 of 40");
  vi.advanceTimersByTime(10_000);
  progress.report("4 of 40");
  progress.end();
  expect(written).toEqual(["doctor: 2 of 40\n", "doctor: 4 of 40\n"]);
});
