package dockerbuild

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/moby/patternmatcher/ignorefile"
	"github.com/tonistiigi/fsutil"
)

// file is one of a build context, as BuildKit would be sent it.
type file struct {
	// path is relative to the context, with slashes.
	path string
	mode fs.FileMode
	open func() (io.ReadCloser, error)
}

// contextHash is over the Dockerfile and each file's content, path and mode: what the official plugin compares to know
// whether an image has to be built anew.
func contextHash(args arguments) (string, error) {
	hash := sha256.New()
	if location := args.Dockerfile.Location; location != "" && !remote(location) {
		text, err := os.ReadFile(filepath.Clean(location))
		if err != nil {
			return "", err
		}
		hash.Write(text)
	}
	folders := []string{args.Context.Location}
	for _, name := range sortedKeys(args.Context.Named) {
		folders = append(folders, args.Context.Named[name].Location)
	}
	for _, folder := range folders {
		files, err := contextFiles(folder, args)
		if err != nil {
			return "", err
		}
		for _, each := range files {
			if err := each.copyTo(hash); err != nil {
				return "", err
			}
			hash.Write([]byte(each.path + each.mode.String()))
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

func (f file) copyTo(writer io.Writer) error {
	reader, err := f.open()
	if err != nil {
		return err
	}
	defer reader.Close()
	_, err = io.Copy(writer, reader)
	return err
}

// contextFiles are a folder's files but for those that its .dockerignore names, by the code that BuildKit walks them with.
func contextFiles(folder string, args arguments) ([]file, error) {
	if !isFolder(folder) {
		return nil, nil
	}
	excludes, err := ignorePatterns(args)
	if err != nil {
		return nil, err
	}
	whole, err := fsutil.NewFS(folder)
	if err != nil {
		return nil, err
	}
	filtered, err := fsutil.NewFilterFS(whole, &fsutil.FilterOpt{ExcludePatterns: excludes})
	if err != nil {
		return nil, err
	}
	var files []file
	err = filtered.Walk(context.Background(), "/", func(path string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		info, err := item.Info()
		if err != nil {
			return err
		}
		if target, err := os.Stat(filepath.Join(folder, path)); err != nil || !target.Mode().IsRegular() {
			return nil // neither a file nor a link to one
		}
		files = append(files, file{
			path: filepath.ToSlash(path), mode: info.Mode(),
			open: func() (io.ReadCloser, error) { return os.Open(filepath.Join(folder, path)) },
		})
		return nil
	})
	return files, err
}

// ignorePatterns are those beside the Dockerfile, under its name, or else those of the context.
func ignorePatterns(args arguments) ([]string, error) {
	for _, name := range []string{args.Dockerfile.Location + ".dockerignore", filepath.Join(args.Context.Location, ".dockerignore")} {
		reader, err := os.Open(filepath.Clean(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer reader.Close()
		return ignorefile.ReadAll(reader)
	}
	return nil, nil
}

func sortedKeys[Value any](values map[string]Value) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
