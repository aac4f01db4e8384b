import { z } from "zod";
import { type Command, command, group } from "../command.ts";
import { count, flag, text } from "../options.ts";

const call = (name: string) => `npm run aws -- ${name}`;

/** Commands of the simulated AWS. */
export const awsCommands: Command = group({
  call: "npm run aws --",
  summary: "The simulated AWS: bring whole environments up without an account",
  commands: {
    start: command({
      call: call("start"),
      summary: "Build what is missing and start it; nothing where it runs",
      options: z.strictObject({
        withoutKubernetes: flag("clusters answer the API of EKS and nothing runs behind them; needs no root"),
        verbose: flag("show every line of progress"),
      }),
      run: async (options) => (await import("./start.ts")).start(options),
    }),
    stop: command({
      call: call("stop"),
      summary: "End it with its clusters; what is in it is gone",
      options: z.strictObject({
        delete: flag("also remove its log and its recorded calls"),
        verbose: flag("show every line of progress"),
      }),
      run: async (options) => (await import("./stop.ts")).stop(options),
    }),
    status: command({
      call: call("status"),
      summary: "Where it listens and what is in it; exit code 0 while it runs",
      options: z.strictObject({ json: flag("for scripts: one JSON document") }),
      run: async (options) => (await import("./status.ts")).status(options),
    }),
    env: command({
      call: call("env"),
      summary: 'Print what a shell needs for aws, kubectl and SDKs: eval "$(npm run -s aws -- env)"',
      options: z.strictObject({}),
      run: async () => (await import("./env.ts")).env(),
    }),
    kubeconfig: command({
      call: call("kubeconfig"),
      summary: "Write a kubeconfig of an environment's cluster and print its path",
      options: z.strictObject({}),
      words: "ENVIRONMENT",
      run: async (_, words) => (await import("./kubeconfig.ts")).kubeconfig(words),
    }),
    calls: command({
      call: call("calls"),
      summary: "What was called since it started, by service and operation",
      options: z.strictObject({
        service: text("SERVICE", "only of this service, such as ec2"),
        operation: text("OPERATION", "only of this operation, such as CreateNatGateway"),
        failed: flag("only those that failed"),
        last: count("the last N calls in the order of time, with the answers of those that failed"),
        json: flag("for scripts: one JSON document"),
      }),
      run: async (options) => (await import("./calls.ts")).calls(options),
    }),
    fault: command({
      call: call("fault"),
      summary: "Let something fail: capacity, quota, throttle, timeout, error; list without words, clear",
      options: z.strictObject({
        zone: text("ZONE", "capacity: short in this zone only"),
        times: count("so many calls fail"),
        after: count("so many calls pass first"),
        message: text("TEXT", "what AWS says; default: its own words"),
        status: count("error: HTTP status, 400 to 599; default 400", 400),
        json: flag("for scripts: the ordered faults as one JSON document"),
      }),
      words: "[KIND WORD... | clear [NUMBER...]]",
      run: async (options, words) => (await import("./fault.ts")).fault(options, words),
    }),
    quota: command({
      call: call("quota"),
      summary: "The account's quotas; set QUOTA VALUE, reset",
      options: z.strictObject({ json: flag("for scripts: one JSON document") }),
      words: "[set QUOTA VALUE | reset]",
      run: async (options, words) => (await import("./quota.ts")).quota(options, words),
    }),
  },
});
