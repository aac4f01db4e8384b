/** Says what is wrong with a set of tags or labels; undefined when nothing is. */
export function missing(carried: unknown, required: readonly string[]): string | undefined {
  const names = typeof carried === "object" && carried !== null ? carried : {};
  const absent = required.filter((name) => !(name in names) || names[name as keyof typeof names] === "");
  return absent.length === 0 ? undefined : absent.join(", ");
}
