import { fileURLToPath } from "node:url";
import ts from "typescript";

/** What the doc comments of a type say, by field. */
export interface Documentation {
  readonly text: string;
  readonly fields: ReadonlyMap<string, Documentation>;
  /** Of an element of a list, or of a value in an object of names. */
  readonly element: Documentation | undefined;
}

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: ["node"],
};

/**
 * Reads the doc comments of exported types as an editor shows them on hover, defaults and reasons included: the text is
 * written once, beside the field, where who writes TypeScript sees it, and the JSON Schemas take it from there.
 * @param module URL of the module that exports the types
 */
export function documentationOf(module: URL, names: readonly string[]): Documentation[] {
  const file = fileURLToPath(module);
  const program = ts.createProgram([file], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const symbol = source && checker.getSymbolAtLocation(source);
  const exported = symbol ? checker.getExportsOfModule(symbol) : [];
  return names.map((name) => {
    const found = exported.find((candidate) => candidate.name === name);
    if (!found) throw new Error(`${file} exports no ${name}`);
    return documented("", checker.getDeclaredTypeOfSymbol(found), checker);
  });
}

function documented(text: string, optional: ts.Type, checker: ts.TypeChecker): Documentation {
  const type = checker.getNonNullableType(optional);
  const element = elementOf(type, checker);
  return {
    text,
    fields: element || !isObject(type) ? new Map() : fieldsOf(type, checker),
    element: element && documented("", element, checker),
  };
}

function isObject({ flags }: ts.Type): boolean {
  return (flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0;
}

function elementOf(type: ts.Type, checker: ts.TypeChecker): ts.Type | undefined {
  return isObject(type)
    ? (checker.getIndexTypeOfType(type, ts.IndexKind.Number) ??
        checker.getIndexTypeOfType(type, ts.IndexKind.String))
    : undefined;
}

function fieldsOf(type: ts.Type, checker: ts.TypeChecker): ReadonlyMap<string, Documentation> {
  return new Map(
    checker.getPropertiesOfType(type).map((property) => {
      const comment = ts.displayPartsToString(property.getDocumentationComment(checker));
      const text = comment.replace(/\s+/g, " ").trim();
      return [property.name, documented(text, checker.getTypeOfSymbol(property), checker)];
    }),
  );
}
