import { expect, test } from "vitest";
import { renderTable } from "../../report/table.ts";

test("tables are aligned columns without borders, numbers on the right", () => {
  const rows = [
    ["x", "1"],
    ["longest", "23"],
  ];
  expect(renderTable(["A", "COUNT"], rows, { color: false, numbers: [1] })).toBe(
    "A        COUNT\nx            1\nlongest     23",
  );
});
