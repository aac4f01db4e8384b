import { accepted } from "./accepted.ts";
import { type Wide, wideGrants } from "./breadth.ts";
import { carriers } from "./carriers.ts";
import { parseDocument, type Statement } from "./document.ts";
import { unknownNames } from "./names.ts";
import { globbed } from "./reference.ts";
import { looseTrust } from "./who.ts";

/** A resource as a policy sees it. */
export interface Judged {
  readonly type: string;
  readonly name: string;
  readonly props: Readonly<Record<string, unknown>>;
}

/** A statement that allows too much, and the written reason why it may, if there is one. */
export interface Grant extends Wide {
  readonly statement: string;
  readonly reason: string | undefined;
}

/** What is wrong with the policy documents of a resource as documents: grammar, and names that AWS doesn't know. */
export function documentFaults(resource: Judged): Promise<string[]> {
  return each(documentsOf(resource), async ({ parsed, property }) => {
    const found =
      "faults" in parsed
        ? parsed.faults
        : await each(parsed.statements, async (statement) =>
            (await unknownNames(statement)).map((fault) => `${statement.name}: ${fault}`),
          );
    return found.map((fault) => `${property}: ${fault}`);
  });
}

/** Every change that a resource's policies allow without naming it. */
export const wideGrantsOf = (resource: Judged) => grants(resource, wideGrants);

/** Everybody whom a resource's policies allow something without saying enough about them. */
export const looseTrustOf = (resource: Judged) =>
  grants(resource, async (statement) => looseTrust(statement));

/** Every policy document that a resource has. */
function documentsOf({ props, type }: Judged) {
  return (carriers[type] ?? []).flatMap(({ kind, own = false, property }) => {
    const json = props[property];
    return json === undefined ? [] : [{ property, own, parsed: parseDocument(String(json), kind) }];
  });
}

function grants(
  resource: Judged,
  judge: (statement: Statement, own: boolean) => Promise<Wide[]>,
): Promise<Grant[]> {
  const { name, type } = resource;
  return each(documentsOf(resource), async ({ own, parsed }) => {
    // What can't be read is told as a fault of the document.
    if ("faults" in parsed) return [];
    return each(parsed.statements, async (statement) =>
      (await judge(statement, own)).map((wide) => ({
        ...wide,
        statement: statement.name,
        reason: reasonFor({ type, name, statement: statement.name, what: wide.what }),
      })),
    );
  });
}

const reasonFor = (grant: Record<"type" | "name" | "statement" | "what", string>) =>
  accepted.find(
    ({ name, statement, type, what }) =>
      type === grant.type &&
      statement === grant.statement &&
      what === grant.what &&
      globbed(name).test(grant.name),
  )?.why;

async function each<Item, Result>(
  items: readonly Item[],
  find: (item: Item) => Promise<Result[]>,
): Promise<Result[]> {
  return (await Promise.all(items.map(find))).flat();
}
