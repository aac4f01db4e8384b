import { UserError } from "../lib/fail.ts";

/** One instruction of a Dockerfile, with variables already substituted where Docker substitutes them. */
export type Instruction =
  | { kind: "env"; values: Record<string, string> }
  | { kind: "label"; values: Record<string, string> }
  | { kind: "workdir"; path: string }
  | { kind: "copy"; from?: string; sources: string[]; target: string; chmod?: string; chown?: string }
  | { kind: "run"; command: string }
  | { kind: "user"; user: string }
  | { kind: "expose"; ports: string[] }
  | { kind: "entrypoint"; argv: string[] }
  | { kind: "cmd"; argv: string[] }
  | { kind: "stopsignal"; signal: string };

/** What lies between two FROM lines. */
export interface Stage {
  /** Reference of a base image, or the name of an earlier stage. */
  from: string;
  /** Name given by `AS`; a stage without one is the last. */
  name?: string;
  instructions: Instruction[];
}

/** How a container of the image runs: what an OCI image config says, in OCI's own words. */
export interface RunConfig {
  User: string;
  Env: Record<string, string>;
  Entrypoint: string[];
  Cmd: string[];
  WorkingDir: string;
  ExposedPorts: string[];
  Labels: Record<string, string>;
  StopSignal?: string;
}

export const emptyConfig: RunConfig = {
  User: "",
  Env: {},
  Entrypoint: [],
  Cmd: [],
  WorkingDir: "/",
  ExposedPorts: [],
  Labels: {},
};

/** Lines without comments, continuations joined. */
function logicalLines(text: string): { line: string; number: number }[] {
  const result: { line: string; number: number }[] = [];
  let pending = "";
  let start = 0;
  for (const [index, raw] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(raw)) continue;
    if (pending === "") start = index + 1;
    if (raw.trimEnd().endsWith("\\")) {
      pending += raw.trimEnd().slice(0, -1);
      continue;
    }
    result.push({ line: (pending + raw).trim(), number: start });
    pending = "";
  }
  if (pending !== "") result.push({ line: pending.trim(), number: start });
  return result;
}

/** Splits at white space, keeping quoted parts together and dropping the quotes. */
function words(text: string): string[] {
  const found = text.match(/(?:[^\s"']|"(?:\\.|[^"])*"|'[^']*')+/g) ?? [];
  return found.map((word) =>
    word.replace(/"((?:\\.|[^"])*)"|'([^']*)'/g, (_, double?: string, single?: string) =>
      double === undefined ? (single ?? "") : double.replace(/\\(.)/g, "$1"),
    ),
  );
}

function assignments(text: string): Record<string, string> {
  return Object.fromEntries(
    words(text).map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw new Error(`${word} is not NAME=value`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** Exec form as written, shell form as Docker runs it. */
function argv(text: string): string[] {
  if (!text.startsWith("[")) return ["/bin/sh", "-c", text];
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value) || !value.every((word) => typeof word === "string")) {
    throw new Error("the exec form is a JSON list of strings");
  }
  return value;
}

function copy(text: string): Instruction {
  const all = words(text);
  const flags = all.filter((word) => word.startsWith("--"));
  const paths = all.filter((word) => !word.startsWith("--"));
  const target = paths.at(-1);
  if (target === undefined || paths.length < 2) throw new Error("COPY needs a source and a target");
  const instruction: Instruction = { kind: "copy", sources: paths.slice(0, -1), target };
  for (const flag of flags) {
    const [name, value = ""] = flag.slice(2).split("=", 2);
    if (name !== "from" && name !== "chmod" && name !== "chown")
      throw new Error(`COPY ${flag} is not supported`);
    instruction[name] = value;
  }
  return instruction;
}

/**
 * Reads a Dockerfile: FROM ... AS, ARG, ENV, LABEL, WORKDIR, COPY (--from, --chmod, --chown), RUN, USER, EXPOSE,
 * ENTRYPOINT, CMD, STOPSIGNAL. Anything else is an error, never skipped: an image must not differ in silence
 * from what Docker would build.
 *
 * @param name shown in errors
 */
export function parseDockerfile(text: string, name: string): Stage[] {
  const stages: Stage[] = [];
  const global: Record<string, string> = {};
  let scope: Record<string, string> = {};
  const expand = (value: string) =>
    value.replace(/\\\$|\$\{(\w+)\}|\$(\w+)/g, (_match, braced?: string, plain?: string) => {
      const key = braced ?? plain;
      return key === undefined ? "$" : ((stages.length > 0 ? scope : global)[key] ?? "");
    });

  for (const { line, number } of logicalLines(text)) {
    const keyword = (line.split(/\s/, 1)[0] ?? "").toUpperCase();
    const rest = line.slice(keyword.length).trim();
    try {
      if (keyword === "ARG") {
        const [key = "", ...value] = rest.split("=");
        const known = stages.length > 0 ? scope : global;
        known[key] = value.length > 0 ? (words(expand(value.join("=")))[0] ?? "") : (global[key] ?? "");
        continue;
      }
      if (keyword === "FROM") {
        const [from = "", as, stageName] = words(expand(rest));
        scope = {};
        stages.push({
          from,
          ...(as?.toUpperCase() === "AS" && stageName ? { name: stageName } : {}),
          instructions: [],
        });
        continue;
      }
      const stage = stages.at(-1);
      if (!stage) throw new Error("the first instruction is FROM");
      const instruction = parseInstruction(keyword, rest, expand);
      if (instruction.kind === "env") scope = { ...scope, ...instruction.values };
      stage.instructions.push(instruction);
    } catch (error) {
      throw new UserError(
        `${name}, line ${number}: ${error instanceof Error ? error.message : String(error)}`,
        [`The line reads: ${line.slice(0, 200)}`],
      );
    }
  }
  if (stages.length === 0) throw new UserError(`${name} has no FROM line`);
  return stages;
}

function parseInstruction(keyword: string, rest: string, expand: (value: string) => string): Instruction {
  switch (keyword) {
    case "ENV":
      return { kind: "env", values: assignments(expand(rest)) };
    case "LABEL":
      return { kind: "label", values: assignments(expand(rest)) };
    case "WORKDIR":
      return { kind: "workdir", path: expand(rest) };
    case "COPY":
      return copy(expand(rest));
    case "RUN":
      if (rest.startsWith("--") || rest.startsWith("[")) throw new Error("RUN takes a shell command");
      return { kind: "run", command: rest };
    case "USER":
      return { kind: "user", user: expand(rest) };
    case "EXPOSE":
      return { kind: "expose", ports: words(expand(rest)).map((p) => (p.includes("/") ? p : `${p}/tcp`)) };
    case "ENTRYPOINT":
      return { kind: "entrypoint", argv: argv(rest) };
    case "CMD":
      return { kind: "cmd", argv: argv(rest) };
    case "STOPSIGNAL":
      return { kind: "stopsignal", signal: rest };
    default:
      throw new Error(`${keyword} is not supported`);
  }
}

/** The config that a stage ends with, given its base's. */
export function runConfig(base: RunConfig, instructions: readonly Instruction[]): RunConfig {
  const config = structuredClone(base);
  for (const step of instructions) {
    if (step.kind === "env") Object.assign(config.Env, step.values);
    if (step.kind === "label") Object.assign(config.Labels, step.values);
    if (step.kind === "workdir") config.WorkingDir = absolute(config.WorkingDir, step.path);
    if (step.kind === "user") config.User = step.user;
    if (step.kind === "expose") config.ExposedPorts.push(...step.ports);
    if (step.kind === "stopsignal") config.StopSignal = step.signal;
    if (step.kind === "cmd") config.Cmd = step.argv;
    if (step.kind === "entrypoint") {
      // An ENTRYPOINT of its own empties the CMD that a base brought, as with Docker.
      config.Entrypoint = step.argv;
      if (!instructions.some((other) => other.kind === "cmd")) config.Cmd = [];
    }
  }
  return config;
}

/** A WORKDIR or COPY target is relative to the working directory so far. */
export function absolute(workingDir: string, path: string): string {
  return path.startsWith("/") ? path : `${workingDir.replace(/\/$/, "")}/${path}`;
}
