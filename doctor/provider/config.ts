import { existsSync, readFileSync } from "node:fs";
import { parse, YAMLParseError } from "yaml";
import { type Fault, SpecError } from "../../spec/faults/fault.ts";
import { isObject } from "../../spec/faults/path.ts";
import { type ProviderConfig, parseSettings, settingNames } from "../../spec/provider/settings.ts";

/**
 * The provider's configuration in a stack's file; all defaults where there is no such file.
 * @param name what to call it in messages
 * @throws SpecError with every fault
 */
export function readProvider(file: string, name: string): ProviderConfig {
  return parseProvider(existsSync(file) ? readFileSync(file, "utf8") : "", name);
}

/** @throws SpecError with every fault */
export function parseProvider(text: string, name: string): ProviderConfig {
  const written = settings(text, name);
  const isMeant = ([key, value]: readonly [string, unknown]) => settingNames.includes(key) && isSecret(value);
  const secrets = Object.entries(written).filter(isMeant);
  const rest = Object.entries(written).filter((setting) => !isMeant(setting));
  return parseSettings(
    Object.fromEntries(rest),
    name,
    secrets.map(([key]) => secretFault(key)),
  );
}

/** The settings of the provider `aws`, without that prefix. */
function settings(text: string, name: string): Record<string, unknown> {
  let file: unknown;
  try {
    file = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new SpecError(name, [
      { path: "", value: undefined, problem: error.message.split("\n")[0] ?? "", position: undefined },
    ]);
  }
  const config = isObject(file) && isObject(file.config) ? file.config : {};
  return Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith("aws:"))
      .map(([key, value]) => [key.slice("aws:".length), value]),
  );
}

const isSecret = (value: unknown) => isObject(value) && "secure" in value;

function secretFault(key: string): Fault {
  return {
    path: `aws:${key}`,
    value: "a secret",
    problem:
      "only Pulumi can decrypt it; give the doctor the same by AWS_PROFILE, or by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and keep keys out of stack files",
    position: undefined,
  };
}
