import { saidOf } from "../../support/faults.ts";
import { modelConfigsOf } from "../../support/modelConfigs.ts";
import type { Case } from "./cases.ts";

/** The message that somebody gets who writes this. */
export function messageFor({ change, environment, files = {} }: Case): string {
  const input = Object.fromEntries(
    Object.entries({ ...sound(environment), ...change }).filter(([, value]) => value !== undefined),
  );
  const said = saidOf(input, `stacks/${environment}.ts`, { modelConfigs: modelConfigsOf(files) });
  if (said === "") throw new Error("no fault was found");
  return said;
}

function sound(environment: Case["environment"]) {
  return {
    environment,
    ownership: { owner: "team", costCenter: "ml" },
    ...(environment !== "local" && { cloud: { region: "us-east-1" }, gateway: { host: "ai.example.com" } }),
  };
}

/** All cases as a page of Markdown: what is written, and what comes of it. */
export function page(cases: Readonly<Record<string, readonly Case[]>>): string {
  return [
    "# Faults and their messages",
    "Written by `page.test.ts`. Each case changes these sections of a description that is sound otherwise.",
    ...Object.entries(cases).flatMap(([heading, group]) => [`## ${heading}`, ...group.map(entry)]),
    "",
  ].join("\n\n");
}

function entry(wrong: Case): string {
  const sections = Object.entries(wrong.change).map(([name, value]) =>
    value === undefined ? `// without ${name}` : `${name}: ${written(value)},`,
  );
  return [
    `### ${wrong.title}`,
    block("ts", sections.join("\n")),
    ...Object.entries(wrong.files ?? {}).flatMap(([path, text]) => [
      `with \`m2m/${path}\``,
      block(path.endsWith(".json") ? "json" : "yaml", text.trimEnd()),
    ]),
    block("text", messageFor(wrong)),
  ].join("\n\n");
}

function block(language: string, text: string): string {
  return [`\`\`\`${language}`, text, "```"].join("\n");
}

/** As one would write it in TypeScript. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (value instanceof Date) return `new Date(${value.getTime()})`;
  if (typeof value === "function") return "() => { ... }";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  const fields = Object.entries(value).map(
    ([name, item]) => `${/^\w+$/.test(name) ? name : JSON.stringify(name)}: ${written(item)}`,
  );
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
