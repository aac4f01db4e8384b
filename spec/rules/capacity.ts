import { capacityBlockFamilies } from "../../catalog/ec2/capacityBlocks.ts";
import { findInstanceType } from "../../catalog/ec2/instances.ts";
import type { PurchaseOption } from "../capacity.ts";
import type { Finding } from "../faults/issues.ts";
import { type Path, pathText } from "../faults/path.ts";
import { reservations } from "./region.ts";
import type { Rule } from "./rule.ts";

/** Each reservation is listed once. */
export const reservationIds: Rule = ({ capacity }) => {
  const all = reservations(capacity);
  return all.flatMap(({ id, path }, index): Finding[] => {
    const first = all.findIndex((other) => other.id === id);
    if (first === index) return [];
    const problem = `is ${pathText(all[first]?.path ?? [])} again: each reservation stands once, with its whole count`;
    return [{ path: [...path, "id"], problem }];
  });
};

/** What is bought by reservation or capacity block must have one. */
export const purchase: Rule = ({ capacity, models }) => {
  if (!capacity) return [];
  const lists: { readonly path: Path; readonly options: readonly PurchaseOption[] }[] = [
    { path: ["capacity", "purchase"], options: capacity.purchase ?? [] },
    ...Object.entries(models).map(([name, model]) => ({
      path: ["models", name, "purchase"],
      options: model.purchase ?? [],
    })),
  ];
  const without = (option: PurchaseOption): string | undefined => {
    if (option === "reservation" && capacity.reservations.length === 0) return "capacity.reservations";
    if (option === "capacity-block" && capacity.capacityBlocks.length === 0) return "capacity.capacityBlocks";
    return undefined;
  };
  return lists.flatMap(({ options, path }) =>
    options.flatMap((option, index): Finding[] => {
      const missing = without(option);
      return missing === undefined
        ? []
        : [
            {
              path: [...path, index],
              problem: `there are no ${missing}: list what the account has, or leave this out`,
            },
          ];
    }),
  );
};

/** EC2 sells capacity blocks of some families only. */
export const blockTypes: Rule = ({ capacity }) =>
  (capacity?.capacityBlocks ?? []).flatMap(({ instanceType }, index): Finding[] => {
    const family = findInstanceType(instanceType)?.family;
    if (family === undefined || capacityBlockFamilies.includes(family)) return [];
    const problem = `EC2 sells no capacity blocks of it, only of ${capacityBlockFamilies.join(", ")}`;
    return [{ path: ["capacity", "capacityBlocks", index, "instanceType"], problem }];
  });
