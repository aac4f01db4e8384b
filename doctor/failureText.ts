import type { Failure } from "./failure.ts";
import type { Identity } from "./outside.ts";

/** Why there is no answer. */
export function reason(failure: Failure): string {
  switch (failure.kind) {
    case "missing":
      return "there are no credentials";
    case "credentials":
      return `the credentials are no good: ${failure.why}`;
    case "denied":
      return `${failure.action} is ${failure.explicit ? "denied by a policy" : "not allowed"}`;
    case "unreachable":
      return `${failure.action} gets no answer: ${failure.why}`;
    case "refused":
      return `${failure.action} answers: ${failure.why}`;
  }
}

/** What to do about it. */
export function remedyOf(failure: Failure, identity?: Identity): string[] {
  switch (failure.kind) {
    case "missing":
      return [
        "Set AWS_PROFILE (after aws sso login), AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or aws:profile in the stack's configuration",
      ];
    case "credentials":
      return ["Get new ones: aws sso login, or aws configure"];
    case "denied":
      if (failure.explicit) {
        return ["Ask whoever writes the policies of the organization: no right that is added here helps"];
      }
      return [
        `Allow ${failure.action}${identity ? ` to ${identity.arn}` : ""}: docs/doctor.md has the policy`,
      ];
    case "unreachable":
      return [
        "Look at the network, at aws:endpoints and at AWS_ENDPOINT_URL; proxies of the environment aren't used",
      ];
    case "refused":
      return [];
  }
}
