/** Why a question got no answer. */
export type Failure =
  | { readonly kind: "missing" }
  | { readonly kind: "credentials"; readonly why: string }
  | { readonly kind: "denied"; readonly action: string; readonly explicit: boolean }
  | { readonly kind: "unreachable"; readonly action: string; readonly why: string }
  | { readonly kind: "refused"; readonly action: string; readonly why: string };

/** A question that got no answer. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  constructor(
    readonly failure: Failure,
    cause: unknown,
  ) {
    super(failure.kind, { cause });
  }
}

/** What the AWS SDK says when it has looked everywhere. Source: @aws-sdk/credential-provider-node, defaultProvider.js. */
const noCredentials = "Could not load credentials from any providers";

/** Error codes of services for credentials that are no good, whatever is asked. */
const badCredentials = [
  "AuthFailure",
  "CredentialsProviderError",
  "ExpiredToken",
  "ExpiredTokenException",
  "IncompleteSignature",
  "InvalidAccessKeyId",
  "InvalidClientTokenId",
  "InvalidSignatureException",
  "RequestExpired",
  "SignatureDoesNotMatch",
  "TokenProviderError",
  "UnrecognizedClientException",
];

/** Error codes of services for a caller without the right. */
const denials = [
  "AccessDenied",
  "AccessDeniedException",
  "AuthorizationError",
  "NotAuthorized",
  "UnauthorizedOperation",
];

/** Codes of Node.js, of the AWS SDK and of DNS for a connection that isn't there, in words. */
const connections: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection is refused",
  ECONNRESET: "the connection breaks",
  EHOSTUNREACH: "there is no way to the host",
  ENETUNREACH: "there is no way to the network",
  ENOTFOUND: "its name can't be resolved",
  EAI_AGAIN: "its name can't be resolved",
  ESERVFAIL: "the name server fails",
  EREFUSED: "the name server refuses",
  ETIMEOUT: "time is up",
  ETIMEDOUT: "time is up",
  EPIPE: "the connection breaks",
  TimeoutError: "time is up",
};

/**
 * What an error of the AWS SDK, or of DNS, means.
 * @param action IAM's name of what was asked, such as `ec2:DescribeRegions`; for DNS what was looked up
 */
export function failureOf(error: unknown, action: string): Failure {
  const codes = codesOf(error);
  const message = messageOf(error);
  if (message.includes(noCredentials)) return { kind: "missing" };
  if (codes.some((code) => badCredentials.includes(code))) return { kind: "credentials", why: message };
  if (codes.some((code) => denials.includes(code)) || httpStatusOf(error) === 403) {
    return { kind: "denied", action, explicit: message.includes("explicit deny") };
  }
  const connection = codes.find((code) => code in connections);
  if (connection !== undefined) {
    return { kind: "unreachable", action, why: connections[connection] ?? connection };
  }
  return { kind: "refused", action, why: message };
}

/** Names and codes of an error and of what it was caused by, without repetition. */
function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const code = "code" in error && typeof error.code === "string" ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  return [...new Set([error.name, ...code, ...inner, ...codesOf(error.cause)])];
}

/** Status of the HTTP answer behind an error of the AWS SDK. */
export function httpStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s+/g, " ").trim();
}
