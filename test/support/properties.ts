/** Cases of a property: so many normally, as many as `PROPERTY_RUNS` says where somebody has time. */
export function propertyRuns(normally: number): number {
  return Number(process.env.PROPERTY_RUNS ?? normally);
}

/** Milliseconds for a property: enough for ten thousand cases on a busy machine. */
export const propertyTimeout = 600_000;
