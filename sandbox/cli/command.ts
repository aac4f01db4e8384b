import type { z } from "zod";
import { describeOptions, parseOptions, UsageError, unknown } from "./options.ts";

/** What a command is, with its options' types still known. */
interface CommandSpec<S extends z.ZodObject> {
  /** How a person calls it: "npm start". */
  call: string;
  /** One line for the list of commands. */
  summary: string;
  options: S;
  /** What the plain words after the options are, such as "GROUP..."; a command without takes none. */
  words?: string;
  /** What to say after an interruption. Default: that the same call goes on where it stopped. */
  interrupted?: string;
  /** @returns the exit code */
  run: (options: z.output<S>, words: string[]) => Promise<number>;
}

/** A command as the dispatcher sees it. */
export interface Command {
  call: string;
  summary: string;
  interrupted: string;
  help: string;
  /** Checks the arguments; the result does the work and returns the exit code. Throws UsageError. */
  parse: (name: string, args: readonly string[]) => () => Promise<number>;
}

/** A command with options. */
export function command<S extends z.ZodObject>(spec: CommandSpec<S>): Command {
  return {
    call: spec.call,
    summary: spec.summary,
    interrupted: spec.interrupted ?? `Run \`${spec.call}\` again: it goes on where it stopped.`,
    help: [
      `${spec.call}${spec.words ? ` ${spec.call.includes(" -- ") ? "" : "-- "}${spec.words}` : ""}`,
      spec.summary,
      ...describeOptions(spec.options),
    ].join("\n"),
    parse: (name, args) => {
      const { options, words } = parseOptions(name, spec.options, args);
      if (words[0] !== undefined && !spec.words) {
        throw new UsageError(
          `${name}: unexpected argument ${words[0]}. npm passes options on only after "--": ${spec.call} -- --option`,
        );
      }
      return () => spec.run(options, words);
    },
  };
}

/** A command that hands its arguments to another program as they are. */
export function passThrough(spec: {
  call: string;
  summary: string;
  run: (args: readonly string[]) => Promise<number>;
}): Command {
  return {
    ...spec,
    interrupted: `Run \`${spec.call}\` again.`,
    help: spec.summary,
    parse: (_, args) => () => spec.run(args),
  };
}

/** Commands of one subject, called by a word each: `npm run aws -- calls`. */
export function group(spec: {
  call: string;
  summary: string;
  commands: Readonly<Record<string, Command>>;
}): Command {
  const names = Object.keys(spec.commands);
  const width = Math.max(...Object.values(spec.commands).map(({ call }) => call.length));
  const help = [
    `${spec.call} COMMAND`,
    spec.summary,
    ...Object.values(spec.commands).map(({ call, summary }) => `  ${call.padEnd(width)}  ${summary}`),
    "",
    `Options come after the command, and --help lists them: ${spec.call} ${names[0]} --help`,
  ].join("\n");
  return {
    call: spec.call,
    summary: spec.summary,
    interrupted: "Run the same command again: it goes on where it stopped.",
    help,
    parse: (name, [given, ...args]) => {
      if (given === undefined) throw new UsageError(help);
      const chosen = names.includes(given) ? spec.commands[given] : undefined;
      if (chosen === undefined)
        throw new UsageError(unknown(`${name}: unknown command ${given}`, given, names));
      if (args[0] !== "--help" && args[0] !== "-h") return chosen.parse(`${name} ${given}`, args);
      return async () => {
        console.log(chosen.help);
        return 0;
      };
    },
  };
}
