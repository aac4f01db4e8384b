import { parseArgs } from "node:util";
import { unknownName } from "../spec/parse.ts";
import { environments } from "../spec/platform.ts";

const defaultTimeout = 10;

export const usage = `Asks AWS, before anything is created, what would keep an environment from coming up. Changes nothing.

  npm run doctor -- ENVIRONMENT [OPTION]...
  npm run doctor -- --spec FILE [OPTION]...

  ENVIRONMENT         ${environments.filter((name) => name !== "local").join(", ")}
  --spec FILE         a platform described in JSON instead of an environment of this project
  --config-file FILE  the stack's configuration; default Pulumi.<environment>.yaml
  --timeout SECONDS   how long to wait for an answer; default ${defaultTimeout}. It is asked three times
  --json              for scripts: one JSON document, described by docs/schemas/doctor.schema.json

Exit code 0: nothing stands in the way. 1: something does. 2: the call can't be meant. 3: not everything could be asked,
for want of credentials, a right or a connection, and nothing that could be asked stands in the way.
`;

/** A call that can't be meant. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Arguments {
  readonly target:
    | { readonly kind: "environment"; readonly name: (typeof environments)[number] }
    | { readonly kind: "file"; readonly file: string };
  readonly configFile: string | undefined;
  readonly json: boolean;
  readonly timeoutSeconds: number;
}

/** @throws UsageError */
export function parseArguments(args: readonly string[]): Arguments | "help" {
  const { positionals, values } = understood(args);
  if (values.help) return "help";
  const [name, ...more] = positionals;
  if ((name === undefined) === (values.spec === undefined) || more.length > 0) {
    throw new UsageError("one environment or --spec FILE is needed: npm run doctor -- prod");
  }
  const timeoutSeconds = Number(values.timeout);
  if (!(timeoutSeconds > 0 && timeoutSeconds <= 600)) {
    throw new UsageError(`--timeout ${values.timeout}: a number of seconds up to 600 is needed`);
  }
  const common = { configFile: values["config-file"], json: values.json, timeoutSeconds };
  if (values.spec !== undefined) return { target: { kind: "file", file: values.spec }, ...common };
  const environment = environments.find((known) => known === name);
  if (environment === undefined) {
    throw new UsageError(`environment ${name}: ${unknownName(name ?? "", environments)}`);
  }
  return { target: { kind: "environment", name: environment }, ...common };
}

function understood(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        spec: { type: "string" },
        "config-file": { type: "string" },
        timeout: { type: "string", default: String(defaultTimeout) },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
