/** What an image or a training is made from can't be read. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}
