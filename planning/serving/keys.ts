import { createHash } from "node:crypto";
import type { AccessPlan } from "./access.ts";

/** Characters of a key's random part, letters and digits: 256 bits. */
export const keyLength = 43;

/** A key as clients send it. OpenAI's libraries expect nothing of it, people recognise the prefix. */
export const clientKey = (random: string) => `sk-${random}`;

/**
 * What the adapter has of the teams' keys: their hashes only. A key is 256 random bits, so one round of SHA-256 without salt
 * keeps it. Source: services/adapter/adapter/keys.py.
 */
export function keyFile(keys: readonly TeamKey[]): {
  readonly teams: Readonly<Record<string, readonly string[]>>;
} {
  const teams: Record<string, string[]> = {};
  for (const { key, team } of keys) {
    const hash = `sha256:${createHash("sha256").update(key).digest("hex")}`;
    teams[team] = [...(teams[team] ?? []), hash];
  }
  return { teams };
}

export interface TeamKey {
  readonly team: AccessPlan["teams"][number]["name"];
  readonly key: string;
}
