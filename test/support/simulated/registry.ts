import { expect } from "vitest";
import { z } from "zod";
import { call, type Sdk } from "./sdk.ts";

const detailsSchema = z.object({
  imageDetails: z.tuple([z.object({ imageDigest: z.string(), imageTags: z.array(z.string()) })]),
});

/** A node would find what a pod names: the repository, the tag, and under it the digest, if one is named. */
export async function expectInRegistry(sdk: Sdk, image: string): Promise<void> {
  const [name = "", digest] = image.split("@");
  const repositoryName = name.slice(name.indexOf("/") + 1, name.lastIndexOf(":"));
  const imageTag = name.slice(name.lastIndexOf(":") + 1);
  const found = await sdk.get(
    call("ecr", "describe_images", { repositoryName, imageIds: [{ imageTag }] }),
    detailsSchema,
  );
  const [{ imageDigest, imageTags }] = found.imageDetails;
  expect(imageTags).toContain(imageTag);
  if (digest !== undefined) expect(imageDigest).toBe(digest);
}
