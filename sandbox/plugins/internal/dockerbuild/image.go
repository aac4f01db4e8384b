package dockerbuild

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// Media types of OCI's image specification 1.1 and of BuildKit's cache.
const (
	indexType       = "application/vnd.oci.image.index.v1+json"
	manifestType    = "application/vnd.oci.image.manifest.v1+json"
	configType      = "application/vnd.oci.image.config.v1+json"
	layerType       = "application/vnd.oci.image.layer.v1.tar"
	cacheConfigType = "application/vnd.buildkit.cacheconfig.v0"
)

type descriptor struct {
	MediaType string    `json:"mediaType"`
	Digest    string    `json:"digest"`
	Size      int64     `json:"size"`
	Platform  *platform `json:"platform,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

type manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	Config        *descriptor       `json:"config,omitempty"`
	Layers        []descriptor      `json:"layers,omitempty"`
	Manifests     []descriptor      `json:"manifests,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// document is a manifest as it is pushed.
type document struct {
	text   string
	digest string
	kind   string
}

// described is an image in the place of a built one. What a build would put into layers, the base and the results of RUN, is
// not there: its one layer is the build context, its history the Dockerfile. The same inputs give the same bytes.
type described struct {
	// parts are the manifests per platform, where there are several.
	parts []document
	// whole is what the tag names.
	whole document
	// cache is what `cacheTo` exports.
	cache document
}

func describe(args arguments) (described, error) {
	layer, err := packContext(args)
	if err != nil {
		return described{}, err
	}
	history, err := historyOf(args)
	if err != nil {
		return described{}, err
	}
	wanted := args.Platforms
	if len(wanted) == 0 {
		wanted = []string{"linux/amd64"}
	}
	var made described
	index := manifest{SchemaVersion: 2, MediaType: indexType}
	for _, name := range wanted {
		system, architecture, _ := strings.Cut(name, "/")
		target := platform{Architecture: architecture, OS: system}
		config, err := blob(configOf(args, target, history, layer.Digest))
		if err != nil {
			return described{}, err
		}
		part, size, err := documentOf(manifest{SchemaVersion: 2, MediaType: manifestType, Config: config.as(configType), Layers: []descriptor{layer}})
		if err != nil {
			return described{}, err
		}
		made.parts = append(made.parts, part)
		index.Manifests = append(index.Manifests, descriptor{MediaType: manifestType, Digest: part.digest, Size: size, Platform: &target})
	}
	if made.whole = made.parts[0]; len(made.parts) > 1 {
		if made.whole, _, err = documentOf(index); err != nil {
			return described{}, err
		}
	} else {
		made.parts = nil
	}
	cacheConfig, err := blob(map[string]any{"layers": []any{map[string]any{"blob": layer.Digest, "parent": -1}}})
	if err != nil {
		return described{}, err
	}
	made.cache, _, err = documentOf(manifest{SchemaVersion: 2, MediaType: manifestType, Config: cacheConfig.as(cacheConfigType), Layers: []descriptor{layer}})
	return made, err
}

func configOf(args arguments, target platform, history []map[string]any, diffID string) map[string]any {
	created := createdAt(args)
	for _, entry := range history {
		entry["created"] = created
	}
	return map[string]any{
		"architecture": target.Architecture, "os": target.OS, "created": created,
		"config":  map[string]any{"Labels": args.Labels},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{diffID}},
		"history": history,
	}
}

// createdAt is BuildKit's reproducible time where the build sets one. Without it a build is never the same twice, which no
// simulation needs.
func createdAt(args arguments) string {
	seconds, _ := strconv.ParseInt(args.BuildArgs["SOURCE_DATE_EPOCH"], 10, 64)
	return time.Unix(seconds, 0).UTC().Format(time.RFC3339)
}

// historyOf is the Dockerfile's instructions up to the target, behind the build's own arguments.
func historyOf(args arguments) ([]map[string]any, error) {
	text := []byte(args.Dockerfile.Inline)
	if args.Dockerfile.Location != "" && !remote(args.Dockerfile.Location) {
		var err error
		if text, err = os.ReadFile(filepath.Clean(args.Dockerfile.Location)); err != nil {
			return nil, err
		}
	}
	found, err := stages(text)
	if err != nil {
		return nil, err
	}
	if args.Target != "" {
		at, known := instructions.HasStage(found, args.Target)
		if !known {
			return nil, fmt.Errorf("target stage %q could not be found", args.Target)
		}
		found = found[:at+1]
	}
	var history []map[string]any
	add := func(line string) { history = append(history, map[string]any{"created_by": line}) }
	for _, name := range sortedKeys(args.BuildArgs) {
		add("ARG " + name + "=" + args.BuildArgs[name])
	}
	for _, stage := range found {
		add(stage.OrigCmd + " " + stage.BaseName)
		for _, command := range stage.Commands {
			add(fmt.Sprint(command))
		}
	}
	return history, nil
}

// packContext is the context as one layer, of which only the digest and the size are kept.
func packContext(args arguments) (descriptor, error) {
	files, err := contextFiles(args.Context.Location, args)
	if err != nil {
		return descriptor{}, err
	}
	hash := sha256.New()
	size := &counter{}
	archive := tar.NewWriter(io.MultiWriter(hash, size))
	for _, each := range files {
		text, err := each.read()
		if err != nil {
			return descriptor{}, err
		}
		header := &tar.Header{Name: each.path, Mode: int64(each.mode.Perm()), Size: int64(len(text)), Format: tar.FormatPAX}
		if err := archive.WriteHeader(header); err != nil {
			return descriptor{}, err
		}
		if _, err := archive.Write(text); err != nil {
			return descriptor{}, err
		}
	}
	if err := archive.Close(); err != nil {
		return descriptor{}, err
	}
	return descriptor{MediaType: layerType, Digest: "sha256:" + hex.EncodeToString(hash.Sum(nil)), Size: size.bytes}, nil
}

func (f file) read() ([]byte, error) {
	reader, err := f.open()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return io.ReadAll(reader)
}

type counter struct{ bytes int64 }

func (c *counter) Write(data []byte) (int, error) {
	c.bytes += int64(len(data))
	return len(data), nil
}

func blob(value any) (descriptor, error) {
	text, err := json.Marshal(value)
	return descriptor{Digest: digestOf(text), Size: int64(len(text))}, err
}

func (d descriptor) as(mediaType string) *descriptor {
	d.MediaType = mediaType
	return &d
}

func documentOf(m manifest) (document, int64, error) {
	text, err := json.Marshal(m)
	return document{text: string(text), digest: digestOf(text), kind: m.MediaType}, int64(len(text)), err
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}
