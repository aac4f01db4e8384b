// Package certs issues and renews the certificates of one cluster from authorities of its own.
package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	authorityLifetime = 10 * 365 * 24 * time.Hour
	leafLifetime      = 365 * 24 * time.Hour
	// A certificate is renewed at a start that finds less than this left, so that a node may then run for a month.
	renewBefore = 30 * 24 * time.Hour
	// clockSkew lets a certificate be valid at once where the clock steps back a little.
	clockSkew = 5 * time.Minute
)

// Leaf describes one certificate. Its files are <Name>.crt and <Name>.key.
type Leaf struct {
	Name         string
	Authority    string
	CommonName   string
	Organization string
	// Hosts are DNS names and IP addresses. A leaf with hosts is for servers, and every leaf is for clients.
	Hosts []string
}

// Ensure makes sure that dir holds every authority and leaf, valid at now, and renews what nears its end.
// A leaf is also renewed when its authority or its description changed.
func Ensure(dir string, authorities []string, leaves []Leaf, now time.Time) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	issuers := map[string]pair{}
	for _, name := range authorities {
		issuer, err := ensureAuthority(dir, name, now)
		if err != nil {
			return fmt.Errorf("certificate authority %s: %w", name, err)
		}
		issuers[name] = issuer
	}
	for _, leaf := range leaves {
		issuer, ok := issuers[leaf.Authority]
		if !ok {
			return fmt.Errorf("certificate %s: unknown authority %q", leaf.Name, leaf.Authority)
		}
		if err := ensureLeaf(dir, leaf, issuer, now); err != nil {
			return fmt.Errorf("certificate %s: %w", leaf.Name, err)
		}
	}
	return nil
}

// EnsureKey makes sure that dir holds a signing key of that name: <name>.key and its public half <name>.pub.
func EnsureKey(dir, name string) error {
	if _, err := readKey(filepath.Join(dir, name+".key")); err == nil {
		return nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	if err := writePEM(filepath.Join(dir, name+".pub"), "PUBLIC KEY", public); err != nil {
		return err
	}
	return writeKey(filepath.Join(dir, name+".key"), key)
}

type pair struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

func ensureAuthority(dir, name string, now time.Time) (pair, error) {
	current, err := readPair(dir, name)
	if err == nil && current.certificate.IsCA && fresh(current.certificate, now) {
		return current, nil
	}
	return issue(dir, name, &x509.Certificate{
		Subject:               pkix.Name{CommonName: name},
		NotAfter:              now.Add(authorityLifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}, nil, now)
}

func ensureLeaf(dir string, leaf Leaf, issuer pair, now time.Time) error {
	wanted := leaf.template(now)
	current, err := readPair(dir, leaf.Name)
	if err == nil && fresh(current.certificate, now) && sameIdentity(current.certificate, wanted) &&
		current.certificate.CheckSignatureFrom(issuer.certificate) == nil {
		return nil
	}
	_, err = issue(dir, leaf.Name, wanted, &issuer, now)
	return err
}

func (l Leaf) template(now time.Time) *x509.Certificate {
	template := &x509.Certificate{
		Subject:     pkix.Name{CommonName: l.CommonName},
		NotAfter:    now.Add(leafLifetime),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if l.Organization != "" {
		template.Subject.Organization = []string{l.Organization}
	}
	if len(l.Hosts) > 0 {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	for _, host := range l.Hosts {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return template
}

func fresh(certificate *x509.Certificate, now time.Time) bool {
	return now.After(certificate.NotBefore) && now.Add(renewBefore).Before(certificate.NotAfter)
}

func sameIdentity(a, b *x509.Certificate) bool {
	return a.Subject.CommonName == b.Subject.CommonName &&
		slices.Equal(a.Subject.Organization, b.Subject.Organization) &&
		slices.Equal(a.DNSNames, b.DNSNames) &&
		slices.EqualFunc(a.IPAddresses, b.IPAddresses, net.IP.Equal)
}

// issue signs template with issuer, or with its own key when there is no issuer, and writes both files.
func issue(dir, name string, template *x509.Certificate, issuer *pair, now time.Time) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return pair{}, err
	}
	template.SerialNumber = serial
	template.NotBefore = now.Add(-clockSkew)
	if issuer == nil {
		issuer = &pair{certificate: template, key: key}
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, issuer.certificate, key.Public(), issuer.key)
	if err != nil {
		return pair{}, err
	}
	// The certificate is written last: a start that was killed in between finds no match and issues anew.
	if err := writeKey(filepath.Join(dir, name+".key"), key); err != nil {
		return pair{}, err
	}
	if err := writePEM(filepath.Join(dir, name+".crt"), "CERTIFICATE", raw); err != nil {
		return pair{}, err
	}
	certificate, err := x509.ParseCertificate(raw)
	return pair{certificate, key}, err
}

func readPair(dir, name string) (pair, error) {
	key, err := readKey(filepath.Join(dir, name+".key"))
	if err != nil {
		return pair{}, err
	}
	raw, err := readPEM(filepath.Join(dir, name+".crt"))
	if err != nil {
		return pair{}, err
	}
	certificate, err := x509.ParseCertificate(raw)
	if err != nil {
		return pair{}, err
	}
	public, ok := certificate.PublicKey.(*ecdsa.PublicKey)
	if !ok || !public.Equal(key.Public()) {
		return pair{}, errors.New("certificate and key do not match")
	}
	return pair{certificate, key}, nil
}

func readKey(path string) (crypto.Signer, error) {
	raw, err := readPEM(path)
	if err != nil {
		return nil, err
	}
	return x509.ParseECPrivateKey(raw)
}

func writeKey(path string, key *ecdsa.PrivateKey) error {
	raw, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(path, "EC PRIVATE KEY", raw)
}

func readPEM(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM block", path)
	}
	return block.Bytes, nil
}

func writePEM(path, kind string, raw []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600)
}
