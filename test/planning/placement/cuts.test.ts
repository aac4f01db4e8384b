import { describe, expect, test } from "vitest";
import { buildFleets } from "../../../planning/placement/fleet/fleet.ts";
import type { Demand, Offer, Workload } from "../../../planning/placement/problem.ts";
import { Cuts } from "../../../planning/placement/solver/cuts.ts";
import type { Program } from "../../../planning/placement/solver/highs.ts";
import { buildMaster, type Column } from "../../../planning/placement/solver/master.ts";
import type { Chosen } from "../../../planning/placement/solver/seating.ts";

const demand: Demand = { gpu: "L4", gpus: 1, milliCpus: 1000, memoryMiB: 4000, diskGiB: 1 };
const offer: Offer = {
  id: "g6.48xlarge/on-demand",
  instanceType: "g6.48xlarge",
  roles: ["gpu"],
  purchase: "on-demand",
  zones: ["a"],
  limit: undefined,
  usdPerHour: 13,
  room: { gpu: "L4", gpus: 8, milliCpus: 190_000, memoryMiB: 700_000, diskGiB: 7000 },
  pods: 200,
  features: [],
};
const option = { id: "1xL4", demand, needs: [], penalty: 0 };
const workloads = ["a", "b", "c"].map(
  (name): Workload => ({
    name,
    role: "gpu",
    replicas: 2,
    spread: "node",
    purchase: ["on-demand"],
    options: [option],
  }),
);

/** Three workloads with two replicas apart, a node with three slots, and the cuts for them. */
function setUp() {
  const [fleet] = buildFleets({ workloads, offers: [offer], zones: ["a"], previous: new Map() });
  const [host] = fleet?.hosts ?? [];
  if (!fleet || !host) throw new Error("a problem without parts");
  const column: Column = { host, zone: undefined, slots: [{ shape: 0, count: 3 }] };
  const master = buildMaster(fleet, 0);
  const node = master.program.column(13, Number.POSITIVE_INFINITY, master.entries(column));
  const way = master.ways[0]?.[0] ?? -1;
  return {
    cuts: new Cuts(fleet, master, [{ column, index: node }]),
    column,
    node,
    program: master.program,
    way,
  };
}

/** Coefficients of a row, by column. */
function rowOf(program: Program, row: number): Map<number, number> {
  const { matrix } = program.data(true);
  const entries = [...matrix.indices].flatMap((at, index): [number, number][] => {
    const column = [...matrix.starts].findLastIndex((start) => start <= index);
    return at === row ? [[column, matrix.values[index] ?? 0]] : [];
  });
  return new Map(entries);
}

const lastRow = (program: Program) => program.data(true).numRows - 1;
const needing = (count: number) =>
  new Map(
    workloads
      .slice(0, count)
      .map((workload): [Chosen, number] => [{ workload, option, group: 0, way: 0 }, 2]),
  );

describe("a cut for replicas that may not meet", () => {
  test("asks of each node 2 slots for 3 workloads that all chose: 2 nodes >= 6/3 workloads", () => {
    const { column, cuts, node, program, way } = setUp();
    cuts.add(0, { needs: needing(3), atMost: [2] }, { ways: [[3]], nodes: [{ column, count: 1 }] });
    expect(rowOf(program, lastRow(program))).toEqual(
      new Map([
        [node, 2],
        [way, -2],
      ]),
    );
  });

  test("counts only from as many on as chose where not all did: 4 slots from 2 workloads on", () => {
    const { column, cuts, node, program, way } = setUp();
    const before = program.columns;
    cuts.add(0, { needs: needing(2), atMost: [2] }, { ways: [[2]], nodes: [{ column, count: 1 }] });
    const rows = [lastRow(program) - 1, lastRow(program)].map((row) => rowOf(program, row));
    // workloads <= 1 + 2 b, and slots >= 4 b.
    expect(rows).toEqual([
      new Map([
        [node, 2],
        [before, -4],
      ]),
      new Map([
        [way, 1],
        [before, -2],
      ]),
    ]);
    expect(program.data(true).rowUpper.at(-1)).toBe(1);
  });

  test("is found in the relaxation: one node for all 3 breaks 2 nodes >= 4/3 workloads, two nodes don't", () => {
    const { cuts, node, program, way } = setUp();
    const values = new Float64Array(program.columns);
    values[way] = 3;
    values[node] = 1;
    expect(cuts.separate(values)).toBe(1);
    const row = rowOf(program, lastRow(program));
    expect(row.get(node)).toBe(2);
    expect(row.get(way)).toBeCloseTo(-4 / 3, 9);
    values[node] = 2;
    expect(cuts.separate(values)).toBe(0);
  });
});
