import runtime from "../runtime/lean.cjs";
import load from "../runtime/load.cjs";

runtime.lean();

export default () => {
  load.load("bench/thousand.ts").manyServices(Number(process.env.BENCH_SERVICES));
  return {};
};
