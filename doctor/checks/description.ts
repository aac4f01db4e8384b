import { failed, ok, type Verdict, warning } from "./check.ts";
import type { Subject } from "./subject.ts";

/** What can be said without asking anybody: the plan has no problem, and the stack goes to the plan's region. */
export function judgeDescription(
  { configFile, infrastructure, problems, provider, source }: Subject,
  environmentRegion: string | undefined,
): Verdict {
  const { region } = infrastructure;
  const written = provider.region ?? environmentRegion;
  if (problems.length > 0) {
    return failed(`${source} can't be brought up: ${problems.join("; ")}`, `Correct ${source}`);
  }
  if (written !== undefined && written !== region) {
    const where = provider.region === undefined ? "AWS_REGION" : `aws:region of ${configFile}`;
    return failed(
      `${where} is ${written}, but ${source} is planned for ${region}: everything would be made in ${written}`,
      `Make ${where} and cloud.region of ${source} the same`,
    );
  }
  if (written === undefined) {
    return warning(
      `${configFile} names no region: that of the profile counts, and ${source} is planned for ${region}`,
      `Add aws:region: ${region} to ${configFile}`,
    );
  }
  return ok(`${source} is planned for ${region}, where the stack goes`);
}
