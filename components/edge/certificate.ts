import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

export interface CertificateArgs {
  /** Changing it makes a new certificate before the old one goes. */
  readonly host: string;
  /** Public zone of Route 53 that the host is in: proves to ACM whose it is. */
  readonly hostedZoneId: pulumi.Input<string>;
  readonly tags: Readonly<Record<string, string>>;
}

/**
 * A certificate of ACM for one host name, which ACM renews as long as its record is in the zone. Costs nothing; issued
 * some minutes after the record is there.
 */
export class Certificate extends pulumi.ComponentResource {
  /** Known when the certificate is issued: no listener takes one that isn't. */
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: CertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ai-platform:edge:Certificate", name, {}, opts);
    const child = { parent: this };
    const { host, hostedZoneId, tags } = args;

    const certificate = new aws.acm.Certificate(
      name,
      { domainName: host, validationMethod: "DNS", keyAlgorithm: "EC_prime256v1", tags },
      child,
    );
    const proof = certificate.domainValidationOptions.apply(onlyOption);
    const record = new aws.route53.Record(
      `${name}-proof`,
      {
        zoneId: hostedZoneId,
        name: proof.resourceRecordName,
        type: proof.resourceRecordType,
        records: [proof.resourceRecordValue],
        ttl: 300,
        // The same for every certificate of the host: the one before this may still need it.
        allowOverwrite: true,
      },
      child,
    );
    const validation = new aws.acm.CertificateValidation(
      name,
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      child,
    );

    this.arn = validation.certificateArn;
    this.registerOutputs({ arn: this.arn });
  }
}

type Proof = aws.types.output.acm.CertificateDomainValidationOption;

/**
 * Undefined in a run that the certificate is no target of (`--target`) and that hasn't made it yet: the record isn't made
 * either then, and nobody looks at its name.
 */
function onlyOption(options: readonly Proof[] | undefined): Proof {
  if (options === undefined) return unmade;
  const [option] = options;
  if (option === undefined) throw new Error("ACM names no record that proves whose the host is");
  return option;
}

const unmade: Proof = {
  domainName: "",
  resourceRecordName: "",
  resourceRecordType: "",
  resourceRecordValue: "",
};
