/** What happened to one entry of a list. */
export type Change =
  | { readonly kind: "added"; readonly key: string; readonly after: number }
  | { readonly kind: "removed"; readonly key: string; readonly before: number }
  | { readonly kind: "changed"; readonly key: string; readonly before: number; readonly after: number };

type Prices = Readonly<Record<string, number>>;

/** Changes from one price list to another: additions, removals and other prices, each in the order of the lists. */
export function changesBetween(before: Prices, after: Prices): readonly Change[] {
  const added = Object.entries(after).flatMap(([key, price]): Change[] =>
    key in before ? [] : [{ kind: "added", key, after: price }],
  );
  const others = Object.entries(before).flatMap(([key, price]): Change[] => {
    const now = after[key];
    if (now === undefined) return [{ kind: "removed", key, before: price }];
    return now === price ? [] : [{ kind: "changed", key, before: price, after: now }];
  });
  return [...added, ...others];
}

/** One line for a person: `~ g6.xlarge 0.8048 -> 0.845 (+5.0 %)`. */
export function changeText(change: Change): string {
  switch (change.kind) {
    case "added":
      return `+ ${change.key} ${change.after}`;
    case "removed":
      return `- ${change.key} ${change.before}`;
    case "changed": {
      const percent = (change.after / change.before - 1) * 100;
      const sign = percent < 0 ? "" : "+";
      return `~ ${change.key} ${change.before} -> ${change.after} (${sign}${percent.toFixed(1)} %)`;
    }
  }
}

/** The head of a list of changes: `us-east-1 on-demand: 2 added, 1 removed, 14 changed`. */
export function changesTitle(list: string, changes: readonly Change[]): string {
  const count = (kind: Change["kind"]) => changes.filter((change) => change.kind === kind).length;
  return `${list}: ${count("added")} added, ${count("removed")} removed, ${count("changed")} changed`;
}
