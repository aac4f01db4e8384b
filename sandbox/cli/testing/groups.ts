import { join } from "node:path";
import { buildProvider } from "../../aws/provider.ts";
import { engine, pulumiEnv } from "../../engine/engine.ts";
import { repoRoot } from "../../lib/paths.ts";
import { add, type Counts } from "./counts.ts";
import { testGo } from "./go.ts";
import { testLocalPlatform } from "./local-platform.ts";
import { testModelPrograms } from "./m2m.ts";
import { serviceEnvironment } from "./python.ts";
import { lintPrograms } from "./python-programs.ts";
import { check, type GroupContext, npmProgram } from "./run.ts";
import { testServices } from "./services.ts";
import { vitest } from "./vitest.ts";

/** A group of tests: brings up what it needs, and counts. */
export interface Group {
  summary: string;
  run: (context: GroupContext) => Promise<Counts>;
}

/** All groups in the order of `npm test`: what fails fastest comes first. */
export const groups: Readonly<Record<string, Group>> = {
  lint: {
    summary: "Biome: format and lint",
    run: (context) => check(context, npmProgram("biome"), ["ci", "--colors=off", "."]),
  },
  types: {
    summary: "tsc: types",
    run: (context) => check(context, npmProgram("tsc"), ["--noEmit"]),
  },
  unit: {
    summary: "vitest: units, rendered resources, policies",
    run: (context) =>
      vitest(context, [
        "--exclude=**/*.e2e.test.ts",
        "--exclude=**/*.engine.test.ts",
        "--exclude=**/*.scan.test.ts",
      ]),
  },
  go: {
    summary: "go vet and go test of the sandbox's programs",
    run: testGo,
  },
  python: {
    summary: "Python: ruff, mypy, pytest",
    run: async (context) =>
      add(add(await testServices(context), await lintPrograms(context)), await testModelPrograms(context)),
  },
  engine: {
    summary: "The real Pulumi engine previews every environment",
    run: async (context) => {
      const env = await pulumiEnv(context.progress);
      // Before the tests, which have time limits: it takes minutes on a machine that has not built it.
      if ((await engine()).kind === "sandbox") await buildProvider(context.progress);
      return vitest(context, [".engine.test.ts"], env);
    },
  },
  scan: {
    summary: "checkov on what every environment has in AWS and in Kubernetes",
    run: async (context) => {
      // Before the tests, which have time limits: both take minutes on a machine that has neither.
      await buildProvider(context.progress);
      await serviceEnvironment("checkov", join(repoRoot, "test", "scan"), context.progress);
      return vitest(context, [".scan.test.ts"]);
    },
  },
  e2e: {
    summary: "The running local platform, end to end",
    run: testLocalPlatform,
  },
};
