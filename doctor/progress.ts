/** Where the doctor tells how far it is. */
export interface Progress {
  readonly report: (line: string) => void;
  readonly end: () => void;
}

/** Milliseconds between two lines where there is no terminal. */
const plainInterval = 10_000;

/** One line that is rewritten on a terminal; elsewhere a line now and then, so that a log shows that it lives. */
export function progressOn(stream: Pick<NodeJS.WriteStream, "columns" | "isTTY" | "write">): Progress {
  if (stream.isTTY) {
    return {
      report: (line) => stream.write(`\r\x1b[K${`doctor: ${line}`.slice(0, (stream.columns ?? 80) - 1)}`),
      end: () => stream.write("\r\x1b[K"),
    };
  }
  let last = Date.now();
  return {
    report: (line) => {
      if (Date.now() - last < plainInterval) return;
      last = Date.now();
      stream.write(`doctor: ${line}\n`);
    },
    end: () => undefined,
  };
}
