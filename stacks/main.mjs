import runtime from "../runtime/lean.cjs";
import load from "../runtime/load.cjs";

runtime.lean();

export default load.load("stacks/index.ts").run;
