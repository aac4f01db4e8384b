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
