import { Platform } from "../../components/platform.ts";
import { planPlatform } from "../../planning/plan.ts";
import { planServices } from "../../planning/services.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import type { Environment, PlatformSpec } from "../../spec/platform.ts";
import { describeEnvironment } from "../../stacks/environments.ts";
import { withSources } from "../../stacks/sources.ts";
import { type Identity, type Rendered, render } from "./render.ts";

export const planOf = (environment: Environment) => planServices(describeEnvironment(environment, repoRoot));

/** Everything that an environment consists of. */
export const renderStack = (environment: Environment, identity?: Identity): Promise<Rendered[]> =>
  renderPlatform(describeEnvironment(environment, repoRoot), identity);

export async function renderPlatform(spec: PlatformSpec, identity?: Identity): Promise<Rendered[]> {
  const plan = await planPlatform(spec);
  const args = await withSources(plan, repoRoot);
  return render(() => new Platform("platform", args), identity);
}
