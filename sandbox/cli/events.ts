import { open } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

const metadataSchema = z.looseObject({ op: z.string(), urn: z.string(), type: z.string() });
const stepSchema = z.looseObject({ metadata: metadataSchema, planning: z.boolean().optional() });

/** The part of Pulumi's engine events (its `--event-log` file, one JSON object a line) that is read here. */
const eventSchema = z.looseObject({
  resourcePreEvent: stepSchema.optional(),
  resOutputsEvent: stepSchema.optional(),
  resOpFailedEvent: stepSchema.optional(),
  diagnosticEvent: z
    .looseObject({
      urn: z.string().optional(),
      message: z.string(),
      severity: z.string(),
      ephemeral: z.boolean().optional(),
    })
    .optional(),
  policyEvent: z
    .looseObject({
      resourceUrn: z.string().optional(),
      message: z.string(),
      policyName: z.string(),
      enforcementLevel: z.string(),
    })
    .optional(),
  summaryEvent: z.looseObject({ resourceChanges: z.record(z.string(), z.number()).nullish() }).optional(),
});

export type EngineEvent = z.infer<typeof eventSchema>;

/** What one run of the engine has done so far. */
export interface RunSummary {
  /** Resources per operation: `{ create: 12, same: 3 }`. */
  changes: Record<string, number>;
  /** Operations that have ended, of those that change something. */
  done: number;
  /** What is being worked on: "mlflow (Deployment)". */
  running: Map<string, string>;
  /** The newest word of a provider about a resource that is being worked on. */
  latest: string;
  /** Errors and mandatory policy violations, ready to print. */
  errors: string[];
  /** Warnings and advisory policy violations, ready to print. */
  warnings: string[];
}

export const emptySummary = (): RunSummary => ({
  changes: {},
  done: 0,
  running: new Map(),
  latest: "",
  errors: [],
  warnings: [],
});

/** Adds one event to the summary. */
export function addEvent(summary: RunSummary, event: EngineEvent): void {
  const { resourcePreEvent, resOutputsEvent, resOpFailedEvent, diagnosticEvent, policyEvent, summaryEvent } =
    event;
  if (resourcePreEvent && changes(resourcePreEvent.metadata.op)) {
    summary.running.set(resourcePreEvent.metadata.urn, describeUrn(resourcePreEvent.metadata.urn));
  }
  const ended = resOutputsEvent ?? resOpFailedEvent;
  if (ended && summary.running.delete(ended.metadata.urn)) {
    // A replacement is one change of three steps; the new object is its end.
    if (!["replace", "delete-replaced"].includes(ended.metadata.op)) summary.done++;
    if (summary.latest.startsWith(`${describeUrn(ended.metadata.urn)}: `)) summary.latest = "";
  }
  if (diagnosticEvent) {
    const text = diagnosticEvent.message.replace(/<\{%[^%]*%\}>/g, "").trim();
    const line = diagnosticEvent.urn ? `${describeUrn(diagnosticEvent.urn)}: ${text}` : text;
    if (diagnosticEvent.severity === "error") summary.errors.push(line);
    else if (diagnosticEvent.severity === "warning" && !diagnosticEvent.ephemeral)
      summary.warnings.push(line);
    else if (text !== "") summary.latest = line.split("\n")[0] ?? "";
  }
  if (policyEvent) {
    const text = policyEvent.message.replace(/<\{%[^%]*%\}>/g, "").trim();
    const where = policyEvent.resourceUrn ? `${describeUrn(policyEvent.resourceUrn)}: ` : "";
    const line = `${where}policy ${policyEvent.policyName}: ${text}`;
    (policyEvent.enforcementLevel === "mandatory" ? summary.errors : summary.warnings).push(line);
  }
  if (summaryEvent) summary.changes = summaryEvent.resourceChanges ?? {};
}

/** Operations of this run that change something. */
export const changedCount = (summary: RunSummary): number =>
  Object.entries(summary.changes)
    .filter(([op]) => changes(op))
    .reduce((sum, [, count]) => sum + count, 0);

/** "3 to create, 1 to update", or "no change". */
export function describeChanges(summary: RunSummary): string {
  const parts = Object.entries(summary.changes).filter(([op, count]) => changes(op) && count > 0);
  return parts.length === 0 ? "no change" : parts.map(([op, count]) => `${count} ${op}`).join(", ");
}

const changes = (op: string): boolean => !["same", "read", "refresh"].includes(op);

/** `urn:pulumi:local::p::a:b:C$kubernetes:apps/v1:Deployment::mlflow` as "mlflow (Deployment)". */
export function describeUrn(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  const kind = types.split("$").at(-1)?.split(":").at(-1) ?? "";
  return kind === "" ? urn : `${name.join("::")} (${kind})`;
}

/**
 * Reads the engine's event file while it grows, until `ended` is settled and everything is read.
 * @param onEvent called for each event in order
 * @param interval milliseconds between two looks
 */
export async function followEvents(
  path: string,
  ended: Promise<unknown>,
  onEvent: (event: EngineEvent) => void,
  interval = 200,
): Promise<void> {
  let over = false;
  const mark = () => {
    over = true;
  };
  ended.then(mark, mark);
  let offset = 0;
  let rest = "";
  for (;;) {
    const last = over;
    const file = await open(path).catch(() => undefined);
    if (file) {
      const { size } = await file.stat();
      // An `up` begins the file anew after its preview.
      if (size < offset) [offset, rest] = [0, ""];
      const buffer = Buffer.alloc(Math.max(0, size - offset));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      await file.close();
      offset += bytesRead;
      const lines = (rest + buffer.toString("utf8", 0, bytesRead)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = eventSchema.safeParse(parseJson(line));
        if (event.success) onEvent(event.data);
      }
    }
    if (last) return;
    await sleep(interval);
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
