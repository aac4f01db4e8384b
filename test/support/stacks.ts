import { Platform } from "../../components/platform.ts";
import { planServices } from "../../planning/services.ts";
import { parsePlatform } from "../../spec/parse.ts";
import type { Environment, PlatformInput } from "../../spec/platform.ts";
import dev from "../../stacks/dev.ts";
import local from "../../stacks/local.ts";
import prod from "../../stacks/prod.ts";
import staging from "../../stacks/staging.ts";
import { type Rendered, render } from "./render.ts";

export const stacks: Record<Environment, PlatformInput> = { local, dev, staging, prod };

export const planOf = (environment: Environment) =>
  planServices(parsePlatform(stacks[environment], environment));

/** Everything that an environment consists of. */
export function renderStack(environment: Environment): Promise<Rendered[]> {
  return render(() => new Platform("platform", planOf(environment)));
}
