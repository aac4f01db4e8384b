import { z } from "zod";
import type { Span } from "./criticalPath.ts";

/** A step of the engine that begins or ends, in the order of time. */
export const stepEventSchema = z.object({
  /** Seconds since any moment. */
  at: z.number(),
  kind: z.enum(["begins", "ends", "fails"]),
  /** As the engine calls it: `create`, `same`, ... */
  op: z.string(),
  urn: z.string(),
});

export type StepEvent = z.infer<typeof stepEventSchema>;

/** A resource that was made or changed. */
export interface Work extends Span {
  readonly urn: string;
  readonly op: string;
  readonly failed: boolean;
}

const making = ["create", "update", "create-replacement", "import", "import-replacement"];

/** What a run made or changed and when, in seconds since its first step began; what had not ended at the end is left out. */
export function worksOf(events: readonly StepEvent[]): Work[] {
  const zero = Math.min(...events.map(({ at }) => at));
  const begun = new Map<string, number>();
  const works: Work[] = [];
  for (const { at, kind, op, urn } of events) {
    if (!making.includes(op)) continue;
    const start = begun.get(urn);
    if (kind === "begins") begun.set(urn, at);
    else if (start !== undefined) {
      begun.delete(urn);
      works.push({ urn, op, start: start - zero, end: at - zero, failed: kind === "fails" });
    }
  }
  return works;
}

const stepSchema = z.looseObject({
  metadata: z.looseObject({ op: z.string(), urn: z.string() }),
  planning: z.boolean().optional(),
});
const engineEventSchema = z.looseObject({
  timestamp: z.number().optional(),
  resourcePreEvent: stepSchema.optional(),
  resOutputsEvent: stepSchema.optional(),
  resOpFailedEvent: stepSchema.optional(),
});

/**
 * The step that an event of the engine tells of; undefined for other events, and for those of a preview.
 * @param event a line of the file of `pulumi up --event-log`
 * @param at when it came, seconds; default: what the event says, which is whole seconds
 */
export function stepEventOf(event: unknown, at?: number): StepEvent | undefined {
  const parsed = engineEventSchema.safeParse(event);
  if (!parsed.success) return undefined;
  const { resOpFailedEvent, resOutputsEvent, resourcePreEvent, timestamp = 0 } = parsed.data;
  const step = resourcePreEvent ?? resOutputsEvent ?? resOpFailedEvent;
  if (step === undefined || step.planning === true) return undefined;
  const { op, urn } = step.metadata;
  const kind = resourcePreEvent ? "begins" : resOutputsEvent ? "ends" : "fails";
  return { at: at ?? timestamp, kind, op, urn };
}
