import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explainNetwork, planNetwork, podCapacity } from "../../planning/network.ts";
import { addressCount, type Cidr, formatCidr, overlap, parseCidr } from "../../spec/cidr.ts";
import { networkSchema } from "../../spec/sections.ts";

const regionZones = ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d"];

function plan(network: Parameters<typeof networkSchema.parse>[0] = {}, environment: "dev" | "prod" = "dev") {
  return planNetwork({ environment, network: networkSchema.parse(network), regionZones });
}

const vpcs = fc
  .tuple(
    fc.constantFrom("10", "100", "172", "192"),
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 0, max: 255 }),
    fc.integer({ min: 16, max: 20 }),
  )
  .map(([a, b, c, prefix]) => `${a}.${b}.${c}.0/${prefix}`);
const zoneLists = fc.shuffledSubarray(regionZones, { minLength: 2, maxLength: 3 });

const cidrOf = ({ cidr }: { readonly cidr: string }) => parseCidr(cidr);
const inside = (part: Cidr, whole: Cidr) =>
  part.first >= whole.first && part.first + addressCount(part) <= whole.first + addressCount(whole);
/** Written without host bits. */
const aligned = (text: string) => formatCidr(parseCidr(text)) === text;

describe("subnets", () => {
  test("10.0.0.0/16 over two zones: /18 private, /22 public and intra, and a quarter is kept for a third zone", () => {
    expect(plan().subnets.map(({ name, zone, cidr }) => `${name} ${zone} ${cidr}`)).toEqual([
      "public-a us-east-1a 10.0.192.0/22",
      "private-a us-east-1a 10.0.0.0/18",
      "intra-a us-east-1a 10.0.196.0/22",
      "public-b us-east-1b 10.0.208.0/22",
      "private-b us-east-1b 10.0.64.0/18",
      "intra-b us-east-1b 10.0.212.0/22",
    ]);
  });

  test("the smallest VPC, a /20, still has 64 addresses in the smallest subnet: a load balancer wants a /27", () => {
    const { subnets } = plan({ cidr: "10.1.16.0/20" }, "prod");
    const sizes = subnets.map(({ tier, cidr }) => `${tier} /${parseCidr(cidr).prefix}`);
    expect(new Set(sizes)).toEqual(new Set(["public /26", "private /22", "intra /26"]));
  });

  test("they lie in the VPC, are aligned, and never overlap each other or the service range", () => {
    fc.assert(
      fc.property(vpcs, zoneLists, (cidr, zones) => {
        const network = plan({ cidr, zones });
        const ranges = [parseCidr(network.serviceCidr), ...network.subnets.map(cidrOf)];
        for (const subnet of network.subnets) {
          expect(inside(cidrOf(subnet), cidrOf(network))).toBe(true);
          expect(aligned(subnet.cidr)).toBe(true);
          expect(overlap(parseCidr(network.serviceCidr), cidrOf(network))).toBe(false);
        }
        for (const [index, range] of ranges.entries()) {
          for (const other of ranges.slice(index + 1)) expect(overlap(range, other)).toBe(false);
        }
        expect(new Set(network.subnets.map(({ name }) => name)).size).toBe(3 * zones.length);
      }),
      { numRuns: 2000 },
    );
  });

  test("a third zone, appended, leaves the subnets of the first two where they are", () => {
    fc.assert(
      fc.property(vpcs, fc.shuffledSubarray(regionZones, { minLength: 3, maxLength: 3 }), (cidr, zones) => {
        const two = plan({ cidr, zones: zones.slice(0, 2) });
        const three = plan({ cidr, zones });
        expect(three.subnets.slice(0, 6)).toEqual(two.subnets);
      }),
      { numRuns: 500 },
    );
  });

  test("host bits of the VPC's range are dropped", () => {
    expect(plan({ cidr: "10.0.3.7/16" })).toEqual(plan());
  });

  test.each(["10.0.0.0/15", "10.0.0.0/21"])("a VPC of %s is refused", (cidr) => {
    expect(() => plan({ cidr })).toThrow(RangeError);
  });
});

describe("pods", () => {
  test("a /18 keeps 8,192 addresses for pods: 512 prefixes, 64 nodes of 110 pods at 8 prefixes each", () => {
    expect(podCapacity(plan())).toEqual({ prefixes: 512, addresses: 8192, fullNodes: 64 });
  });

  test("the /22 of a /20 VPC keeps 512: 32 prefixes, 4 full nodes", () => {
    expect(podCapacity(plan({ cidr: "10.0.0.0/20" }))).toEqual({
      prefixes: 32,
      addresses: 512,
      fullNodes: 4,
    });
  });

  test("their ranges are whole prefixes inside the private subnet, clear of the five addresses that AWS keeps", () => {
    fc.assert(
      fc.property(vpcs, zoneLists, (cidr, zones) => {
        const network = plan({ cidr, zones });
        for (const { tier, cidr: subnet, podRanges } of network.subnets) {
          if (tier !== "private") expect(podRanges).toEqual([]);
          const whole = parseCidr(subnet);
          for (const range of podRanges.map(parseCidr)) {
            expect(inside(range, whole)).toBe(true);
            expect(range.first).toBeGreaterThanOrEqual(whole.first + 4);
            expect(range.first + addressCount(range)).toBeLessThan(whole.first + addressCount(whole));
            expect(range.prefix).toBeLessThanOrEqual(28);
          }
        }
        expect(podCapacity(network).fullNodes).toBeGreaterThanOrEqual(4);
      }),
      { numRuns: 500 },
    );
  });
});

describe("zones and the way out", () => {
  test("dev takes the region's first two zones and one NAT gateway", () => {
    const network = plan();
    expect(network.zones).toEqual(["us-east-1a", "us-east-1b"]);
    expect(network.natZones).toEqual(["us-east-1a"]);
  });

  test("prod takes three zones and a NAT gateway in each", () => {
    const network = plan({}, "prod");
    expect(network.zones).toEqual(["us-east-1a", "us-east-1b", "us-east-1c"]);
    expect(network.natZones).toEqual(network.zones);
  });

  test("what the spec says goes before the defaults", () => {
    const network = plan({ zones: ["us-east-1d", "us-east-1b"], nat: "per-zone" });
    expect(network.natZones).toEqual(["us-east-1d", "us-east-1b"]);
    expect(plan({ nat: "single" }, "prod").natZones).toEqual(["us-east-1a"]);
  });

  test("endpoints are named once, in order", () => {
    expect(plan({ interfaceEndpoints: ["sts", "ecr.dkr", "sts"] }).interfaceEndpoints).toEqual([
      "ecr.dkr",
      "sts",
    ]);
  });
});

describe("the service range", () => {
  test.each([
    ["172.20.0.0/16 beside a VPC in 10.0.0.0/8", { cidr: "10.0.0.0/16" }, "172.20.0.0/16"],
    ["10.100.0.0/16 where the VPC has taken the first", { cidr: "172.20.16.0/20" }, "10.100.0.0/16"],
    ["another /16 where both are reserved", { reserved: ["172.20.0.0/14", "10.96.0.0/12"] }, "172.16.0.0/16"],
    [
      "outside the VPC at least, where everything private is reserved",
      { cidr: "172.20.0.0/16", reserved: ["10.0.0.0/8", "172.16.0.0/12"] },
      "10.100.0.0/16",
    ],
  ])("is %s", (_, network, expected) => {
    expect(plan(network).serviceCidr).toBe(expected);
  });
});

test("the explanation says what there is room for and what one NAT gateway means", () => {
  expect(explainNetwork(plan())).toEqual([
    "10.0.0.0/16 over us-east-1a, us-east-1b; room for 1 more",
    "8192 pod addresses per zone (512 prefixes of /28): 64 nodes of 110 pods",
    "one NAT gateway, in us-east-1a: the way out is lost with that zone",
  ]);
  expect(explainNetwork(plan({}, "prod"))).toEqual([
    "10.0.0.0/16 over us-east-1a, us-east-1b, us-east-1c; room for no more",
    "8192 pod addresses per zone (512 prefixes of /28): 64 nodes of 110 pods",
    "3 NAT gateways: no zone needs another one to get out",
  ]);
});
