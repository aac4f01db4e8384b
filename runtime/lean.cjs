/**
 * Switches off two things that Pulumi's runtime does for its own debugging and that cost half of the time of a large
 * preview: it formats a stack trace for every promise, to name the ones that leak, and another for every resource, to
 * tell the engine the line that registered it. Errors keep their stacks. PULUMI_DEBUG_PROMISE_LEAKS, which shows the
 * leaks, brings both back.
 */
function lean() {
  if (process.env.PULUMI_DEBUG_PROMISE_LEAKS) return;
  const runtime = require("@pulumi/pulumi/runtime/debuggable");
  const { debuggablePromise } = runtime;
  runtime.debuggablePromise = (promise, context) => {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    try {
      return debuggablePromise(promise, context);
    } finally {
      Error.stackTraceLimit = limit;
    }
  };
  require("@pulumi/pulumi/resource").Resource.callsites = () => [];
}

module.exports = { lean };
