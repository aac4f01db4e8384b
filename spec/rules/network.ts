import { formatCidr, overlap, parseCidr } from "../cidr.ts";
import type { Finding } from "../faults/issues.ts";
import type { Path } from "../faults/path.ts";
import type { Rule } from "./rule.ts";

/** The VPC's size and what it may not overlap. The planner keeps the range of Services clear of it. */
export const addressRanges: Rule = ({ cluster, gateway, network }) => {
  const ranges = [
    ...(network ? [{ path: ["network", "cidr"], text: network.cidr }] : []),
    ...(network?.reserved ?? []).map((text, index) => ({ path: ["network", "reserved", index], text })),
    ...(["publicAccessCidrs", "privateAccessCidrs"] as const).flatMap((field) =>
      (cluster?.[field] ?? []).map((text, index) => ({ path: ["cluster", field, index], text })),
    ),
    ...(gateway?.allowedCidrs ?? []).map((text, index) => ({
      path: ["gateway", "allowedCidrs", index],
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
    const why =
      block.prefix < 16
        ? "AWS allows no VPC larger than a /16"
        : "anything smaller has no room for the pods of three zones";
    return [{ path: ["network", "cidr"], problem: `needs a /16 to /20: ${why}` }];
  }
  return reserved.flatMap((text, index) =>
    overlap(block, parseCidr(text))
      ? [
          {
            path: ["network", "reserved", index],
            problem: `overlaps network.cidr, ${cidr}: move one of them`,
          },
        ]
      : [],
  );
}
