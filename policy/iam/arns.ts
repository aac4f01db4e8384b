import { globbed } from "./reference.ts";

/**
 * Whether some resource of a form, such as `arn:${Partition}:ec2:${Region}:${Account}:volume/${VolumeId}`, is one that an ARN
 * with wildcards stands for.
 */
export function touches(arn: string, form: string): boolean {
  const pieces = piecesOf(form);
  const seen = new Map<string, boolean>();
  const meet = (at: number, from: number): boolean => {
    const key = `${at} ${from}`;
    const known = seen.get(key) ?? meetFresh(at, from);
    seen.set(key, known);
    return known;
  };
  const meetFresh = (at: number, from: number): boolean => {
    const letter = arn[at];
    const piece = pieces[from];
    if (letter === undefined && piece === undefined) return true;
    if (letter === "*" && (meet(at + 1, from) || (piece !== undefined && meet(at, from + 1)))) return true;
    if (piece === undefined) return false;
    if (piece.kind === "name") {
      return (
        meet(at, from + 1) || (letter !== undefined && !piece.never.includes(letter) && meet(at + 1, from))
      );
    }
    return (letter === piece.letter || letter === "?") && meet(at + 1, from + 1);
  };
  return meet(0, 0);
}

/** Whether an ARN stands for every resource of a form in its region and account: it also covers one that nobody has. */
export function covers(arn: string, form: string): boolean {
  const [, partition = "", , region = "", account = ""] = arn.split(":");
  const own: Readonly<Record<string, string>> = { Partition: partition, Region: region, Account: account };
  const anyName = form.replace(/\$\{(\w+)\}/g, (_, name: string) => own[name] ?? "a-name-that-nobody-has");
  return globbed(arn).test(anyName);
}

type Piece =
  | { readonly kind: "letter"; readonly letter: string }
  | { readonly kind: "name"; readonly never: string };

/** Names hold no colon, and those of buckets no slash, which begins an object's. */
function piecesOf(form: string): Piece[] {
  return [...form.matchAll(/\$\{(\w+)\}|[^$]/g)].map(([letter, name]) =>
    name === undefined
      ? { kind: "letter", letter }
      : { kind: "name", never: name === "BucketName" ? ":/" : ":" },
  );
}
