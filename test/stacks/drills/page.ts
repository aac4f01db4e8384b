/** The page of what a person sees in the drills: golden/drills.md. */
export class Page {
  private readonly parts: string[] = ["# What an environment says when something goes wrong", ""];

  /** A drill, what was ordered or done in it. */
  drill(title: string, what: string): void {
    this.parts.push(`## ${title}`, "", what, "");
  }

  /** A command, and those lines of its output that say what happened. */
  command(command: string, output: string): void {
    this.parts.push(["```", `$ ${command}`, "", scrubbed(output), "```"].join("\n"), "");
  }

  get text(): string {
    return this.parts.join("\n");
  }
}

/** Of the diagnostics of a run, what is said of one resource: `aws:ec2:NatGateway (network-nat-public-a)`. */
export function saidOf(resource: string, output: string): string {
  const blocks = output.slice(output.indexOf("\nDiagnostics:")).split(/\n(?= {2}\S)/);
  const found = blocks.filter((block) => block.startsWith(`  ${resource}`));
  if (found.length === 0) throw new Error(`nothing is said of ${resource}:\n${output.slice(-5000)}`);
  // The provider's log says it once more, and a run ends with its outputs.
  return found
    .join("\n")
    .replace(/\n(?=\S)[\s\S]*/, "")
    .replace(/^ *error: {3}sdk-v2\/provider2\.go.*\n/gm, "")
    .replace(/^ *warning: \[runtime\] .*\n?/gm, "")
    .trimEnd();
}

/** What differs from run to run. */
function scrubbed(text: string): string {
  return text
    .replace(/^\s*\n/, "")
    .replace(/RequestID: \w+/g, "RequestID: 0123")
    .replace(/eipalloc-[0-9a-f]+/g, "eipalloc-0123")
    .replace(/nat-[0-9a-f]{17}/g, "nat-0123")
    .replace(/(-(?:spot|on-demand))-[0-9a-f]{7}\b/g, "$1-0123abc")
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "01234567-89ab-cdef-0123-456789abcdef")
    .replace(/file:\/\/\S*\/state\//g, "file:///state/")
    .replace(/created by \S+ \(pid \d+\) at \S+/g, "created by somebody (pid 123) at 2027-01-31T11:30:00Z")
    .replace(/[ \t]+$/gm, "");
}
