import { setFlagsFromString } from "node:v8";
import type { Highs, ModelData } from "highs";

let loading: Promise<Highs> | undefined;

/** HiGHS, compiled to WebAssembly: 3.5 MB to load, so only when there is something to solve. */
export function loadHighs(): Promise<Highs> {
  loading ??= load();
  return loading;
}

/**
 * V8 compiles WebAssembly fast first, and again slowly and better what runs often. For a solver that works for a second
 * the second compilation takes several times as long as it saves: it is put off until a function has run a thousand
 * times as much as V8's default asks for.
 */
async function load(): Promise<Highs> {
  setFlagsFromString("--wasm-tiering-budget=2000000000");
  const { default: loader } = await import("highs");
  return loader();
}

export interface Entry {
  readonly row: number;
  readonly value: number;
}

/** A linear program that is written row by row and column by column, and then handed over whole. */
export class Program {
  readonly #rows: { readonly lower: number; readonly upper: number }[] = [];
  readonly #columns: { cost: number; lower: number; upper: number; entries: Entry[] }[] = [];

  get columns(): number {
    return this.#columns.length;
  }

  /** @returns its index */
  row(lower: number, upper: number): number {
    return this.#rows.push({ lower, upper }) - 1;
  }

  /** @returns its index */
  column(cost: number, upper: number, entries: readonly Entry[]): number {
    return this.#columns.push({ cost, lower: 0, upper, entries: [...entries] }) - 1;
  }

  /** Puts a column into a row that came later. */
  extend(column: number, entry: Entry): void {
    this.#columns[column]?.entries.push(entry);
  }

  /** @param integer whether all columns are whole numbers */
  data(integer: boolean): ModelData {
    const starts = [0];
    const indices: number[] = [];
    const values: number[] = [];
    for (const { entries } of this.#columns) {
      for (const { row, value } of entries) {
        indices.push(row);
        values.push(value);
      }
      starts.push(indices.length);
    }
    const [numCols, numRows] = [this.#columns.length, this.#rows.length];
    return {
      numCols,
      numRows,
      colCost: this.#columns.map(({ cost }) => cost),
      colLower: this.#columns.map(({ lower }) => lower),
      colUpper: this.#columns.map(({ upper }) => upper),
      rowLower: this.#rows.map(({ lower }) => lower),
      rowUpper: this.#rows.map(({ upper }) => upper),
      matrix: { format: "csc", numRows, numCols, starts, indices, values },
      ...(integer ? { integrality: new Int32Array(numCols).fill(1) } : {}),
    };
  }
}
