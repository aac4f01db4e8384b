import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type TLSSocket } from "node:tls";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { servingCertificate } from "../../../components/monitoring/certificate.ts";

const seed = (fill: number) => new Uint8Array(32).fill(fill);
const name = "prometheus-adapter.ai-monitoring.svc";

/** Whether a client that trusts `ca` and calls `servername` gets through to a server with `served`. */
async function shaken(served: ReturnType<typeof servingCertificate>, ca: string, servername: string) {
  const server = createServer({ cert: served.certificate, key: served.key }, (socket: TLSSocket) =>
    socket.end(),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const socket = connect({ port: address.port, host: "127.0.0.1", ca, servername });
  try {
    await Promise.race([
      once(socket, "secureConnect"),
      once(socket, "error").then(([error]) => Promise.reject(error)),
    ]);
    return "connected";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : String(error);
  } finally {
    socket.destroy();
    server.close();
  }
}

describe("a server's own certificate", () => {
  const own = servingCertificate(seed(1), [name]);

  test("lets in who was given it, under its name, and nobody else", async () => {
    expect(await shaken(own, own.certificate, name)).toBe("connected");
    expect(await shaken(own, own.certificate, "prometheus-adapter.elsewhere.svc")).toBe(
      "ERR_TLS_CERT_ALTNAME_INVALID",
    );
    const other = servingCertificate(seed(2), [name]);
    expect(await shaken(own, other.certificate, name)).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/);
  });

  test("is no authority, signed by itself, and without an end", () => {
    const read = new X509Certificate(own.certificate);
    expect([read.ca, read.verify(read.publicKey), read.subjectAltName]).toEqual([false, true, `DNS:${name}`]);
    expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(read.validTo).toContain("9999");
  });

  test("follows from its seed and names alone, whatever they are", () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/);
    const names = fc.array(label, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        names,
        (bytes, [first = name, ...rest]) => {
          const made = servingCertificate(bytes, [first, ...rest]);
          expect(servingCertificate(bytes, [first, ...rest])).toEqual(made);
          const read = new X509Certificate(made.certificate);
          expect(read.verify(read.publicKey)).toBe(true);
          expect(read.subjectAltName).toBe([first, ...rest].map((each) => `DNS:${each}`).join(", "));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("refuses a seed that is not one", () => {
    expect(() => servingCertificate(new Uint8Array(31), [name])).toThrow("32 bytes, not 31");
  });
});
