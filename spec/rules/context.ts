import { number } from "../faults/wording.ts";
import type { ModelRule } from "./model.ts";

/** Longest request when a model says none: enough for retrieval and chat, without taking the cache of longer ones. */
const defaultContext = 8192;

/** No request is longer than the model was made for, and on average none longer than the longest. */
export const context: ModelRule = ({ architecture, id, spec }) => {
  if (!architecture) return [];
  const { maxContext } = architecture;
  if (spec.context !== undefined && spec.context > maxContext) {
    return [{ path: ["context"], problem: `${id} was made for ${number(maxContext)} tokens at most` }];
  }
  const longest = spec.context ?? Math.min(defaultContext, maxContext);
  if (spec.tokensPerRequest === undefined || spec.tokensPerRequest <= longest) return [];
  const limit = `${number(longest)} tokens${spec.context === undefined ? ", its default" : ""}`;
  return [
    { path: ["tokensPerRequest"], problem: `is more than the longest request may have: context is ${limit}` },
  ];
};
