import { writeFileSync } from "node:fs";
import { planJsonSchema } from "./schema.ts";

// `npm run schemas`: what `npm run plan -- --json` prints, described for those who read it.
const file = new URL("../../docs/schemas/plan.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(planJsonSchema(), null, 2)}\n`);
