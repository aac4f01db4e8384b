/** What decides where a run of pulumi goes. */
export interface Run {
  /** `up`, `preview`, `stack`, ... */
  readonly command: string;
  readonly options: readonly string[];
  /** The stack that is meant, if one is named. */
  readonly stack: string | undefined;
  /** Backend of the user's own; undefined for the sandbox's. */
  readonly backend: string | undefined;
  /** Variables in which the user has named an account. */
  readonly credentials: readonly string[];
  /** Whether the shell's variables lead to a simulated AWS. */
  readonly led: boolean;
  /** Whether the simulated AWS of this state folder runs. */
  readonly running: boolean;
}

/** Where it goes. */
export type Route =
  /** Into the project, with the backend that is set. */
  | { readonly to: "project" }
  /** A preview in a copy of the project that is thrown away. */
  | { readonly to: "aside" }
  | { readonly to: "simulated"; readonly stack: string }
  | { readonly to: "nowhere"; readonly why: string; readonly remedy: readonly string[] };

/** Commands that read or change what a stack has, or what its state says. */
const ofStack = ["preview", "up", "refresh", "destroy", "import", "stack", "state", "cancel"];
const otherNames: Readonly<Record<string, string>> = { pre: "preview", update: "up", down: "destroy" };

/** Those that call the provider of what is there. */
const calling = ["preview", "up", "refresh", "destroy", "import"];

/** Options of pulumi before its command that take a value. Source: Pulumi CLI 3.259, `pulumi help`, "Global Flags". */
const valued = [
  ...["-C", "--cwd", "--color", "-v", "--verbose", "-s", "--stack"],
  ...["--tracing", "--profiling", "--memprofilerate", "--otel-traces"],
];

/** The command among the arguments, under its usual name; the empty text where there is none. */
export function commandOf(args: readonly string[]): string {
  const at = args.findIndex((arg, index) => !arg.startsWith("-") && !valued.includes(args[index - 1] ?? ""));
  const given = args[at] ?? "";
  return otherNames[given] ?? given;
}

/** Whether a command works on an environment, so that its stack has to be one of those that there are. */
export const callsProvider = (command: string): boolean => calling.includes(command);

/** Where a run goes: a stack of an AWS environment never comes to an account, or to a state, that was not meant. */
export function routeOf(run: Run): Route {
  const { backend, command, led, running, stack } = run;
  if (!ofStack.includes(command) || isHelp(run.options)) return { to: "project" };
  if (stack === undefined) return running && backend === undefined ? nameless(run) : { to: "project" };
  if (stack === "local") return { to: "project" };
  if (backend !== undefined) return led && calling.includes(command) ? mixed(backend) : { to: "project" };
  // A name with a slash is an organization's: such stacks are in a backend of the user's own.
  if (stack.includes("/")) return { to: "project" };
  if (run.credentials.length === 0 && running) return { to: "simulated", stack };
  if (!calling.includes(command)) return { to: "project" };
  if (command === "preview" || run.options.includes("--preview-only")) return { to: "aside" };
  return running ? unclear(run, stack) : stateless(command, stack);
}

const isHelp = (options: readonly string[]) =>
  options.some((option) => option === "--help" || option === "-h");

const nameless = ({ command }: Run): Route => ({
  to: "nowhere",
  why: `pulumi ${command} of which stack? The simulated AWS is running, so a forgotten name could mean either.`,
  remedy: ["Name it: -s dev, -s staging and -s prod go to the simulated AWS, -s local to the local platform"],
});

const mixed = (backend: string): Route => ({
  to: "nowhere",
  why: `This shell leads to a simulated AWS, and the state would be kept in ${backend}, which is yours: it would describe what does not exist.`,
  remedy: [
    "For the simulated AWS: unset PULUMI_BACKEND_URL",
    "For your account: use a shell without the variables that `npm run aws -- env` printed",
  ],
});

const unclear = ({ command, credentials }: Run, stack: string): Route => ({
  to: "nowhere",
  why: `pulumi ${command} -s ${stack} could mean the simulated AWS, which is running, or the account of ${credentials.join(", ")}.`,
  remedy: [
    `For the simulated AWS: unset ${credentials.join(" ")}`,
    "For your account: set PULUMI_BACKEND_URL to where its state is kept, see docs/environments.md",
  ],
});

const stateless = (command: string, stack: string): Route => ({
  to: "nowhere",
  why: `pulumi ${command} -s ${stack} has nowhere to go: no simulated AWS is running, and no backend is set that would keep the state of an account.`,
  remedy: [
    "Without an account: npm run aws -- start",
    "With one: set PULUMI_BACKEND_URL to where its state is kept, see docs/environments.md",
  ],
});
