import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { assembleProvider, providerModule } from "../../aws/provider.ts";
import { repoRoot } from "../../lib/paths.ts";
import { downloadModules } from "../../toolchain/go-modules.ts";
import { goEnvironment, goTool } from "../../toolchain/go-tool.ts";
import { add, type Counts, countGo, none } from "./counts.ts";
import { countCheck, type GroupContext, run } from "./run.ts";

/** Our Go modules: every folder below sandbox/ with a go.mod and sources of ours beside it or below. */
export async function goModules(root: string): Promise<string[]> {
  const names = await readdir(join(root, "sandbox"), { recursive: true });
  const sources = names.filter((name) => name.endsWith(".go"));
  return names
    .filter((name) => basename(name) === "go.mod")
    .map((name) => dirname(name))
    .filter((folder) => sources.some((source) => source.startsWith(`${folder}/`)))
    .map((folder) => join(root, "sandbox", folder))
    .sort();
}

/** `go vet` and `go test` of each module; vet counts as one test, and is not repeated (with other flags) by the tests. */
export async function testGo(context: GroupContext): Promise<Counts> {
  const tool = await goTool();
  let counts = none();
  for (const module of await goModules(repoRoot)) {
    const folder = relative(repoRoot, module);
    // The provider of the simulated AWS is built from changed copies of its dependencies.
    const cwd = module === providerModule ? await assembleProvider(context.progress) : module;
    const log = folder.replaceAll("/", "-");
    await downloadModules(tool, cwd, ["./..."], context.progress);
    const options = { cwd, env: { ...goEnvironment } };
    const vet = await run(context, `${log}-vet`, tool.command, ["vet", "./..."], options);
    counts = add(counts, countCheck(`go vet ${folder}`, vet));
    const tests = await run(
      context,
      `${log}-test`,
      tool.command,
      ["test", "-json", "-vet=off", "./..."],
      options,
    );
    const counted = countGo(tests.stdout);
    counts = add(counts, counted);
    if (tests.failed && counted.failed === 0) counts = add(counts, countCheck(`go test ${folder}`, tests));
  }
  return counts;
}
