package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"time"
)

// The hosts that Ollama asks for a model: the registry, and the store that it sends clients on to.
const (
	registryHost = "registry.ollama.ai"
	storeHost    = "blobs." + registryHost
)

// identity is the key and the certificate of the stand-in, the same each time, so that an image that trusts it is too. The
// key is no secret and need not be one: it is for these two names only, and only the image that has it as well trusts it.
func identity() (tls.Certificate, error) {
	seed := sha256.Sum256([]byte("the sandbox's stand-in for " + registryHost))
	key := ed25519.NewKeyFromSeed(seed[:])
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "sandbox stand-in for " + registryHost},
		DNSNames:     []string{registryHost, storeHost},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{certificate}, PrivateKey: key}, nil
}

// trusted is the certificate as a program's folder of trusted ones holds it.
func trusted() ([]byte, error) {
	own, err := identity()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})
	return out.Bytes(), err
}
