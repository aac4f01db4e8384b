import { describe, expect, test } from "vitest";
import { type ImagePin, imageRef, images, registryImages } from "../../catalog/images.ts";

const all: [string, ImagePin][] = [...Object.entries(images), ...Object.entries(registryImages)];

describe.each(all)("the image %s", (_, pin) => {
  test("has a tag that names its version and doesn't move", () => {
    expect(pin.tag).toContain(pin.version);
    expect(pin.tag).not.toMatch(/latest|nightly|stable|edge|main|^v?\d+$/);
  });

  test("has a digest of the right form, or none", () => {
    expect(pin.digest ?? `sha256:${"0".repeat(64)}`).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("comes from somewhere", () => {
    expect(pin.source).toMatch(/^(https:\/\/github\.com\/[\w.-]+\/[\w.-]+|services\/\w+)$/);
    expect(pin.repository).not.toMatch(/[:@]/);
  });
});

test("no name, and no reference, is there twice", () => {
  expect(new Set(all.map(([name]) => name)).size).toBe(all.length);
  expect(new Set(all.map(([, { repository, tag }]) => `${repository}:${tag}`)).size).toBe(all.length);
});

test("a reference carries the digest where there is one", () => {
  expect(imageRef("traefik")).toBe("traefik:v3.7.15");
  expect(imageRef("qdrant")).toBe(
    "qdrant/qdrant:v1.19.0-unprivileged@sha256:a0e04fe623cb064502cd869cefc1dc7ce359d8edd481063b5bd351c0a0a2c91e",
  );
});
