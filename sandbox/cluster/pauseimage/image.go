// Package pauseimage writes the image of the pause container, which every pod starts with, as an OCI archive.
package pauseimage

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
)

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// Write writes the image named reference with program as its only file, and returns the image's ID.
// The same program gives the same bytes, so that an image is recognized by its ID.
func Write(out io.Writer, reference string, program []byte) (string, error) {
	layer, err := archive(map[string][]byte{"pause": program}, []string{"pause"}, 0o555)
	if err != nil {
		return "", err
	}
	blobs := map[string][]byte{}
	add := func(mediaType string, content []byte) descriptor {
		digest := fmt.Sprintf("%x", sha256.Sum256(content))
		blobs["blobs/sha256/"+digest] = content
		return descriptor{MediaType: mediaType, Digest: "sha256:" + digest, Size: len(content)}
	}
	marshal := func(value any) []byte {
		content, marshalErr := json.Marshal(value)
		if marshalErr != nil {
			err = marshalErr
		}
		return content
	}

	layerBlob := add("application/vnd.oci.image.layer.v1.tar", layer)
	configBlob := add("application/vnd.oci.image.config.v1+json", marshal(map[string]any{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       map[string]any{"Entrypoint": []string{"/pause"}, "User": "65535:65535"},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{layerBlob.Digest}},
	}))
	manifest := add("application/vnd.oci.image.manifest.v1+json", marshal(map[string]any{
		"schemaVersion": 2,
		"mediaType":     "application/vnd.oci.image.manifest.v1+json",
		"config":        configBlob,
		"layers":        []descriptor{layerBlob},
	}))
	manifest.Annotations = map[string]string{"io.containerd.image.name": reference}
	blobs["oci-layout"] = marshal(map[string]string{"imageLayoutVersion": "1.0.0"})
	blobs["index.json"] = marshal(map[string]any{"schemaVersion": 2, "manifests": []descriptor{manifest}})
	if err != nil {
		return "", err
	}

	names := []string{"oci-layout", "index.json"}
	for _, blob := range []descriptor{layerBlob, configBlob, manifest} {
		names = append(names, "blobs/sha256/"+blob.Digest[len("sha256:"):])
	}
	content, err := archive(blobs, names, 0o444)
	if err != nil {
		return "", err
	}
	_, err = out.Write(content)
	return configBlob.Digest, err
}

func archive(files map[string][]byte, names []string, mode int64) ([]byte, error) {
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	for _, name := range names {
		header := &tar.Header{Name: name, Mode: mode, Size: int64(len(files[name])), Format: tar.FormatUSTAR}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(files[name]); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return out.Bytes(), err
}
