/** ASN.1's distinguished encoding, as far as a certificate needs it. Source: ITU-T X.690. */

/** What a value is. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** A general name of RFC 5280 that is a DNS name. */
  dnsName: 0x82,
  context: (number: number) => 0xa0 + number,
} as const;

/** A value with its kind and length. */
export function der(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(tag), lengthOf(content), content]);
}

/** Up to 127 it is one byte; else that byte says how many follow. */
function lengthOf({ length }: Uint8Array): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.of(0x80 + bytes.length), bytes]);
}

export const sequence = (...parts: readonly Uint8Array[]) => der(tags.sequence, Buffer.concat(parts));
export const set = (...parts: readonly Uint8Array[]) => der(tags.set, Buffer.concat(parts));
export const octets = (content: Uint8Array) => der(tags.octets, content);
export const text = (tag: number, value: string) => der(tag, Buffer.from(value, "ascii"));

/** A number from 0 to 127. */
export const integer = (value: number) => der(tags.integer, Buffer.of(value));

/** @param unused bits at the end of the last byte that are none */
export const bits = (content: Uint8Array, unused = 0) =>
  der(tags.bits, Buffer.concat([Buffer.of(unused), content]));

/** Two numbers share the first byte; of the others each has seven bits a byte, all but the last marked. All here are below 128. */
export const oid = (first: number, second: number, ...rest: readonly number[]) =>
  der(tags.oid, Buffer.of(40 * first + second, ...rest));

export function pem(label: string, content: Uint8Array): string {
  const lines =
    Buffer.from(content)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
