import { resolve } from "node:path";
import runtime from "../runtime/lean.cjs";
import load from "../runtime/load.cjs";

runtime.lean();

const root = resolve(import.meta.dirname, "..");

export default () => load.load("stacks/index.ts").run(root);
