import { z } from "zod";
import { awsCommands } from "./aws/commands.ts";
import { type Command, command, passThrough } from "./command.ts";
import { flag, port, text } from "./options.ts";

// Each command's module is loaded when it is called: `npm run status` does not pay for what `npm start` needs.

/** Every command of sandbox/cli/main.mjs by its name; package.json's scripts call these. */
export const commands: Readonly<Record<string, Command>> = {
  start: command({
    call: "npm start",
    summary: "Bring the local platform up: builds what is missing, starts the sandbox, runs pulumi up",
    options: z.strictObject({
      context: text("NAME", "use this context of your kubeconfig instead of the sandbox's own Kubernetes"),
      port: port("port of the platform's entrance on 127.0.0.1 (default 8080, or the one used last)"),
      apiPort: port("port of the sandbox's Kubernetes API on 127.0.0.1 (default 6443, or the one used last)"),
      verbose: flag("show every line of progress instead of a live list"),
    }),
    run: async (options) => (await import("./start.ts")).start(options),
  }),
  stop: command({
    call: "npm run stop",
    summary: "Stop the sandbox; all data is kept",
    options: z.strictObject({ verbose: flag("show every line of progress") }),
    run: async (options) => (await import("./stop.ts")).stop(options),
  }),
  status: command({
    call: "npm run status",
    summary: "What runs, at which URL, and how to authenticate; exit code 0 when all is ready",
    options: z.strictObject({ json: flag("for scripts: one JSON document on standard output") }),
    run: async (options) => (await import("./status.ts")).status(options),
  }),
  destroy: command({
    call: "npm run destroy",
    summary:
      "Remove the platform and its data from the cluster (pulumi destroy); the cluster goes on running",
    options: z.strictObject({ verbose: flag("show every line of progress") }),
    run: async (options) => (await import("./destroy.ts")).destroy(options),
  }),
  clean: command({
    call: "npm run sandbox:clean",
    summary: "Remove the sandbox with all data: processes, mounts, interfaces, rules, state",
    options: z.strictObject({
      cache: flag("also remove what was built and downloaded"),
      verbose: flag("show every line of progress"),
    }),
    run: async (options) => (await import("./clean.ts")).clean(options),
  }),
  pulumi: passThrough({
    call: "npm run pulumi --",
    summary: "Run pulumi with these arguments: npm run pulumi -- preview -s local",
    run: async (args) => (await import("./pulumi.ts")).pulumi(args),
  }),
  aws: awsCommands,
  kubectl: passThrough({
    call: "node sandbox/cli/main.mjs kubectl",
    summary: "Run kubectl against the local platform's cluster",
    run: async (args) => (await import("./kubectl.ts")).kubectl(args),
  }),
  env: command({
    call: "node sandbox/cli/main.mjs env",
    summary: 'Print what a shell needs for pulumi and kubectl: eval "$(node sandbox/cli/main.mjs env)"',
    options: z.strictObject({}),
    run: async () => (await import("./pulumi.ts")).printEnvironment(),
  }),
  build: command({
    call: "node sandbox/cli/main.mjs build",
    summary: "Build the sandbox's Go programs, all or those named",
    options: z.strictObject({ verbose: flag("show every line of progress") }),
    words: "PROGRAM...",
    run: async (options, names) => (await import("./build.ts")).build(options, names),
  }),
  plan: command({
    call: "npm run plan",
    summary: "Size, place and price an environment without an engine: npm run plan -- prod",
    options: z.strictObject({
      spec: text("FILE", "plan this platform, described in JSON, instead of an environment of this project"),
      json: flag("for scripts: one JSON document, described by docs/schemas/plan.schema.json"),
      why: flag("also one line of why per choice, with the runner-up, and what was refused"),
      write: flag("keep the choices beside the environment, so that later plans move nothing without need"),
    }),
    words: "ENVIRONMENT",
    run: async (options, words) => (await import("./plan.ts")).plan(options, words),
  }),
  test: command({
    call: "npm test",
    summary: "Run all tests, or the groups named: npm test -- unit lint",
    options: z.strictObject({ verbose: flag("show every line of progress") }),
    words: "GROUP...",
    interrupted: "Run `npm test` again.",
    run: async (options, groups) => (await import("./test.ts")).test(options, groups),
  }),
  bench: passThrough({
    call: "npm run bench --",
    summary: "Run the benchmarks under bench/",
    run: async (args) => (await import("./bench.ts")).bench(args),
  }),
};
