import { contextOf } from "../defaults.ts";
import { number } from "../faults/wording.ts";
import type { ModelRule } from "./model.ts";

/** No request is longer than the model was made for, and on average none longer than the longest. */
export const context: ModelRule = ({ architecture, id, spec }) => {
  if (!architecture) return [];
  const { maxContext } = architecture;
  if (spec.context !== undefined && spec.context > maxContext) {
    return [{ path: ["context"], problem: `${id} was made for ${number(maxContext)} tokens at most` }];
  }
  const longest = contextOf(spec, architecture);
  if (spec.tokensPerRequest === undefined || spec.tokensPerRequest <= longest) return [];
  const limit = `${number(longest)} tokens${spec.context === undefined ? ", its default" : ""}`;
  return [
    { path: ["tokensPerRequest"], problem: `is more than the longest request may have: context is ${limit}` },
  ];
};
