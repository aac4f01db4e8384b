/** A block of IPv4 addresses, as numbers. */
export interface Cidr {
  /** Its first address as an unsigned 32-bit number. */
  readonly first: number;
  /** Length of the network prefix: 16 for a /16. */
  readonly prefix: number;
}

const notation = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/;

/**
 * Reads `10.0.0.0/16`. Host bits are dropped, as AWS does: `10.0.3.7/16` is the same block.
 * @throws RangeError for anything else; specs are checked before they get here
 */
export function parseCidr(text: string): Cidr {
  const numbers = notation.exec(text)?.slice(1).map(Number);
  const octets = numbers?.slice(0, 4);
  const prefix = numbers?.[4];
  if (!octets || prefix === undefined || prefix > 32 || octets.some((octet) => octet > 255)) {
    throw new RangeError(`not an IPv4 range: ${text}`);
  }
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { first: address - (address % 2 ** (32 - prefix)), prefix };
}

export function formatCidr({ first, prefix }: Cidr): string {
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${octets.join(".")}/${prefix}`;
}

/** Addresses in the block. */
export function addressCount({ prefix }: Cidr): number {
  return 2 ** (32 - prefix);
}

/** Whether any address lies in both. */
export function overlap(one: Cidr, other: Cidr): boolean {
  return one.first < other.first + addressCount(other) && other.first < one.first + addressCount(one);
}

/**
 * The block of length `prefix` that is number `index` in `block`, from 0: block 3 of length 18 in 10.0.0.0/16 is
 * 10.0.192.0/18. Always aligned.
 * @throws RangeError where `block` has no such part
 */
export function partOf(block: Cidr, prefix: number, index: number): Cidr {
  if (prefix < block.prefix || prefix > 32 || index < 0 || index >= 2 ** (prefix - block.prefix)) {
    throw new RangeError(`${formatCidr(block)} has no /${prefix} number ${index}`);
  }
  return { first: block.first + index * 2 ** (32 - prefix), prefix };
}
