import { expect } from "vitest";

/** Sections of a page that people read, by their titles. */
export type Pages = Map<string, readonly string[]>;

/** Compares a page with the one that is kept in `test/stacks/pages`. */
export async function writePage(name: string, title: string, sections: Pages): Promise<void> {
  const text = [...sections].map(([heading, lines]) => ["", `## ${heading}`, "", ...lines].join("\n"));
  await expect([`# ${title}`, ...text, ""].join("\n")).toMatchFileSnapshot(`../pages/${name}.md`);
}
