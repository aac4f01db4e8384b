import type { AwsPlatformSpec } from "../../spec/platform.ts";
import { type NameKind, physicalName } from "../names.ts";

/** Name of an AWS resource of an environment: `ai-platform-prod-<name>`, within what its kind allows. */
export function resourceName(
  { environment, ownership }: Pick<AwsPlatformSpec, "environment" | "ownership">,
  kind: NameKind,
  name: string,
): string {
  return physicalName(kind, { project: ownership.project, environment, name });
}
