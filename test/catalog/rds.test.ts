import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import { regions } from "../../catalog/ec2/instances.ts";
import { rdsCertificate } from "../../catalog/rds.ts";

const certificates = regions.flatMap((region) => {
  const pem = rdsCertificate(region);
  return pem === undefined ? [] : [{ region, certificate: new X509Certificate(pem) }];
});

test("every region has a certificate of RDS but those that opened since the package was made", () => {
  const without = regions.filter((region) => rdsCertificate(region) === undefined);
  expect(without).toEqual(["ap-southeast-5", "ca-west-1", "il-central-1"]);
});

describe.each(certificates)("the certificate of $region", ({ certificate, region }) => {
  test("is that region's authority, signed by itself and valid for decades", () => {
    expect(certificate.subject).toContain(`CN=Amazon RDS ${region} Root CA RSA2048 G1`);
    expect(certificate.ca).toBe(true);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(new Date(certificate.validTo).getFullYear()).toBeGreaterThan(2055);
  });
});

test("the one of us-east-1 is the one that AWS publishes", () => {
  const pem = rdsCertificate("us-east-1") ?? "";
  // As in AWS's global-bundle.pem, which many repositories carry.
  expect(new X509Certificate(pem).fingerprint256).toMatch(
    /^E4:CE:41:D0:69:F4:BD:CD:B7:14:25:90:58:96:1E:E4:/,
  );
});
