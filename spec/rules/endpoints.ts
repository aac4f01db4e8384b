import { interfaceEndpoints } from "../../catalog/interfaceEndpoints.ts";
import { unknownName } from "../faults/wording.ts";
import type { Rule } from "./rule.ts";

const known: readonly string[] = interfaceEndpoints;

/** Interface endpoints are for services that something on the platform talks to. */
export const endpoints: Rule = ({ network }) =>
  (network?.interfaceEndpoints ?? []).flatMap((name, index) => {
    if (known.includes(name)) return [];
    const problem =
      name === "s3"
        ? "S3 is always reached by a gateway endpoint, which costs nothing: leave it out"
        : unknownName(name, known);
    return [{ path: ["network", "interfaceEndpoints", index], problem }];
  });
