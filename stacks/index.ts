import * as pulumi from "@pulumi/pulumi";
import { Platform } from "../components/platform.ts";
import { planServices } from "../planning/services.ts";
import { parsePlatform, SpecError, unknownName } from "../spec/parse.ts";
import { type Environment, environments, type PlatformInput } from "../spec/platform.ts";
import dev from "./dev.ts";
import local from "./local.ts";
import prod from "./prod.ts";
import staging from "./staging.ts";

const stacks: Record<Environment, PlatformInput> = { local, dev, staging, prod };

/**
 * The Pulumi program: the stack's name says which description is brought up.
 * @throws pulumi.RunError, which the engine shows without a stack trace, for an unknown stack or a faulty description
 */
export function run() {
  const stack = pulumi.getStack();
  const environment = environments.find((name) => name === stack);
  if (environment === undefined) {
    throw new pulumi.RunError(`stack "${stack}": ${unknownName(stack, environments)}`);
  }
  const platform = new Platform(
    "platform",
    planServices(parse(stacks[environment], `stacks/${environment}.ts`)),
  );
  return { services: platform.services };
}

function parse(input: PlatformInput, source: string) {
  try {
    return parsePlatform(input, source);
  } catch (error) {
    if (error instanceof SpecError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
