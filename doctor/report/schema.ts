import { z } from "zod";
import { environments } from "../../spec/platform.ts";
import { statuses } from "../checks/check.ts";
import { exitCode, type Report } from "../examine.ts";

const finding = z.strictObject({
  check: z.string().meta({ description: "What is looked at, such as quota ec2/L-DB2E81BA" }),
  status: z.enum(statuses).meta({
    description: "would check: not asked, for want of credentials, a right or a connection",
  }),
  says: z.string().meta({ description: "What was found or, where it wasn't asked, what must be" }),
  remedy: z.array(z.string()).meta({ description: "What to do, one step each" }),
});

/** What `npm run doctor -- ENVIRONMENT --json` prints. */
export const reportSchema = z
  .strictObject({
    environment: z.enum(environments),
    region: z.string(),
    account: z.string().optional(),
    arn: z.string().optional().meta({ description: "Who asked; absent without credentials" }),
    exitCode: z.int().meta({
      description:
        "0: nothing stands in the way; 1: something does; 3: not everything could be asked, and nothing that could does",
    }),
    findings: z.array(finding),
  })
  .meta({ title: "Pre-flight of an environment" });
export type ReportDocument = z.output<typeof reportSchema>;

/** The report as the documented JSON. Unknown values are absent, not null. */
export function reportDocument(report: Report): ReportDocument {
  return reportSchema.parse({
    environment: report.environment,
    region: report.region,
    account: report.identity?.account,
    arn: report.identity?.arn,
    exitCode: exitCode(report),
    findings: report.findings.map(({ subject, ...rest }) => ({ check: subject, ...rest })),
  });
}

/** The same as a JSON Schema. */
export function reportJsonSchema() {
  return z.toJSONSchema(reportSchema, { target: "draft-7" });
}
