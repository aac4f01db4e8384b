const { load } = require("../runtime/load.cjs");

// The pack reads its version from the package.json of the working directory, which may be the program's.
process.chdir(__dirname);
load("policy/index.ts");
