import { describe, expect, test } from "vitest";
import { findInstanceType } from "../../../catalog/ec2/instances.ts";
import { type Market, offersOf } from "../../../planning/placement/offers.ts";
import { type CapacitySpec, capacitySchema } from "../../../spec/capacity.ts";

const market = (capacity: Partial<CapacitySpec> = {}, region = "us-east-1"): Market => ({
  region,
  zones: [`${region}a`, `${region}b`],
  capacity: { ...capacitySchema.parse({}), ...capacity },
});

const types = (offers: readonly { readonly instanceType: string }[]) => [
  ...new Set(offers.map(({ instanceType }) => instanceType)),
];

describe("what may be bought", () => {
  test("is x86, no bare metal, no burstable share of a CPU, no slice of a GPU, and for something", () => {
    const offers = offersOf(market());
    for (const name of types(offers)) {
      expect(name).not.toMatch(/metal|flex|^g6f|^gr6f/);
      expect(findInstanceType(name)?.architecture).toBe("x86_64");
    }
    expect(offers.every(({ roles }) => roles.length > 0)).toBe(true);
    expect(new Set(offers.map(({ id }) => id)).size).toBe(offers.length);
  });

  test("is what the region sells: no L4 and no H100 in eu-west-1", () => {
    const names = types(offersOf(market({}, "eu-west-1")));
    expect(names.some((name) => name.startsWith("g5."))).toBe(true);
    expect(names.filter((name) => /^(g6|p5)/.test(name))).toEqual([]);
  });

  test("leaves out T4 unless it is asked for: it has no FlashAttention", () => {
    expect(types(offersOf(market())).filter((name) => name.startsWith("g4dn."))).toEqual([]);
    expect(types(offersOf(market({ gpus: ["T4"] }))).filter((name) => /^(g|p)\d/.test(name))).toEqual([
      "g4dn.xlarge",
      "g4dn.2xlarge",
      "g4dn.4xlarge",
      "g4dn.8xlarge",
      "g4dn.12xlarge",
      "g4dn.16xlarge",
    ]);
  });

  test("has no GPU where none may be used, and only the families that may be", () => {
    expect(offersOf(market({ gpus: [] })).filter(({ room }) => room.gpus > 0)).toEqual([]);
    const families = types(offersOf(market({ families: ["m7i", "g6"] }))).map((name) => name.split(".")[0]);
    expect(new Set(families)).toEqual(new Set(["m7i", "g6"]));
  });

  test("counts each type on demand, and on spot where its price is known", () => {
    const ids = offersOf(market()).map(({ id }) => id);
    expect(ids).toContain("g6.xlarge/on-demand");
    expect(ids).toContain("g6.xlarge/spot");
    expect(ids).not.toContain("p5e.48xlarge/on-demand");
  });

  test("holds a reservation once: limited, in its zone, and free, because it is paid for", () => {
    const reservations = [
      { id: "cr-0123456789abcdef0", instanceType: "p5.48xlarge", count: 2, zone: "us-east-1b" },
    ];
    const reserved = offersOf(market({ reservations })).filter(({ purchase }) => purchase === "reservation");
    expect(reserved).toMatchObject([
      {
        id: "p5.48xlarge/reservation/cr-0123456789abcdef0",
        limit: 2,
        zones: ["us-east-1b"],
        usdPerHour: 0,
        roles: ["gpu"],
      },
    ]);
  });
});

describe("a node", () => {
  const node = (id: string) => offersOf(market()).find((offer) => offer.id === `${id}/on-demand`);

  test("of g6.xlarge leaves less than its 4 CPUs and 16 GiB, and 1 L4", () => {
    const { room } = node("g6.xlarge") ?? {};
    expect(room).toMatchObject({ gpu: "L4", gpus: 1 });
    expect(room?.milliCpus).toBeLessThan(4000);
    expect(room?.memoryMiB).toBeLessThan(16_384);
    expect(room?.memoryMiB).toBeGreaterThan(12_288);
  });

  test("has its instance store as disk, in GiB: 250 GB are 232", () => {
    expect(node("g6.xlarge")?.room.diskGiB).toBe(232);
    expect(node("g6.xlarge")?.features).toContain("nvme");
  });

  test("has AVX-512 with vpopcntdq from Ice Lake on, not on Zen 3", () => {
    expect(node("m6i.large")?.features).toContain("avx512-vpopcntdq");
    expect(node("m6a.large")?.features).not.toContain("avx512-vpopcntdq");
  });

  test("with GPUs is for nothing else", () => {
    for (const { roles, room } of offersOf(market())) {
      expect(roles.includes("gpu")).toBe(room.gpus > 0);
      if (room.gpus > 0) expect(roles).toEqual(["gpu"]);
    }
  });
});
