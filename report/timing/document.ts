import { z } from "zod";
import { labelOf, type Timing } from "./timing.ts";

const linkSchema = z.object({ urn: z.string(), starts: z.number(), takes: z.number() });
const pathSchema = z.object({ seconds: z.number(), sum: z.number(), chain: z.array(linkSchema) });

/** The document of `npm run timing -- ENVIRONMENT --json`; times in seconds. Fields are only ever added. */
export const timingSchema = z.object({
  wallClock: z.number(),
  measured: pathSchema,
  /** By AWS's usual times; only for a simulated run. */
  usual: pathSchema.optional(),
  resources: z.array(
    z.object({
      urn: z.string(),
      label: z.string(),
      op: z.string(),
      start: z.number(),
      end: z.number(),
      waitedFor: z.string().optional(),
      idle: z.number(),
      usual: z.number().optional(),
    }),
  ),
});

export function timingDocument({
  measured,
  resources,
  usual,
  wallClock,
}: Timing): z.infer<typeof timingSchema> {
  return {
    wallClock,
    measured: pathOf(measured),
    ...(usual === undefined ? {} : { usual: pathOf(usual) }),
    resources: resources.map((resource) => ({
      urn: resource.urn,
      label: labelOf(resource.urn),
      op: resource.op,
      start: resource.start,
      end: resource.end,
      ...(resource.waitedFor === undefined ? {} : { waitedFor: resource.waitedFor }),
      idle: resource.idle,
      ...(resource.usual === undefined ? {} : { usual: resource.usual }),
    })),
  };
}

function pathOf({ chain, earliest, seconds, sum }: Timing["measured"]) {
  return {
    seconds,
    sum,
    chain: chain.map(({ id, seconds: takes }) => ({ urn: id, starts: earliest.get(id)?.start ?? 0, takes })),
  };
}
