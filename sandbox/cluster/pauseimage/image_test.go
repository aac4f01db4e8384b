package pauseimage

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

func members(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	reader := tar.NewReader(bytes.NewReader(archive))
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
}

func TestArchiveHoldsTheNamedImage(t *testing.T) {
	var out bytes.Buffer
	id, err := Write(&out, "registry.k8s.io/pause:3.10", []byte("program"))
	if err != nil {
		t.Fatal(err)
	}
	files := members(t, out.Bytes())
	var index struct{ Manifests []descriptor }
	if err := json.Unmarshal(files["index.json"], &index); err != nil {
		t.Fatal(err)
	}
	if name := index.Manifests[0].Annotations["io.containerd.image.name"]; name != "registry.k8s.io/pause:3.10" {
		t.Error(name)
	}
	blob := func(d descriptor) []byte { return files["blobs/sha256/"+d.Digest[len("sha256:"):]] }
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	if err := json.Unmarshal(blob(index.Manifests[0]), &manifest); err != nil {
		t.Fatal(err)
	}
	if manifest.Config.Digest != id {
		t.Errorf("the image's ID is %s, not %s", manifest.Config.Digest, id)
	}
	if program := members(t, blob(manifest.Layers[0]))["pause"]; string(program) != "program" {
		t.Errorf("the layer holds %q", program)
	}
}

func TestTheSameProgramGivesTheSameImage(t *testing.T) {
	var a, b, c bytes.Buffer
	idA, _ := Write(&a, "pause", []byte("one"))
	idB, _ := Write(&b, "pause", []byte("one"))
	idC, _ := Write(&c, "pause", []byte("two"))
	if idA != idB || !bytes.Equal(a.Bytes(), b.Bytes()) || idA == idC {
		t.Error(idA, idB, idC)
	}
}
