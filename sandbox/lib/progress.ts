/**
 * Where long work reports to. `report` replaces the current line ("kube-apiserver: 312 of 840 packages"),
 * `log` adds a line that stays.
 */
export interface Progress {
  report(line: string): void;
  log(line: string): void;
}

/** Reports nothing: for callers that only want the result. */
export const silent: Progress = { report: () => undefined, log: () => undefined };
