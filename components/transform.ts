/**
 * The last word on a child resource before it is created: takes the arguments that the component would use and
 * returns those to be used. Every component offers one per child, so that nobody has to fork it for one field.
 */
export type Transform<Args> = (args: Args) => Args;

export function transformed<Args>(transform: Transform<Args> | undefined, args: Args): Args {
  return transform ? transform(args) : args;
}
