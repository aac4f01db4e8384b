package dockerbuild

import (
	"context"
	"fmt"
)

// push puts the image under each of its tags and returns its digest.
func (p *provider) push(ctx context.Context, u string, args arguments) (string, error) {
	image, err := describe(args)
	if err != nil {
		return "", err
	}
	for _, tag := range args.Tags {
		if err := pushTo(ctx, tag, image, args.Registries); err != nil {
			return "", fmt.Errorf("failed to push %s: %w", tag, err)
		}
	}
	for _, cache := range args.CacheTo {
		if err := p.exportCache(ctx, u, cache, image.cache, args.Registries); err != nil {
			return "", err
		}
	}
	return image.whole.digest, nil
}

func pushTo(ctx context.Context, tag string, image described, credentials []registry) error {
	to, err := repositoryOf(tag)
	if err != nil {
		return err
	}
	if err := to.signIn(ctx, credentials); err != nil {
		return err
	}
	// As BuildKit does: what is there under the tag already is not pushed again, and so not refused.
	there, err := to.has(ctx, image.whole.digest)
	if err != nil || there {
		return err
	}
	for _, part := range image.parts {
		if err := to.put(ctx, part, ""); err != nil {
			return err
		}
	}
	return to.put(ctx, image.whole, to.tag)
}

// exportCache replaces the cache under its tag, in the one form that ECR takes.
func (p *provider) exportCache(ctx context.Context, u string, cache entry, content document, credentials []registry) error {
	settings, wanted := cache["registry"].(map[string]any)
	if !wanted || cache["disabled"] == true {
		return nil
	}
	err := func() error {
		reference, _ := settings["ref"].(string)
		to, err := repositoryOf(reference)
		if err != nil {
			return err
		}
		if err := to.signIn(ctx, credentials); err != nil {
			return err
		}
		if settings["imageManifest"] != true || settings["ociMediaTypes"] == false {
			return fmt.Errorf("ECR takes a cache as an OCI image manifest only: set imageManifest and ociMediaTypes to true")
		}
		there, err := to.has(ctx, content.digest)
		if err != nil || there {
			return err
		}
		return to.put(ctx, content, to.tag)
	}()
	if err != nil && settings["ignoreError"] == true {
		p.engine.Warn(u, "the cache was not exported: "+err.Error())
		return nil
	}
	if err != nil {
		return fmt.Errorf("error writing the cache to the registry: %w", err)
	}
	return nil
}

// has tells whether a tag is there and names the digest.
func has(ctx context.Context, tag, digest string) (bool, error) {
	to, err := repositoryOf(tag)
	if err != nil {
		return false, err
	}
	return to.has(ctx, digest)
}

func remove(ctx context.Context, tag, digest string) error {
	from, err := repositoryOf(tag)
	if err != nil {
		return err
	}
	return from.remove(ctx, digest)
}
