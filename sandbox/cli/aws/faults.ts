import type { Fault } from "../../aws/orders.ts";
import { UsageError, unknown } from "../options.ts";
import type { AwsApi } from "./api.ts";

/** Options of a fault that is ordered. */
export interface FaultOptions {
  zone?: string | undefined;
  times?: number | undefined;
  after?: number | undefined;
  message?: string | undefined;
  status?: number | undefined;
}

type Word = "TYPE" | "SERVICE" | "OPERATION" | "CODE";

interface Kind {
  readonly words: readonly Word[];
  readonly options: readonly (keyof FaultOptions)[];
  readonly summary: string;
  readonly order: (words: readonly string[]) => Fault;
}

const limits = ["times", "after", "message"] as const;
const throttledTimes = 3;

/** What can be ordered to fail. */
export const kinds: Readonly<Record<string, Kind>> = {
  capacity: {
    words: ["TYPE"],
    options: ["zone", "message"],
    summary: "no instance of this type starts: AWS has none left, in the zone or anywhere",
    order: ([operation]) => ({ service: "capacity", operation, error: "InsufficientInstanceCapacity" }),
  },
  quota: {
    words: ["TYPE"],
    options: ["message"],
    summary: "no instance of this type starts: the account's quota of vCPUs is zero",
    order: ([operation]) => ({ service: "capacity", operation, error: "VcpuLimitExceeded" }),
  },
  throttle: {
    words: ["SERVICE", "OPERATION"],
    options: limits,
    summary: `the next ${throttledTimes} calls are too many, which clients survive`,
    order: ([service = "", operation]) => ({
      ...{ service, operation, error: "Throttling" },
      times: throttledTimes,
    }),
  },
  timeout: {
    words: ["SERVICE", "OPERATION"],
    options: limits,
    summary: "the next call is carried out, and its answer gets lost halfway",
    order: ([service = "", operation]) => ({
      ...{ service, operation, error: "ServiceUnavailable" },
      ...{ status: 503, times: 1, answered: true },
    }),
  },
  error: {
    words: ["SERVICE", "OPERATION", "CODE"],
    options: [...limits, "status"],
    summary: "calls fail with this code of AWS's",
    order: ([service = "", operation, error = ""]) => ({ service, operation, error }),
  },
};

/**
 * The fault that words and options order.
 * @param regions of the environments, which zones have to be in
 * @throws UsageError with what is allowed
 */
export async function parseFault(
  [name, ...words]: readonly string[],
  options: FaultOptions,
  api: AwsApi,
  regions: readonly string[],
): Promise<Fault> {
  const names = Object.keys(kinds);
  const kind = name !== undefined && names.includes(name) ? kinds[name] : undefined;
  if (name === undefined || kind === undefined) {
    throw new UsageError(unknown(`aws fault: unknown kind ${name ?? ""}`, name ?? "", [...names, "clear"]));
  }
  const usage = `npm run aws -- fault ${name} ${kind.words.join(" ")}`;
  if (words.length !== kind.words.length) {
    throw new UsageError(
      `aws fault ${name}: ${kind.words.length} words are needed, ${words.length} are given: ${usage}`,
    );
  }
  refuseOptions(name, options, kind.options);
  if (options.zone !== undefined) checkZone(options.zone, regions);
  for (const [index, word] of kind.words.entries())
    await check(word, words[index] ?? "", words[0] ?? "", api);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...kind.order(words), ...given };
}

function refuseOptions(name: string, options: FaultOptions, allowed: readonly (keyof FaultOptions)[]): void {
  const given = Object.entries(options).flatMap(([option, value]) => (value === undefined ? [] : [option]));
  const wrong = given.find((option) => !allowed.some((each) => each === option));
  if (wrong === undefined) return;
  throw new UsageError(
    `aws fault ${name}: --${wrong} says nothing here. Valid: ${allowed.map((option) => `--${option}`).join(", ")}`,
  );
}

function checkZone(zone: string, regions: readonly string[]): void {
  if (regions.some((region) => zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length)))) return;
  throw new UsageError(
    `aws fault: --zone ${zone}: a zone of ${regions.join(" or ")} is needed, such as ${regions[0]}a`,
  );
}

async function check(word: Word, given: string, service: string, api: AwsApi): Promise<void> {
  if (word === "TYPE") return mustBe("instance type", given, await api.instanceTypes());
  if (word === "SERVICE") return mustBe("service", given, await api.services());
  if (word === "OPERATION" && given !== "*") {
    return mustBe(`operation of ${service}`, given, await api.operations(service));
  }
  if (word === "CODE" && !/^[A-Z][A-Za-z.]+$/.test(given)) {
    throw new UsageError(
      `aws fault: the code ${given}: a code of AWS's is needed, such as AccessDeniedException`,
    );
  }
}

/** There are hundreds: the nearest are named, or some of them. */
function mustBe(what: string, given: string, valid: readonly string[]): void {
  if (valid.includes(given)) return;
  const alike = valid.filter((name) => name.toLowerCase().startsWith(given.toLowerCase().slice(0, 2)));
  const some = alike.length > 0 ? alike : valid;
  const shown = some.length > 12 ? [...some.slice(0, 12), `and ${some.length - 12} more`] : some;
  const near = unknown(`aws fault: unknown ${what} ${given}`, given, valid);
  throw new UsageError(
    near.includes("Did you mean") ? near : `aws fault: unknown ${what} ${given}. Valid: ${shown.join(", ")}`,
  );
}

/** What a fault does, in words. */
export function describeFault({
  after,
  answered,
  error,
  message,
  operation,
  service,
  times,
  zone,
}: Fault): string {
  const words = message === undefined ? "" : ` ("${message}")`;
  if (service === "capacity") return `no ${operation} starts${zone ? ` in ${zone}` : ""}: ${error}${words}`;
  const which =
    operation === undefined || operation === "*"
      ? `every operation of ${service}`
      : `${service} ${operation}`;
  const how = answered === true ? `is carried out, its answer gets lost (${error})` : `fails with ${error}`;
  const when = [
    ...(after === undefined ? [] : [`after ${after} ${after === 1 ? "call" : "calls"}`]),
    times === undefined ? "always" : `${times} ${times === 1 ? "time" : "times"}`,
  ];
  return `${which} ${how}${words}, ${when.join(", ")}`;
}
