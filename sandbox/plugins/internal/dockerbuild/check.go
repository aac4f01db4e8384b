package dockerbuild

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// platforms are those of the schema.
var platforms = strings.Fields(`darwin/386 darwin/amd64 darwin/arm darwin/arm64 dragonfly/amd64 freebsd/386 freebsd/amd64
	freebsd/arm linux/386 linux/amd64 linux/arm linux/arm64 linux/mips64 linux/mips64le linux/ppc64le linux/riscv64
	linux/s390x netbsd/386 netbsd/amd64 netbsd/arm openbsd/386 openbsd/amd64 openbsd/arm plan9/386 plan9/amd64
	solaris/amd64 windows/386 windows/amd64`)

// faults are all that is wrong with the arguments; what is not known yet is not judged.
func (a *arguments) faults(unknowns bool) []*pulumirpc.CheckFailure {
	var found []*pulumirpc.CheckFailure
	fault := func(property, format string, args ...any) {
		found = append(found, &pulumirpc.CheckFailure{Property: property, Reason: fmt.Sprintf(format, args...)})
	}
	if a.Context.Location == "" && !unknowns {
		a.Context.Location, a.Dockerfile.Location = ".", "Dockerfile"
	}
	if location := a.Context.Location; location != "" && !remote(location) && !isFolder(location) {
		fault("context.location", "%q: not a valid directory or URL", location)
	}
	if property, err := a.Dockerfile.fault(); err != nil {
		fault(property, "%s", err)
	}
	if a.exported() && len(a.Tags) == 0 {
		fault("exports[0]", "at least one tag or export name is needed when pushing to a registry")
	}
	for index, platform := range a.Platforms {
		if platform != "" && !slices.Contains(platforms, platform) {
			fault(fmt.Sprintf("platforms[%d]", index), "%q: unknown operating system or architecture", platform)
		}
	}
	for index, tag := range a.Tags {
		if tag == "" && unknowns {
			continue
		}
		if _, err := reference.Parse(tag); err != nil {
			fault(fmt.Sprintf("tags[%d]", index), "%s", err)
		}
	}
	for property, entries := range map[string][]entry{"cacheFrom": a.CacheFrom, "cacheTo": a.CacheTo, "exports": a.Exports} {
		for index, each := range entries {
			if kinds := each.kinds(); len(kinds) > 1 {
				fault(fmt.Sprintf("%s[%d]", property, index), "%s should only specify one type, not %s", property, strings.Join(kinds, " and "))
			}
		}
	}
	return found
}

func (e entry) kinds() []string {
	var kinds []string
	for name := range e {
		if name != "disabled" {
			kinds = append(kinds, name)
		}
	}
	slices.Sort(kinds)
	return kinds
}

func (d dockerfile) fault() (property string, err error) {
	switch {
	case d.Location != "" && d.Inline != "":
		return "dockerfile", errors.New(`only specify "location" or "inline", not both`)
	case d.Location != "" && !remote(d.Location):
		text, err := os.ReadFile(filepath.Clean(d.Location))
		if err == nil {
			_, err = stages(text)
		}
		return "dockerfile.location", err
	case d.Inline != "":
		_, err := stages([]byte(d.Inline))
		return "dockerfile.inline", err
	}
	return "", nil
}

// stages reads a Dockerfile with BuildKit's own parser. One that names a frontend of its own is not read.
func stages(text []byte) ([]instructions.Stage, error) {
	if frontend, _, _, _ := parser.DetectSyntax(text); frontend != "" && frontend != "docker/dockerfile:1" {
		return nil, nil
	}
	parsed, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	found, _, err := instructions.Parse(parsed.AST, nil)
	return found, err
}

// remote locations are fetched by Docker: nothing is known of them here.
func remote(location string) bool {
	for _, start := range []string{"http://", "https://", "git://", "git@", "github.com/", "ssh://", "docker-image://"} {
		if strings.HasPrefix(location, start) {
			return true
		}
	}
	return false
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// joined keeps a relative location relative, so that it is the same on every machine.
func joined(folder, file string) string { return filepath.Join(folder, file) }
