/** An error that a person can act on. Printed as message and remedy, never with a stack trace. */
export class UserError extends Error {
  override readonly name = "UserError";

  /**
   * @param message what went wrong, with the value that caused it
   * @param remedy what to do next, one step per entry
   */
  constructor(
    message: string,
    readonly remedy: readonly string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
