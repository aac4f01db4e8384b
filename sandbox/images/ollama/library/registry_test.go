package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const embedder = "GGUF that embeds"

// client trusts the stand-in's certificate only, and finds every host at its server.
func client(t *testing.T, model []byte, log *bytes.Buffer) *http.Client {
	t.Helper()
	registry, err := newRegistry(model, []byte(embedder), slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	own, err := identity()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(registry.routes())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{own}}
	server.StartTLS()
	t.Cleanup(server.Close)
	text, err := trusted()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("the certificate is not PEM")
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool},
		Dial:            func(network, _ string) (net.Conn, error) { return net.Dial(network, server.Listener.Addr().String()) },
	}}
}

func get(t *testing.T, c *http.Client, url, span string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if span != "" {
		request.Header.Set("Range", span)
	}
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

func TestEveryNameIsAModelOfItsKindAndSaysSo(t *testing.T) {
	var log bytes.Buffer
	const generator = "GGUF and so on"
	c := client(t, []byte(generator), &log)
	for name, model := range map[string]string{
		"tinyllama/manifests/1.1b":          generator,
		"qwen3/manifests/latest":            generator,
		"qwen3-embedding/manifests/0.6b":    embedder,
		"nomic-embed-text/manifests/latest": embedder,
	} {
		_, body := get(t, c, "https://registry.ollama.ai/v2/library/"+name, "")
		var m manifest
		if err := json.Unmarshal(body, &m); err != nil {
			t.Fatal(err)
		}
		contents := map[string]string{}
		for _, l := range append(m.Layers, m.Config) {
			response, content := get(t, c, "https://registry.ollama.ai/v2/library/x/blobs/"+l.Digest, "")
			if digest(content) != l.Digest || len(content) != l.Size {
				t.Errorf("%s is not what the manifest says", l.MediaType)
			}
			if response.Request.URL.Host != "blobs.registry.ollama.ai" {
				t.Errorf("%s came from %s, which Ollama does not take", l.MediaType, response.Request.URL.Host)
			}
			contents[l.MediaType] = string(content)
		}
		if contents["application/vnd.ollama.image.model"] != model {
			t.Errorf("%s is another model", name)
		}
		if !strings.Contains(contents["application/vnd.ollama.image.license"], "random weights") {
			t.Error("the model does not say what it is")
		}
	}
	if !strings.Contains(log.String(), "random weights instead of tinyllama:1.1b") {
		t.Errorf("the log does not say what it served: %s", log.String())
	}
}

func TestBlobsCanBeFetchedInPartsAndAskedForTheirSize(t *testing.T) {
	model := []byte("0123456789")
	c := client(t, model, &bytes.Buffer{})
	blob := "https://registry.ollama.ai/v2/library/x/blobs/" + digest(model)
	if _, part := get(t, c, blob, "bytes=2-4"); string(part) != "234" {
		t.Errorf("bytes 2 to 4 are %q", part)
	}
	head, err := c.Head(blob)
	if err != nil {
		t.Fatal(err)
	}
	if head.ContentLength != 10 || head.Request.URL.Host != registryHost {
		t.Errorf("HEAD says %d bytes at %s", head.ContentLength, head.Request.URL.Host)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	c := client(t, []byte("m"), &bytes.Buffer{})
	for _, path := range []string{"/v2/library/x/blobs/sha256:0", "/v2/", "/v2/other/x/manifests/1"} {
		if response, _ := get(t, c, "https://registry.ollama.ai"+path, ""); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", path, response.StatusCode)
		}
	}
}

func TestTheCertificateIsTheSameEachTimeAndForTwoNamesOnly(t *testing.T) {
	first, err := trusted()
	if err != nil {
		t.Fatal(err)
	}
	second, err := trusted()
	if err != nil || !bytes.Equal(first, second) {
		t.Error("an image that trusts the one would not trust the other")
	}
	own, err := identity()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(own.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if parsed.IsCA || len(parsed.DNSNames) != 2 {
		t.Errorf("it vouches for more than two names: %v", parsed.DNSNames)
	}
}
