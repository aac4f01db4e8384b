import { writeFileSync } from "node:fs";
import { reportJsonSchema } from "./schema.ts";

// `npm run schemas`: what `npm run doctor -- --json` prints, described for those who read it.
const file = new URL("../../docs/schemas/doctor.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(reportJsonSchema(), null, 2)}\n`);
