import Table from "cli-table3";

const none = [
  "top",
  "top-mid",
  "top-left",
  "top-right",
  "bottom",
  "bottom-mid",
  "bottom-left",
  "bottom-right",
  "left",
  "left-mid",
  "mid",
  "mid-mid",
  "right",
  "right-mid",
] as const;

/**
 * A table for people, of plain columns without lines: it can be read in a log as well.
 * @param numbers columns whose values are numbers and stand on the right, by their place
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { color, numbers = [] }: { readonly color: boolean; readonly numbers?: readonly number[] },
): string {
  const table = new Table({
    head: [...head],
    chars: { ...Object.fromEntries(none.map((place) => [place, ""])), middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: color ? ["bold"] : [], border: [] },
    colAligns: head.map((_, column) => (numbers.includes(column) ? "right" : "left")),
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
