import { type Check, check, failed, ok, type Verdict } from "./check.ts";
import type { Subject } from "./subject.ts";

/** The account must be the one that the stack's configuration names. */
export function accountCheck({ configFile, provider }: Subject): Check {
  const { allowedAccountIds: allowed, forbiddenAccountIds: forbidden } = provider;
  const wanted = [
    ...(allowed.length > 0 ? [`is ${allowed.join(" or ")}`] : []),
    ...(forbidden.length > 0 ? [`isn't ${forbidden.join(" or ")}`] : []),
  ];
  return check({
    subject: "account",
    would:
      wanted.length > 0
        ? `the account ${wanted.join(" and ")}`
        : `which account it is: ${configFile} names none`,
    ask: async (outside) => (await outside.identity()).account,
    judge: (account) => judgeAccount(account, { allowed, forbidden, configFile }),
  });
}

export function judgeAccount(
  account: string,
  {
    allowed,
    configFile,
    forbidden,
  }: {
    readonly allowed: readonly string[];
    readonly forbidden: readonly string[];
    readonly configFile: string;
  },
): Verdict {
  const remedy = `Use credentials of the right account; ${configFile} says which it is`;
  if (forbidden.includes(account)) return failed(`${account} is one of aws:forbiddenAccountIds`, remedy);
  if (allowed.length > 0 && !allowed.includes(account)) {
    return failed(`${account}, but aws:allowedAccountIds wants ${allowed.join(" or ")}`, remedy);
  }
  return ok(
    allowed.length > 0 ? account : `${account}; any would do: ${configFile} has no aws:allowedAccountIds`,
  );
}
