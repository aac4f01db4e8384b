import { Resolver } from "node:dns/promises";
import { failureOf, Unanswered } from "./failure.ts";

/**
 * Name servers that public DNS gives for a domain, by the resolver of this machine; empty for a domain that it doesn't know.
 * @throws Unanswered where no resolver answers
 */
export async function nameServers(domain: string): Promise<readonly string[]> {
  const resolver = new Resolver({ timeout: 3000, tries: 2 });
  try {
    return (await resolver.resolveNs(domain)).map((name) => name.replace(/\.$/, "").toLowerCase());
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOTFOUND" || code === "ENODATA") return [];
    throw new Unanswered(failureOf(error, `DNS NS ${domain}`), error);
  }
}
