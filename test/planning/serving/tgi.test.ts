import fc from "fast-check";
import { expect, test } from "vitest";
import type { Argument } from "../../../planning/serving/launch.ts";
import { planServing } from "../../../planning/serving/serving.ts";
import { modelSchema } from "../../../spec/models.ts";
import { awsSpec } from "../../support/foundation.ts";
import { propertyRuns } from "../../support/properties.ts";
import { anyModel } from "../../support/servingModels.ts";

const whole = (value: Argument | undefined) =>
  typeof value === "number" && Number.isInteger(value) && value > 0;
const oneOf =
  (...values: readonly string[]) =>
  (value: Argument | undefined) =>
    values.includes(String(value));

/**
 * Flags of text-generation-launcher, with what each takes. Source: TGI 3.3.7, docs/source/reference/launcher.md. There is no
 * package of the launcher: it is a Rust program that only the image has.
 */
const documented: Readonly<Record<string, (value: Argument | undefined) => boolean>> = {
  "cuda-memory-fraction": (value) => typeof value === "number" && value > 0 && value <= 1,
  dtype: oneOf("float16", "bfloat16"),
  hostname: (value) => value === "0.0.0.0",
  "json-output": (value) => value === true,
  "kv-cache-dtype": oneOf("fp8_e4m3fn", "fp8_e5m2"),
  "max-concurrent-requests": whole,
  "max-input-tokens": whole,
  "max-total-tokens": whole,
  "num-shard": whole,
  port: whole,
  quantize: oneOf("awq", "compressed-tensors", "eetq", "exl2", "gptq", "marlin", "fp8"),
  sharded: oneOf("true", "false"),
  "usage-stats": oneOf("on", "off", "no-stack"),
};

const tgi = anyModel.filter(({ engine }) => engine === "tgi");

test("text-generation-inference gets documented flags only, with values that they take", () => {
  const spec = awsSpec("prod");
  fc.assert(
    fc.property(tgi, (model) => {
      const models = { [model.name]: modelSchema.parse({ model: model.model }) };
      const [plan] = planServing({ ...spec, models }, [model]).plans;
      const flags = plan?.launches[0]?.arguments ?? {};
      expect(Object.keys(flags).length).toBeGreaterThan(5);
      for (const [flag, value] of Object.entries(flags))
        expect(documented[flag]?.(value), `${flag}=${value}`).toBe(true);
      // "This option cannot be used with `--quantize`".
      expect("dtype" in flags && "quantize" in flags).toBe(false);
      expect(plan?.ports.http).toBe(flags.port);
    }),
    { numRuns: propertyRuns(100) },
  );
});
