import { Platform } from "../../components/platform.ts";
import { planServices } from "../../planning/services.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import type { Environment } from "../../spec/platform.ts";
import { describeEnvironment } from "../../stacks/environments.ts";
import { type Rendered, render } from "./render.ts";

export const planOf = (environment: Environment) => planServices(describeEnvironment(environment, repoRoot));

/** Everything that an environment consists of. */
export function renderStack(environment: Environment): Promise<Rendered[]> {
  return render(() => new Platform("platform", planOf(environment)));
}
