import { distance } from "fastest-levenshtein";
import { isObject } from "./path.ts";

const longestValue = 60;
const longestList = 16;
const nearestShown = 5;

/** A value of plain data as one would write it, shortened to some 60 characters. */
export function shown(value: unknown): string {
  const text = written(value, longestValue);
  return text.length > longestValue ? `${text.slice(0, longestValue - 3)}...` : text;
}

/** Writes on until there is more than anybody wants to see. */
function written(value: unknown, room: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, room));
  const list = Array.isArray(value);
  if (!list && !isObject(value)) return String(value);
  let text = "";
  for (const [name, item] of Object.entries(value)) {
    if (text.length > room) break;
    text += `${text && ", "}${list ? "" : `${name.slice(0, room)}: `}${written(item, room - text.length)}`;
  }
  if (list) return `[${text}]`;
  return text ? `{ ${text} }` : "{}";
}

/** What kind of value it is, for "not ...". */
export function kind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number") return Number.isNaN(value) ? "NaN" : "a number";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return String(value);
  return "an object";
}

/** "unknown, did you mean x? Allowed: ..." */
export function unknownName(name: string, allowed: readonly string[]): string {
  const near = nearest(name, allowed);
  return `unknown${near.length > 0 ? `, did you mean ${either(near)}?` : ";"} allowed: ${listed(allowed, name)}`;
}

/**
 * The names that were perhaps meant, at most three. A name is near when at most a third of it differs, whatever its
 * case, or when one of the two begins with the other.
 */
export function nearest(name: string, allowed: readonly string[]): string[] {
  const most = Math.max(1, Math.ceil(name.length / 3));
  const far = (other: string) => (begins(name, other) || begins(other, name) ? 0.5 : apart(name, other));
  const least = Math.min(...allowed.map(far));
  if (least >= most + 1) return [];
  return allowed.filter((other) => far(other) === least).slice(0, 3);
}

/** Whether a name is the beginning of another, in whatever case; a letter or two say nothing. */
function begins(name: string, other: string): boolean {
  return name.length > 2 && other.toLowerCase().startsWith(name.toLowerCase());
}

/** Edits between two names, of which a change of case counts a hundredth. */
function apart(one: string, other: string): number {
  const name = one.slice(0, 100);
  return distance(name.toLowerCase(), other.toLowerCase()) + distance(name, other) / 100;
}

/** All names, or for a long list the few that are nearest to what was written. */
export function listed(names: readonly string[], written = "", longest = longestList): string {
  if (names.length === 0) return "nothing";
  if (names.length <= longest) return names.join(", ");
  const first = names.toSorted((a, b) => apart(written, a) - apart(written, b)).slice(0, nearestShown);
  return `${first.join(", ")} and ${names.length - first.length} more`;
}

/** "a, b or c" */
export function either(names: readonly string[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 6 });

/** A number with its thousands apart: 16,384. */
export function number(value: number): string {
  return grouped.format(value);
}
