import { allow, type PolicyDocument, policy } from "./policy.ts";

/** A secret in Secrets Manager that somebody else made, and the key that it is encrypted with. */
export interface EncryptedSecret {
  readonly arn: string;
  readonly keyArn: string;
  readonly region: string;
}

/**
 * Reads one secret. Its key is used through Secrets Manager only, which decrypts nothing for who may not read it.
 * Source: Secrets Manager user guide, "Secret encryption and decryption in AWS Secrets Manager".
 */
export function secretReadPolicy({ arn, keyArn, region }: EncryptedSecret): PolicyDocument {
  return policy(
    allow("Read", ["secretsmanager:GetSecretValue"], [arn]),
    allow("Decrypt", ["kms:Decrypt"], [keyArn], {
      StringEquals: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com` },
    }),
  );
}
