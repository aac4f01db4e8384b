import { endpointOf, type ProviderConfig } from "../../spec/provider/settings.ts";
import { failureOf, Unanswered } from "../failure.ts";
import { type Credentials, patience } from "../provider/credentials.ts";

/** How AWS is spoken to. */
export interface Connection {
  readonly provider: ProviderConfig;
  /** The stack's region. */
  readonly region: string;
  readonly credentials: Credentials;
  /** How long to wait for an answer. */
  readonly timeoutSeconds: number;
}

/**
 * What a client of the AWS SDK is made with. Environment and shared configuration (AWS_ENDPOINT_URL and the like) count where the stack says nothing.
 * @param service the provider's name of it, as in `aws:endpoints`
 * @param region default: the stack's
 */
export function clientConfig(
  { credentials, provider, region, timeoutSeconds }: Connection,
  service: string,
  elsewhere?: string,
) {
  const endpoint = endpointOf(provider, service);
  return {
    region: elsewhere ?? region,
    credentials,
    maxAttempts: 3,
    requestHandler: patience(timeoutSeconds),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(provider.useDualstackEndpoint === undefined
      ? {}
      : { useDualstackEndpoint: provider.useDualstackEndpoint }),
    ...(provider.useFipsEndpoint === undefined ? {} : { useFipsEndpoint: provider.useFipsEndpoint }),
  };
}

/**
 * The answer of a call.
 * @param action IAM's name of it
 * @throws Unanswered
 */
export async function asked<T>(action: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof Unanswered ? error : new Unanswered(failureOf(error, action), error);
  }
}

/** Remembers the answer, or the failure, to each question: many checks ask the same. */
export function remembered<Args extends readonly string[], T>(
  ask: (...args: Args) => Promise<T>,
): (...args: Args) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (...args) => {
    const key = JSON.stringify(args);
    const known = answers.get(key) ?? ask(...args);
    answers.set(key, known);
    return known;
  };
}

/** Whether a service says that what was asked about doesn't exist. */
export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes(error.name);
}
