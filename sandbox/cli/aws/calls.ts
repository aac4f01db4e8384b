import { renderTable } from "../../../report/table.ts";
import { type AwsCall, recordedCalls } from "../../aws/calls.ts";
import pc from "../colors.ts";
import { UsageError, unknown } from "../options.ts";
import { awsFolder } from "./home.ts";

/** Options of `npm run aws -- calls`. */
export interface CallsOptions {
  service?: string | undefined;
  operation?: string | undefined;
  failed: boolean;
  last?: number | undefined;
  json: boolean;
}

/** `npm run aws -- calls`: what was called since it started; also after it was stopped. */
export async function calls(options: CallsOptions): Promise<number> {
  const chosen = choose(await recordedCalls({ folder: awsFolder }), options);
  const last = options.last === undefined ? undefined : chosen.slice(-options.last);
  if (options.json) console.log(JSON.stringify(last ?? summaryOf(chosen), null, 2));
  else console.log(last ? renderCalls(last) : renderSummary(chosen));
  return 0;
}

/** The calls that are asked for. @throws UsageError for a service or operation that nobody called */
export function choose(all: readonly AwsCall[], { failed, operation, service }: CallsOptions): AwsCall[] {
  const ofService = all.filter((call) => service === undefined || call.service === service);
  mustBeCalled(
    "service",
    service,
    all.map((call) => call.service),
  );
  mustBeCalled(
    "operation",
    operation,
    ofService.map((call) => call.operation),
  );
  return ofService
    .filter((call) => operation === undefined || call.operation === operation)
    .filter((call) => !failed || hasFailed(call));
}

function mustBeCalled(what: string, given: string | undefined, called: readonly string[]): void {
  if (given === undefined || called.includes(given)) return;
  const names = [...new Set(called)].sort();
  const message = `aws calls: nobody called the ${what} ${given}`;
  throw new UsageError(names.length === 0 ? `${message}, nor any other` : unknown(message, given, names));
}

const hasFailed = ({ status }: AwsCall): boolean => status >= 400;

/** The calls of one operation together. */
export interface OperationSummary {
  readonly service: string;
  readonly operation: string;
  readonly calls: number;
  readonly failed: number;
  /** Of its answers, on average. */
  readonly milliseconds: number;
  /** Of its latest call, ISO 8601. */
  readonly last: string;
}

/** Calls by service and operation, the most frequent first. */
export function summaryOf(all: readonly AwsCall[]): OperationSummary[] {
  const byOperation = new Map<string, AwsCall[]>();
  for (const call of all) {
    const key = `${call.service} ${call.operation}`;
    byOperation.set(key, [...(byOperation.get(key) ?? []), call]);
  }
  return [...byOperation.values()]
    .flatMap((together) => {
      const [first] = together;
      if (first === undefined) return [];
      const total = together.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
      return {
        service: first.service,
        operation: first.operation,
        calls: together.length,
        failed: together.filter(hasFailed).length,
        milliseconds: Math.round(total / together.length),
        last: at(Math.max(...together.map((call) => call.at))).toISOString(),
      };
    })
    .sort(
      (a, b) =>
        b.calls - a.calls || `${a.service} ${a.operation}`.localeCompare(`${b.service} ${b.operation}`),
    );
}

export function renderSummary(all: readonly AwsCall[]): string {
  if (all.length === 0) return "No calls.";
  const rows = summaryOf(all).map(({ calls: count, failed, last, milliseconds, operation, service }) => [
    service,
    operation,
    `${count}`,
    failed === 0 ? "" : pc.red(`${failed}`),
    `${milliseconds}`,
    clock(new Date(last)),
  ]);
  const table = renderTable(["SERVICE", "OPERATION", "CALLS", "FAILED", "MS", "LAST"], rows, {
    color: process.stdout.isTTY,
    numbers: [2, 3, 4],
  });
  const failed = all.filter(hasFailed).length;
  return `${table}\n\n${all.length} calls of ${rows.length} operations, ${failed} failed. In the order of time: --last N`;
}

export function renderCalls(all: readonly AwsCall[]): string {
  if (all.length === 0) return "No calls.";
  const rows = all.map((call) => [
    clock(at(call.at)),
    call.service,
    call.operation,
    hasFailed(call) ? pc.red(`${call.status}`) : `${call.status}`,
    `${call.milliseconds}`,
    reasonOf(call.answer ?? ""),
  ]);
  return renderTable(["TIME", "SERVICE", "OPERATION", "STATUS", "MS", "ANSWER"], rows, {
    color: process.stdout.isTTY,
    numbers: [3, 4],
  });
}

/** AWS's code and words out of an answer in JSON or XML; the answer itself where it has neither. */
export function reasonOf(answer: string): string {
  const code = /<Code>([^<]*)<|"(?:__type|code)":\s*"([^"]*)"/i.exec(answer);
  const message = /<Message>([^<]*)<|"message":\s*"((?:[^"\\]|\\.)*)"/i.exec(answer);
  const parts = [code, message].flatMap((found) => found?.[1] ?? found?.[2] ?? []);
  return (parts.length > 0 ? parts.join(": ") : answer).replaceAll(/\s+/g, " ").slice(0, 160).trim();
}

const at = (seconds: number): Date => new Date(seconds * 1000);
const clock = (time: Date): string => time.toTimeString().slice(0, 8);
