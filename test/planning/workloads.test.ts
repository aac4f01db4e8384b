import { describe, expect, test } from "vitest";
import { planServices } from "../../planning/services.ts";
import { purchaseOrder, serviceWorkloads, steadyPurchase } from "../../planning/workloads.ts";
import { parsePlatform } from "../../spec/parse.ts";
import type { AwsPlatformInput, AwsPlatformSpec } from "../../spec/platform.ts";

function describeAws(more: Partial<AwsPlatformInput>): AwsPlatformSpec {
  const spec = parsePlatform(
    {
      environment: "staging",
      ownership: { owner: "team", costCenter: "cc" },
      cloud: { region: "us-east-1" },
      gateway: { host: "ai.example.com" },
      ...more,
    },
    "test",
  );
  if (spec.environment === "local") throw new Error("not an environment in AWS");
  return spec;
}

const workloadsOf = (spec: AwsPlatformSpec) => serviceWorkloads(spec, planServices(spec));
const find = (spec: AwsPlatformSpec, name: string) =>
  workloadsOf(spec).find((workload) => workload.name === name);

const reservation = { id: "cr-0123456789abcdef0", instanceType: "p5.48xlarge", count: 1, zone: "us-east-1a" };

describe("ways to buy", () => {
  test("are spot first in dev, and reservations first elsewhere as far as there are any", () => {
    expect(purchaseOrder(describeAws({ environment: "dev" }))).toEqual(["spot", "on-demand"]);
    expect(purchaseOrder(describeAws({}))).toEqual(["on-demand"]);
    expect(purchaseOrder(describeAws({ capacity: { reservations: [reservation] } }))).toEqual([
      "reservation",
      "on-demand",
    ]);
  });

  test("leave out spot for what keeps data or carries the rest, but in dev", () => {
    const capacity = { purchase: ["spot" as const, "on-demand" as const] };
    const postgres = { deployment: "in-cluster" as const };
    const staging = describeAws({ capacity, postgres });
    expect(steadyPurchase(staging)).toEqual(["on-demand"]);
    for (const name of ["postgres", "traefik", "coredns"]) {
      expect(find(staging, name)?.purchase).toEqual(["on-demand"]);
    }
    expect(find(staging, "mlflow")?.purchase).toEqual(["spot", "on-demand"]);
    expect(find(describeAws({ environment: "dev", capacity, postgres }), "postgres")?.purchase).toEqual(
      capacity.purchase,
    );
    expect(steadyPurchase(describeAws({ capacity: { purchase: ["spot"] } }))).toEqual(["spot"]);
  });
});

describe("the platform's own pods", () => {
  test("request what the components request", () => {
    const spec = describeAws({});
    const { resources } = planServices(spec).mlflow;
    const [option] = find(spec, "mlflow")?.options ?? [];
    expect(`${option?.demand.milliCpus}m ${option?.demand.memoryMiB}Mi`).toBe(
      `${resources.requests.cpu} ${resources.requests.memory}`,
    );
  });

  test("never share a node with their like, and in prod are spread over zones", () => {
    expect(find(describeAws({}), "mlflow")).toMatchObject({ replicas: 2, spread: "node" });
    expect(find(describeAws({ environment: "prod" }), "mlflow")).toMatchObject({
      replicas: 2,
      spread: "zone",
    });
    const prod = { environment: "prod", postgres: { deployment: "in-cluster" } } as const;
    expect(find(describeAws(prod), "postgres")).toMatchObject({ replicas: 1, spread: "none" });
  });

  test("have no PostgreSQL among them where RDS runs it", () => {
    expect(find(describeAws({}), "postgres")).toBeUndefined();
  });

  test("are those that the description wants", () => {
    const names = (pipelines: AwsPlatformInput["pipelines"]) =>
      workloadsOf(describeAws({ pipelines })).map(({ name }) => name);
    expect(names({})).toEqual(expect.arrayContaining(["airflow-scheduler", "prefect-server"]));
    expect(names({ airflow: false }).filter((name) => name.startsWith("airflow"))).toEqual([]);
    expect(names({ prefect: false }).filter((name) => name.startsWith("prefect"))).toEqual([]);
    expect(find(describeAws({ nlp: { spacyModel: "en_core_web_sm", replicas: 3 } }), "nlp")).toMatchObject({
      replicas: 3,
      options: [{ demand: { memoryMiB: 512 } }],
    });
  });
});
