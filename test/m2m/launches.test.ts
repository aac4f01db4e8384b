import { join } from "node:path";
import { execa } from "execa";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planServing } from "../../planning/serving/serving.ts";
import { repoRoot } from "../../sandbox/lib/paths.ts";
import { modelSchema } from "../../spec/models.ts";
import { awsSpec } from "../support/foundation.ts";
import { propertyRuns } from "../support/properties.ts";
import { anyModel } from "../support/servingModels.ts";

/** The entrypoint's own reading of launch.json, for many at once: what is wrong with each. */
const reader = `
import json, pathlib, sys, tempfile
from entrypoint.failures import Failure
from entrypoint.launch import read_launch

file = pathlib.Path(tempfile.mkdtemp(), "launch.json")
for launch in json.load(sys.stdin):
    file.write_text(json.dumps(launch))
    try:
        read_launch(file)
    except Failure as failure:
        print(launch["model"], failure.message, *failure.faults)
print("read")
`;

async function wrongIn(launches: readonly unknown[]): Promise<string> {
  const { stdout } = await execa("python3", ["-c", reader], {
    input: JSON.stringify(launches),
    env: { PYTHONPATH: join(repoRoot, "m2m"), PYTHONDONTWRITEBYTECODE: "1" },
  });
  return stdout;
}

test("the entrypoint reads what is planned for any model, on disk or streamed, on one node or several", async () => {
  const spec = awsSpec("prod");
  const launches = fc.sample(anyModel, { numRuns: propertyRuns(500), seed: 6 }).flatMap((model) => {
    const described = { ...spec, models: { [model.name]: modelSchema.parse({ model: model.model }) } };
    return planServing(described, [model]).plans.flatMap((plan) => plan.launches);
  });
  expect(new Set(launches.map(({ engine }) => engine))).toEqual(new Set(["tgi", "vllm"]));
  expect(await wrongIn(launches)).toBe("read");
  const [launch] = launches;
  expect(await wrongIn([{ ...launch, engine: "ollama" }])).toContain("engine");
});
