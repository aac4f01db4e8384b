import type { PlatformSpec } from "../../spec/platform.ts";
import { anyTeam, type TeamSpec } from "../../spec/sections.ts";
import { fitName } from "../names.ts";

/** Who may ask the models. */
export interface AccessPlan {
  readonly teams: readonly TeamPlan[];
}

export interface TeamPlan {
  /** Also its name in metrics and logs. */
  readonly name: string;
  /** Secret that its keys lie in, each under its name. Whoever may read it is of the team. */
  readonly secret: string;
  readonly keys: readonly string[];
  /** Models that it may ask; undefined: all. */
  readonly models: readonly string[] | undefined;
  /** Of each replica of the adapter. */
  readonly limits: TeamLimits;
}

/** A class of limits in the adapter's settings: services/adapter/adapter/settings.py. */
export interface TeamLimits {
  readonly requestsPerMinute: number;
  readonly tokensPerMinute: number;
  readonly concurrent: number;
  readonly maxTokens: number;
  readonly defaultMaxTokens: number;
}

/**
 * The adapter's replicas know nothing of each other, and Traefik gives each the same number of requests: each gets an even
 * part of what a team may ask in all, rounded up.
 */
export function planAccess({ access, ownership }: PlatformSpec, replicas: number): AccessPlan {
  const teams = access.teams ?? { [fitName("dns-label", ownership.owner)]: anyTeam };
  return {
    teams: Object.entries(teams).map(([name, team]) => ({
      name,
      secret: fitName("dns-subdomain", `adapter-keys-${name}`),
      keys: team.keys,
      models: team.models,
      limits: limitsOf(team, replicas),
    })),
  };
}

/** Tokens of one answer: at most, and where a request doesn't say. Engines would go on to the end of their context. */
const longestAnswer = 8192;
const usualAnswer = 1024;

/** An answer may take no more than there is in a minute: a request for more could never be let in. */
function limitsOf(
  { concurrent, requestsPerMinute, tokensPerMinute }: TeamSpec,
  replicas: number,
): TeamLimits {
  const part = (whole: number) => Math.ceil(whole / replicas);
  const tokens = part(tokensPerMinute);
  return {
    requestsPerMinute: part(requestsPerMinute),
    tokensPerMinute: tokens,
    concurrent: part(concurrent),
    maxTokens: Math.min(longestAnswer, tokens),
    defaultMaxTokens: Math.min(usualAnswer, Math.ceil(tokens / 2)),
  };
}
