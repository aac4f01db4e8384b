import type { Rule } from "./rule.ts";

/** Names in the namespace of the models that are somebody else's: a model's objects are called like the model. */
const taken: Readonly<Record<string, string>> = {
  adapter: "is the name of the service that stands before all models",
  default: "is the name of a service account that Kubernetes makes in every namespace",
};

/** No model takes the place of what is there beside it. */
export const reservedNames: Rule = ({ models }) =>
  Object.keys(models).flatMap((name) => {
    const problem = Object.hasOwn(taken, name) ? taken[name] : undefined;
    return problem === undefined ? [] : [{ path: ["models", name], problem: `${problem}: take another` }];
  });
