package certs

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var server = Leaf{
	Name: "server", Authority: "ca", CommonName: "api", Organization: "people", Hosts: []string{"localhost", "127.0.0.1"},
}

func ensure(t *testing.T, dir string, leaf Leaf, now time.Time) *x509.Certificate {
	t.Helper()
	if err := Ensure(dir, []string{"ca"}, []Leaf{leaf}, now); err != nil {
		t.Fatal(err)
	}
	issued, err := readPair(dir, leaf.Name)
	if err != nil {
		t.Fatal(err)
	}
	return issued.certificate
}

func TestIssuedCertificateVerifiesForItsHosts(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	certificate := ensure(t, dir, server, now)
	authority, err := readPair(dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority.certificate)
	for _, host := range []string{"localhost", "127.0.0.1"} {
		if _, err := certificate.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: now}); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	if _, err := certificate.Verify(x509.VerifyOptions{DNSName: "example.com", Roots: roots, CurrentTime: now}); err == nil {
		t.Error("verifies for a host that it was not issued for")
	}
}

func TestClientCertificateIsNotForServers(t *testing.T) {
	certificate := ensure(t, t.TempDir(), Leaf{Name: "client", Authority: "ca", CommonName: "someone"}, time.Now())
	for _, usage := range certificate.ExtKeyUsage {
		if usage == x509.ExtKeyUsageServerAuth {
			t.Error("a certificate without hosts may serve")
		}
	}
}

func TestCertificatesAreKeptUntilTheyNearTheirEnd(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	first := ensure(t, dir, server, now)
	if again := ensure(t, dir, server, now.Add(leafLifetime-renewBefore-time.Hour)); !again.Equal(first) {
		t.Error("a fresh certificate was issued anew")
	}
	renewed := ensure(t, dir, server, now.Add(leafLifetime-renewBefore+time.Hour))
	if renewed.Equal(first) {
		t.Error("a certificate near its end was kept")
	}
	authority, err := readPair(dir, "ca")
	if err != nil {
		t.Fatal(err)
	}
	if err := renewed.CheckSignatureFrom(authority.certificate); err != nil {
		t.Error(err)
	}
}

func TestLeavesFollowTheirAuthority(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	first := ensure(t, dir, server, now)
	if err := os.Remove(filepath.Join(dir, "ca.crt")); err != nil {
		t.Fatal(err)
	}
	if ensure(t, dir, server, now).Equal(first) {
		t.Error("a certificate of a lost authority was kept")
	}
}

func TestChangedDescriptionIsIssuedAnew(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	first := ensure(t, dir, server, now)
	changed := server
	changed.Hosts = append([]string{"10.96.0.1"}, server.Hosts...)
	if ensure(t, dir, changed, now).Equal(first) {
		t.Error("a certificate with other hosts was kept")
	}
}

func TestTornFilesAreReplaced(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	ensure(t, dir, server, now)
	if err := os.WriteFile(filepath.Join(dir, "server.key"), []byte("torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	ensure(t, dir, server, now)
}

func TestPrivateFilesAreForTheOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	ensure(t, dir, server, time.Now())
	if err := EnsureKey(dir, "sa"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ca.key", "server.key", "sa.key"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
	}
}

func TestSigningKeyIsKept(t *testing.T) {
	dir := t.TempDir()
	read := func() string {
		if err := EnsureKey(dir, "sa"); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(filepath.Join(dir, "sa.key"))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	if read() != read() {
		t.Error("the signing key changed: every token of the cluster would become invalid")
	}
}
