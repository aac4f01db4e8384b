package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

const notice = `This is not the model of that name. It is a stand-in of the sandbox, which reaches no library of models:
a Llama of 160 thousand random weights, 0.6 MB. Its tokens are real; what it says makes no sense.
`

const manifestType = "application/vnd.docker.distribution.manifest.v2+json"

// Layers as Ollama's manifests name them. Source: Ollama 0.33.3, server/images.go.
type layer struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int    `json:"size"`
}

type manifest struct {
	SchemaVersion int     `json:"schemaVersion"`
	MediaType     string  `json:"mediaType"`
	Config        layer   `json:"config"`
	Layers        []layer `json:"layers"`
}

// registry answers for every model of the library and every tag, always with the same one, or that which embeds.
type registry struct {
	generates, embeds []byte
	blobs             map[string][]byte
	log               *slog.Logger
}

func newRegistry(generates, embeds []byte, log *slog.Logger) (*registry, error) {
	r := &registry{blobs: map[string][]byte{}, log: log}
	var err error
	if r.generates, err = r.manifestOf(generates); err != nil {
		return nil, err
	}
	r.embeds, err = r.manifestOf(embeds)
	return r, err
}

func (r *registry) manifestOf(model []byte) ([]byte, error) {
	config, err := json.Marshal(map[string]any{
		"model_format": "gguf", "model_family": "llama", "model_families": []string{"llama"}, "model_type": "160K",
		"file_type": "F32", "architecture": "amd64", "os": "linux",
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(model), digest([]byte(notice))}},
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(manifest{
		SchemaVersion: 2,
		MediaType:     manifestType,
		Config:        r.keep("application/vnd.docker.container.image.v1+json", config),
		Layers: []layer{
			r.keep("application/vnd.ollama.image.model", model),
			r.keep("application/vnd.ollama.image.license", []byte(notice)),
		},
	})
}

// named is the manifest of a model of that name: those of embedding models say so.
func (r *registry) named(model string) []byte {
	if strings.Contains(model, "embed") {
		return r.embeds
	}
	return r.generates
}

func (r *registry) keep(mediaType string, content []byte) layer {
	name := digest(content)
	r.blobs[name] = content
	return layer{mediaType, name, len(content)}
}

func digest(content []byte) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256(content))
}

// routes are those that Ollama pulls by. Its client takes blobs only from another host than the registry's, to which the
// registry sends it (server/download.go).
func (r *registry) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+registryHost+"/v2/library/{model}/manifests/{tag}", func(w http.ResponseWriter, q *http.Request) {
		asked := q.PathValue("model") + ":" + q.PathValue("tag")
		r.log.Info("a tiny model with random weights instead of "+asked, "model", asked)
		found := r.named(q.PathValue("model"))
		w.Header().Set("Content-Type", manifestType)
		w.Header().Set("Docker-Content-Digest", digest(found))
		http.ServeContent(w, q, "", time.Time{}, bytes.NewReader(found))
	})
	mux.HandleFunc("GET "+registryHost+"/v2/library/{model}/blobs/{digest}", func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodGet {
			http.Redirect(w, q, "https://"+storeHost+"/"+q.PathValue("digest"), http.StatusTemporaryRedirect)
			return
		}
		r.blob(w, q)
	})
	mux.HandleFunc("GET "+storeHost+"/{digest}", r.blob)
	return withoutPort(mux)
}

func (r *registry) blob(w http.ResponseWriter, q *http.Request) {
	content, ok := r.blobs[q.PathValue("digest")]
	if !ok {
		http.NotFound(w, q)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, q, "", time.Time{}, bytes.NewReader(content))
}

// withoutPort makes hosts of routes match where a port is not the usual one, as in tests.
func withoutPort(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.Host, _, _ = strings.Cut(q.Host, ":")
		next.ServeHTTP(w, q)
	})
}
