import type { Finding } from "../faults/issues.ts";
import type { Judged } from "../judged.ts";

/** Looks at fields together that are right one by one. */
export type Rule = (platform: Judged) => readonly Finding[];
