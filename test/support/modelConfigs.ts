import { type ModelConfigs, modelConfigFile } from "../../spec/modelConfigs.ts";

/** What a folder `m2m` with these files would be read as. */
export function modelConfigsOf(files: Readonly<Record<string, string>>): ModelConfigs {
  const names = new Set(Object.keys(files).map((path) => path.slice(0, path.indexOf("/"))));
  const read = (path: string) => {
    const text = files[path];
    return text === undefined ? undefined : modelConfigFile(text, `m2m/${path}`);
  };
  return new Map(
    [...names].flatMap((name) => {
      const yaml = read(`${name}/model-config.yaml`);
      return yaml ? [[name, { yaml, huggingFace: read(`${name}/config.json`) }]] : [];
    }),
  );
}
