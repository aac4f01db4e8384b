import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitName, modelImage, type NameKind, nameKinds, physicalName } from "../../planning/names.ts";
import { environments } from "../../spec/platform.ts";

/** Limits and forms once more, as a reader of AWS's and Kubernetes' documentation would check them. */
const limits: Readonly<Record<NameKind, number>> = {
  "name-tag": 256,
  "eks-cluster": 100,
  "eks-node-group": 63,
  "iam-role": 64,
  "iam-policy": 128,
  "launch-template": 128,
  "security-group": 255,
  "load-balancer": 32,
  "target-group": 32,
  "s3-bucket": 63,
  "rds-instance": 63,
  "rds-subnet-group": 255,
  "ecr-repository": 256,
  "image-tag": 128,
  "kms-alias": 256,
  "log-group": 512,
  secret: 512,
  "sns-topic": 256,
  budget: 100,
  alarm: 255,
  "dns-label": 63,
  "dns-subdomain": 253,
  task: 54,
  "label-value": 63,
};
const kinds = fc.constantFrom(...nameKinds);

/** Words that make names meet: environments, hyphens, hashes, reserved beginnings, and nothing that belongs there. */
const words = fc.oneof(
  fc.constantFrom("a", "b", "prod", "dev", "local", "x-prod", "A", "1", "-", "--", "_", "é", " ", "/", "."),
  fc.constantFrom("internal-a", "sthree-a", "xn--a", "sg-a", "aws/a", "-s3alias", "-mlflow", "-0a1b2c3d"),
  fc.string({ unit: "grapheme", maxLength: 5 }),
);
const anyName = fc
  .tuple(fc.array(words, { minLength: 1, maxLength: 6 }), fc.constantFrom("", "-", "."), fc.nat({ max: 100 }))
  .map(([parts, separator, repeat]) => parts.join(separator).repeat(repeat > 95 ? repeat : 1));
const parts = fc.record({
  project: fc
    .array(fc.constantFrom("a", "b", "x", "ai", "platform", "dev", "prod", "1"), {
      minLength: 1,
      maxLength: 4,
    })
    .map((segments) => segments.join("-")),
  environment: fc.constantFrom(...environments),
  name: anyName,
});
const distinctParts = fc.uniqueArray(parts, {
  minLength: 2,
  maxLength: 40,
  selector: ({ project, environment, name }) => JSON.stringify([project, environment, name]),
});

describe("a name of whatever kind", () => {
  test("keeps to the limit and to the letters that every kind shares", () => {
    fc.assert(
      fc.property(kinds, parts, (kind, input) => {
        const name = physicalName(kind, input);
        expect(name.length).toBeLessThanOrEqual(limits[kind]);
        expect(name).toMatch(/^[\x20-\x7e]{3,}$/);
        expect(fitName(kind, input.name).length).toBeLessThanOrEqual(limits[kind]);
      }),
      { numRuns: 3000 },
    );
  });

  test("two resources never share one, not even where case is ignored", () => {
    const caseIgnored: readonly NameKind[] = ["iam-role", "iam-policy", "security-group", "rds-instance"];
    fc.assert(
      fc.property(kinds, distinctParts, (kind, inputs) => {
        const names = inputs.map((input) => physicalName(kind, input));
        const seen = caseIgnored.includes(kind) ? names.map((name) => name.toLowerCase()) : names;
        expect(new Set(seen).size).toBe(inputs.length);
      }),
      { numRuns: 3000 },
    );
  });

  test("two texts never share one either", () => {
    const texts = fc.uniqueArray(anyName, { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(kinds, texts, (kind, inputs) => {
        expect(new Set(inputs.map((text) => fitName(kind, text))).size).toBe(inputs.length);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the forms that AWS and Kubernetes want", () => {
  const forms: readonly (readonly [NameKind, RegExp])[] = [
    ["eks-cluster", /^[0-9A-Za-z][A-Za-z0-9\-_]*$/],
    ["iam-role", /^[\w+=,.@-]+$/],
    ["load-balancer", /^(?!-|internal-)[A-Za-z0-9-]+(?<!-)$/],
    ["target-group", /^(?!-)[A-Za-z0-9-]+(?<!-)$/],
    ["rds-instance", /^[a-z](-?[a-z0-9])*$/],
    ["ecr-repository", /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/],
    ["kms-alias", /^alias\/(?!aws\/)[a-zA-Z0-9/_-]+$/],
    ["log-group", /^(?!aws\/)[.\-_/#A-Za-z0-9]+$/],
    ["secret", /^[\w/+=.@-]+(?<!-.{6})$/],
    ["security-group", /^(?!sg-)[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]+$/],
    ["s3-bucket", /^(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9]([a-z0-9]|-(?!-))+[a-z0-9](?<!-s3alias)$/],
    ["image-tag", /^\w[\w.-]*$/],
    ["dns-label", /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/],
    ["dns-subdomain", /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/],
    ["label-value", /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/],
  ];
  test.each(forms)("%s", (kind, form) => {
    fc.assert(
      fc.property(parts, anyName, (input, text) => {
        expect(physicalName(kind, input)).toMatch(form);
        expect(fitName(kind, text)).toMatch(form);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a readable name", () => {
  const parts = { project: "ai-platform", environment: "prod", name: "artifacts" } as const;

  test("is project, environment and name, as long as that fits and is clear", () => {
    expect(physicalName("s3-bucket", parts)).toBe("ai-platform-prod-artifacts");
    expect(physicalName("kms-alias", parts)).toBe("alias/ai-platform-prod-artifacts");
    expect(fitName("eks-node-group", "gpu-l4-g6-xlarge-spot")).toBe("gpu-l4-g6-xlarge-spot");
  });

  test("is shortened to 32 characters for a load balancer, and stays the same for ever", () => {
    const long = { ...parts, name: "gateway-for-everybody" };
    expect(physicalName("load-balancer", long)).toBe("ai-platform-prod-gatewa-918c2e6e");
  });

  test("is cut without leaving a hyphen before the hash", () => {
    const name = physicalName("load-balancer", { ...parts, name: "abcde-fghijklmnop" });
    expect(name).toMatch(/^ai-platform-prod-abcde-[0-9a-f]{8}$/);
  });

  test("differs in more than its case where AWS ignores case", () => {
    const [lower, upper] = ["runner", "Runner"].map((name) => physicalName("iam-role", { ...parts, name }));
    expect(lower).toBe("ai-platform-prod-runner");
    expect(upper).toMatch(/^ai-platform-prod-runner-[0-9a-f]{8}$/);
  });

  test("gets a hash where project and environment could be read in two ways", () => {
    const one = { project: "x", environment: "dev", name: "prod-y" } as const;
    const two = { project: "x-dev", environment: "prod", name: "y" } as const;
    expect(physicalName("iam-role", one)).toBe("x-dev-prod-y");
    expect(physicalName("iam-role", two)).toMatch(/^x-dev-prod-y-[0-9a-f]{8}$/);
  });

  test("gets a hash where it has letters that are not allowed, and where it looks like one with a hash", () => {
    expect(fitName("label-value", "Qwen/Qwen3-8B")).toMatch(/^Qwen-Qwen3-8B-[0-9a-f]{8}$/);
    expect(fitName("dns-label", "llama3.1")).toMatch(/^llama3-1-[0-9a-f]{8}$/);
    expect(fitName("dns-label", "x-00000000")).toMatch(/^x-00000000-[0-9a-f]{8}$/);
  });

  test("of a secret never ends in a hyphen and six characters", () => {
    expect(physicalName("secret", { ...parts, name: "mlflow" })).toMatch(
      /^ai-platform-prod-mlflow-[0-9a-f]{8}$/,
    );
    expect(physicalName("secret", { ...parts, name: "postgres" })).toBe("ai-platform-prod-postgres");
  });
});

describe("an image of a model", () => {
  const vllm = {
    engine: "vllm",
    model: "Qwen/Qwen3-8B",
    ollama: "qwen3:8b",
    revision: undefined,
    quantization: "awq",
  } as const;

  test.each([
    ["ollama/llama3:70b-q4_1", { engine: "ollama", ollama: "llama3:70b", quantization: "q4_1" }],
    ["ollama/phi3.5:latest-q4_K_M", { engine: "ollama", ollama: "phi3.5", quantization: "q4_K_M" }],
    ["ollama/qwen/qwen3-8b:main-q4_0", { engine: "ollama", ollama: undefined, quantization: "q4_0" }],
    ["vllm/qwen/qwen3-8b:main-awq", {}],
    [
      "tgi/qwen/qwen3-8b:0123456789ab-fp8",
      { engine: "tgi", revision: "0123456789abcdef0123456789abcdef01234567", quantization: "fp8" },
    ],
  ] as const)("%s", (expected, change) => {
    const { repository, tag } = modelImage({ ...vllm, ...change });
    expect(`${repository}:${tag}`).toBe(expected);
  });

  test("differs for whatever differs in engine, model, version or quantization", () => {
    const id = fc
      .stringMatching(/^[a-z0-9][\w.-]{0,10}\/[a-z0-9][\w.-]{0,10}$/)
      .map((text) => text.toLowerCase());
    const image = fc.record({
      engine: fc.constantFrom("vllm" as const, "tgi" as const, "ollama" as const),
      model: id,
      ollama: fc.constant(undefined),
      revision: fc.option(fc.stringMatching(/^[0-9a-f]{12}$/), { nil: undefined }),
      quantization: fc.constantFrom("awq" as const, "q4_K_M" as const, "q4_0" as const),
    });
    const selector = (value: object) => JSON.stringify(value);
    fc.assert(
      fc.property(fc.uniqueArray(image, { minLength: 2, selector }), (inputs) => {
        const names = inputs.map(modelImage).map(({ repository, tag }) => `${repository}:${tag}`);
        expect(new Set(names).size).toBe(inputs.length);
      }),
    );
  });
});
