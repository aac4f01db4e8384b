import { type Cidr, formatCidr, overlap, parseCidr } from "../cidr.ts";
import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import { serviceRange } from "../serviceRange.ts";
import type { Rule } from "./rule.ts";

/** The VPC's size, what it may not overlap, and room for Services. */
export const addressRanges: Rule = ({ cluster, network }) => {
  const ranges = [
    ...(network ? [{ path: ["network", "cidr"], text: network.cidr }] : []),
    ...(network?.reserved ?? []).map((text, index) => ({ path: ["network", "reserved", index], text })),
    ...(cluster?.publicAccessCidrs ?? []).map((text, index) => ({
      path: ["cluster", "publicAccessCidrs", index],
      text,
    })),
  ];
  return [...ranges.flatMap(({ path, text }) => canonical(path, text)), ...(network ? vpc(network) : [])];
};

/** AWS drops host bits without a word, and the next preview shows a change that nobody made. */
function canonical(path: Path, text: string): Finding[] {
  const block = formatCidr(parseCidr(text));
  return block === text ? [] : [{ path, problem: `has bits set behind its prefix: write ${block}` }];
}

function vpc({ cidr, reserved }: { readonly cidr: string; readonly reserved: readonly string[] }): Finding[] {
  const block = parseCidr(cidr);
  if (block.prefix < 16 || block.prefix > 20) {
    const problem =
      block.prefix < 16
        ? `needs a /16 to /20: AWS allows no VPC larger than a /16`
        : `needs a /16 to /20: anything smaller has no room for the pods of three zones`;
    return [{ path: ["network", "cidr"], problem }];
  }
  const others = reserved.map(parseCidr);
  const overlaps = others.flatMap((other, index) =>
    overlap(block, other)
      ? [
          {
            path: ["network", "reserved", index],
            problem: `overlaps network.cidr, ${cidr}: move one of them`,
          },
        ]
      : [],
  );
  return overlaps.length > 0 ? overlaps : roomForServices(block, others);
}

function roomForServices(block: Cidr, reserved: readonly Cidr[]): Finding[] {
  if (serviceRange(block, reserved)) return [];
  return [
    {
      path: ["network", "reserved"],
      problem:
        "leaves no /16 of 172.16.0.0/12 or 10.0.0.0/8 free: Services need one that nothing is connected by",
    },
  ];
}
