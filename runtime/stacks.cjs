const { SourceMap } = require("node:module");
const { resolve } = require("node:path");

/**
 * Shows the stacks of errors that end the program with the lines of the TypeScript source. Only of those: Node's own
 * source maps would translate every stack that anybody takes, which costs a quarter of a small preview.
 */
function mapStacksOfFailures(file, mapText) {
  const onFailure = () => {
    const map = new SourceMap(JSON.parse(mapText));
    // A stack is formatted when it is first read, and nobody has read this one yet.
    Error.prepareStackTrace = (error, frames) =>
      [String(error), ...frames.map((frame) => `    at ${described(frame, file, map)}`)].join("\n");
  };
  process.prependListener("uncaughtException", onFailure);
  process.prependListener("unhandledRejection", onFailure);
}

function described(frame, file, map) {
  if (frame.getFileName() !== file) return String(frame);
  const { originalColumn, originalLine, originalSource } = map.findEntry(
    frame.getLineNumber() - 1,
    frame.getColumnNumber() - 1,
  );
  if (originalSource === undefined) return String(frame);
  const position = `${resolve(file, "..", originalSource)}:${originalLine + 1}:${originalColumn + 1}`;
  const name = frame.getFunctionName();
  return name ? `${name} (${position})` : position;
}

module.exports = { mapStacksOfFailures };
