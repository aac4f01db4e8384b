import { readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { awsPackages } from "../../aws/packages.ts";
import { repoRoot } from "../../lib/paths.ts";
import { add, type Counts, countJunit, none } from "./counts.ts";
import { serviceEnvironment } from "./python.ts";
import { importable } from "./python-programs.ts";
import { countCheck, type GroupContext, run } from "./run.ts";

/**
 * Types and tests of what starts inference servers and stages their weights. It runs in other projects' images: its
 * types are checked as of the oldest Python that it must run on.
 */
export async function testModelPrograms(context: GroupContext): Promise<Counts> {
  const service = join(repoRoot, "services", "experiments");
  const { python, env } = await serviceEnvironment("experiments", service, context.progress);
  const module = (log: string, args: readonly string[], more: Readonly<Record<string, string>>) =>
    run(context, `m2m-${log}`, python, ["-m", ...args], { env: { ...env, ...more } });
  const path = ["m2m", "test", await importable(context)].join(delimiter);
  const types = await module(
    "mypy",
    [
      "mypy",
      "--config-file=services/pyproject.toml",
      "--python-version=3.10",
      "--cache-dir=/dev/null",
      "--follow-imports=silent",
      "--explicit-package-bases",
      "--untyped-calls-exclude=boto3",
      "m2m/bake",
      "m2m/entrypoint",
      "m2m/stage",
      "test/m2m",
    ],
    { MYPYPATH: path },
  );
  const report = join(context.logs, "m2m-junit.xml");
  const tests = await module(
    "pytest",
    ["pytest", "-q", "-p", "no:cacheprovider", `--junitxml=${report}`, "test/m2m"],
    {
      M2M_MOTO: await awsPackages(context.progress),
      // Those of the services' tests take seconds to load.
      PYTEST_DISABLE_PLUGIN_AUTOLOAD: "1",
    },
  );
  const xml = await readFile(report, "utf8").catch(() => undefined);
  const counted = add(countCheck("m2m: mypy", types), xml === undefined ? none() : countJunit(xml));
  return tests.failed && counted.failed === 0 ? add(counted, countCheck("m2m: pytest", tests)) : counted;
}
