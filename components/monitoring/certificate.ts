import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { bits, der, integer, octets, oid, pem, sequence, set, tags, text } from "./der.ts";

/** A server's certificate and its key, as PEM. */
export interface ServingCertificate {
  readonly certificate: string;
  readonly key: string;
}

const ed25519 = sequence(oid(1, 3, 101, 112));

/** RFC 5280, 4.1.2.5: this end stands for none. Dates before 2050 are written with two digits for the year. */
const validity = sequence(text(tags.utcTime, "260101000000Z"), text(tags.generalizedTime, "99991231235959Z"));

/**
 * A certificate that a server signs for itself, for clients that are given this very one: no authority, nothing to renew. It
 * follows from the seed, so that each run of the engine finds the same and needs no provider for it: signatures of Ed25519
 * have nothing random. Another seed is the way to take it back.
 *
 * @param seed 32 bytes that nobody else knows
 * @param names DNS names of the server, its common name first
 * @throws RangeError for a seed of another length
 */
export function servingCertificate(
  seed: Uint8Array,
  names: readonly [string, ...string[]],
): ServingCertificate {
  if (seed.length !== 32) throw new RangeError(`a seed has 32 bytes, not ${seed.length}`);
  const pkcs8 = sequence(integer(0), ed25519, octets(octets(seed)));
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" });
  const name = sequence(set(sequence(oid(2, 5, 4, 3), text(tags.utf8, names[0]))));
  const version3 = der(tags.context(0), integer(2));
  // Positive, and another for each key.
  const serial = der(tags.integer, Buffer.concat([Buffer.of(1), publicKey.subarray(-15)]));
  const extensions = der(tags.context(3), sequence(...extensionsFor(names)));
  const body = sequence(version3, serial, ed25519, name, validity, name, publicKey, extensions);
  const signed = sequence(body, ed25519, bits(sign(null, body, key)));
  return { certificate: pem("CERTIFICATE", signed), key: pem("PRIVATE KEY", pkcs8) };
}

/** RFC 5280, 4.2.1: it is no authority, signs handshakes, is a server's, and of these names. */
function extensionsFor(names: readonly string[]): Buffer[] {
  const critical = der(tags.boolean, Buffer.of(0xff));
  const digitalSignature = bits(Buffer.of(0x80), 7);
  const serverAuth = oid(1, 3, 6, 1, 5, 5, 7, 3, 1);
  return [
    sequence(oid(2, 5, 29, 19), critical, octets(sequence())),
    sequence(oid(2, 5, 29, 15), critical, octets(digitalSignature)),
    sequence(oid(2, 5, 29, 37), octets(sequence(serverAuth))),
    sequence(oid(2, 5, 29, 17), octets(sequence(...names.map((name) => text(tags.dnsName, name))))),
  ];
}
