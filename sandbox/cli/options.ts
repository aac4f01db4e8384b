import { closest, distance } from "fastest-levenshtein";
import { z } from "zod";

/** A command line that cannot be meant: printed with the nearest valid name, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What an option is called in help: `placeholder` is given for options that take a value. */
export interface OptionInfo {
  placeholder?: string;
  help: string;
}

/** Help of each option, kept beside the schema so that a command is described in one place. */
export const optionInfo = z.registry<OptionInfo>();

/** An option without a value. */
export const flag = (help: string) => z.boolean().default(false).register(optionInfo, { help });

/** A TCP port, 1 to 65535. */
export const port = (help: string) =>
  z.coerce
    .number("a port is a number from 1 to 65535")
    .int("a port is a whole number")
    .min(1, "a port is a number from 1 to 65535")
    .max(65535, "a port is a number from 1 to 65535")
    .optional()
    .register(optionInfo, { placeholder: "N", help });

/** A whole number of things, not below `least`. */
export const count = (help: string, least = 1) =>
  z.coerce
    .number(`a whole number from ${least} is needed`)
    .int(`a whole number from ${least} is needed`)
    .min(least, `a whole number from ${least} is needed`)
    .optional()
    .register(optionInfo, { placeholder: "N", help });

/** An option with any text as its value. */
export const text = (placeholder: string, help: string) =>
  z.string().min(1, "must not be empty").optional().register(optionInfo, { placeholder, help });

/**
 * Parses a command's arguments.
 * @param command name for messages: "start"
 * @param schema one property per option, camelCase, each registered in `optionInfo`
 */
export function parseOptions<S extends z.ZodObject>(
  command: string,
  schema: S,
  args: readonly string[],
): { options: z.output<S>; words: string[] } {
  const raw: Record<string, unknown> = {};
  const words: string[] = [];
  const names = Object.keys(schema.shape);
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") {
      words.push(...rest.splice(0));
    } else if (arg.startsWith("-") && arg !== "-") {
      const [written = "", inline] = split(arg);
      const name = camelCase(written);
      if (!arg.startsWith("--") || !names.includes(name)) {
        throw new UsageError(unknown(`${command}: unknown option ${arg}`, arg, names.map(optionName)));
      }
      const property = schema.shape[name];
      const takesValue = property instanceof z.ZodType && optionInfo.get(property)?.placeholder !== undefined;
      if (!takesValue && inline !== undefined)
        throw new UsageError(`${command}: ${optionName(name)} takes no value`);
      const value = takesValue ? (inline ?? rest.shift()) : true;
      if (value === undefined) throw new UsageError(`${command}: ${optionName(name)} needs a value`);
      raw[name] = value;
    } else {
      words.push(arg);
    }
  }
  const parsed = schema.safeParse(raw);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      return `${command}: ${optionName(name)} ${String(raw[name])}: ${message}`;
    });
    throw new UsageError(issues.join("\n"));
  }
  return { options: parsed.data, words };
}

/** Adds the nearest valid name, when one is near enough to be meant, else all of them. */
export function unknown(message: string, given: string, valid: readonly string[]): string {
  const nearest = closest(given, [...valid]);
  const near = nearest !== "" && nearest !== undefined && distanceIsSmall(given, nearest);
  return near ? `${message}. Did you mean ${nearest}?` : `${message}. Valid: ${valid.join(", ")}`;
}

/** One line per option, for help. */
export function describeOptions(schema: z.ZodObject): string[] {
  const rows = Object.entries(schema.shape).map(([name, property]) => {
    const info = property instanceof z.ZodType ? optionInfo.get(property) : undefined;
    return [
      info?.placeholder ? `${optionName(name)} ${info.placeholder}` : optionName(name),
      info?.help ?? "",
    ] as const;
  });
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`);
}

function split(arg: string): [string, string | undefined] {
  const body = arg.replace(/^--?/, "");
  const at = body.indexOf("=");
  return at < 0 ? [body, undefined] : [body.slice(0, at), body.slice(at + 1)];
}

const camelCase = (name: string): string =>
  name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const optionName = (name: string): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

function distanceIsSmall(given: string, valid: string): boolean {
  return valid.startsWith(given) || distance(given, valid) <= Math.max(2, Math.floor(valid.length / 3));
}
