import { type Cidr, overlap, parseCidr, partOf } from "./cidr.ts";

/**
 * Where Services get their addresses: EKS's own two choices first, else the first free /16 of 172.16.0.0/12 and
 * 10.0.0.0/8; undefined where none is free. It must not overlap the VPC (EKS API, KubernetesNetworkConfigRequest), and
 * should not overlap what the VPC is connected to, as pods could not reach that.
 */
export function serviceRange(vpc: Cidr, reserved: readonly Cidr[]): Cidr | undefined {
  const candidates = [
    parseCidr("172.20.0.0/16"),
    parseCidr("10.100.0.0/16"),
    ...sixteens("172.16.0.0/12"),
    ...sixteens("10.0.0.0/8"),
  ];
  return candidates.find((range) => ![vpc, ...reserved].some((other) => overlap(range, other)));
}

function sixteens(text: string): Cidr[] {
  const block = parseCidr(text);
  return Array.from({ length: 2 ** (16 - block.prefix) }, (_, index) => partOf(block, 16, index));
}
