import pc from "./colors.ts";

/** A message and, below it, what to do. */
export function formatProblem(message: string, remedy: readonly string[]): string {
  return [pc.red(`\n${message}`), ...remedy.map((step) => `  - ${step}`)].join("\n");
}
