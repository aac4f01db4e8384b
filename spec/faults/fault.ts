/** Where something stands in a file; lines and columns count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing wrong with a description. */
export interface Fault {
  /** Where, as one would write it in TypeScript: `tracking.replicas`. Empty for the whole. */
  readonly path: string;
  /** What stands there, shortened; undefined where nothing does. */
  readonly value: string | undefined;
  /** What would be allowed, or which name was meant. */
  readonly problem: string;
  /** Where it stands, for what came from a file such as `m2m/tinyllama/model-config.yaml`. */
  readonly position: Position | undefined;
}

const mostLines = 50;

/** Every fault of a description at once, in the order in which they stand. The message shows the first 50. */
export class SpecError extends Error {
  override readonly name = "SpecError";
  constructor(
    readonly source: string,
    readonly faults: readonly Fault[],
  ) {
    const lines = faults.slice(0, mostLines).map((fault) => `  ${line(fault)}`);
    if (faults.length > mostLines) lines.push(`  and ${faults.length - mostLines} more`);
    super(
      [`${source} has ${faults.length === 1 ? "a fault" : `${faults.length} faults`}:`, ...lines].join("\n"),
    );
  }
}

/** `m2m/x/model-config.yaml:3:12 models.x.engine = "vlm": unknown, did you mean vllm?` */
function line({ path, position, problem, value }: Fault): string {
  const where = position ? `${position.file}:${position.line}:${position.column} ` : "";
  const what = value === undefined ? "" : ` = ${value}`;
  return `${where}${path || "(the whole)"}${what}: ${problem}`;
}
