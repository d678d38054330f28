package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func template(name string) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
}

func newAuthority(t *testing.T, name string) authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := template(name)
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return authority{cert, key}
}

// issue writes a certificate and its key, and returns them loaded.
func (a authority) issue(t *testing.T, name, certFile, keyFile string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.CreateCertificate(rand.Reader, template(name), a.cert, key.Public(), a.key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	writePEM(t, keyFile, "PRIVATE KEY", private)
	writePEM(t, certFile, "CERTIFICATE", der)
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	require.NoError(t, err)
	return pair
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

// encrypted serves the API under the settings and returns how to ask it.
func encrypted(t *testing.T, settings config.TLS, trust authority) func(change func(*tls.Config)) (*http.Response, error) {
	t.Helper()
	how, err := tlsConfig(settings)
	require.NoError(t, err)
	s, _ := newServer(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, tls.NewListener(l, how), s, s.Handler(), drain{patience: patience}) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	pool := x509.NewCertPool()
	pool.AddCert(trust.cert)
	return func(change func(*tls.Config)) (*http.Response, error) {
		c := &tls.Config{RootCAs: pool}
		change(c)
		transport := &http.Transport{TLSClientConfig: c, ForceAttemptHTTP2: true}
		defer transport.CloseIdleConnections()
		answer, err := (&http.Client{Transport: transport}).Get("https://" + l.Addr().String() + "/health/live")
		if err == nil {
			err = answer.Body.Close()
		}
		return answer, err
	}
}

func settingsIn(dir string) config.TLS {
	return config.TLS{TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem")}
}

func TestTLS_SpeaksTwelveAndNewer_AndNothingElse(t *testing.T) {
	t.Parallel()
	ca, settings := newAuthority(t, "ca"), settingsIn(t.TempDir())
	ca.issue(t, "server", settings.TLSCert, settings.TLSKey)
	ask := encrypted(t, settings, ca)
	for version, good := range map[uint16]bool{tls.VersionTLS13: true, tls.VersionTLS12: true, tls.VersionTLS11: false} {
		answer, err := ask(func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version })
		if !good {
			require.Error(t, err, tls.VersionName(version))
			continue
		}
		require.NoError(t, err, tls.VersionName(version))
		require.Equal(t, http.StatusOK, answer.StatusCode)
		require.Contains(t, answer.Header.Get("Strict-Transport-Security"), "max-age=")
	}
}

func TestTLS_ARenewedCertificate_IsUsedWithoutARestart(t *testing.T) {
	t.Parallel()
	ca, settings := newAuthority(t, "ca"), settingsIn(t.TempDir())
	ca.issue(t, "old", settings.TLSCert, settings.TLSKey)
	ask := encrypted(t, settings, ca)
	name := func() string {
		t.Helper()
		answer, err := ask(func(*tls.Config) {})
		require.NoError(t, err)
		return answer.TLS.PeerCertificates[0].Subject.CommonName
	}
	require.Equal(t, "old", name())
	ca.issue(t, "new", settings.TLSCert, settings.TLSKey)
	later := time.Now().Add(time.Minute)
	require.NoError(t, os.Chtimes(settings.TLSCert, later, later))
	require.Equal(t, "new", name())
	require.NoError(t, os.WriteFile(settings.TLSCert, []byte("half a certif"), 0o600))
	require.Equal(t, "new", name(), "until the renewal is whole")
}

func TestMutualTLS_TakesOnlyClientsOfTheAuthority(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, foreign, settings := newAuthority(t, "ca"), newAuthority(t, "foreign"), settingsIn(dir)
	ca.issue(t, "server", settings.TLSCert, settings.TLSKey)
	settings.TLSClientCA = filepath.Join(dir, "clients.pem")
	writePEM(t, settings.TLSClientCA, "CERTIFICATE", ca.cert.Raw)
	ask := encrypted(t, settings, ca)
	client := func(a authority) func(*tls.Config) {
		pair := a.issue(t, "client", filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem"))
		return func(c *tls.Config) {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
	}
	_, err := ask(func(*tls.Config) {})
	require.Error(t, err, "no certificate")
	_, err = ask(client(foreign))
	require.Error(t, err, "of another authority")
	answer, err := ask(client(ca))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode)
}

func TestTLS_FilesThatAreNone_EndTheStart(t *testing.T) {
	t.Parallel()
	settings := settingsIn(t.TempDir())
	_, err := tlsConfig(settings)
	require.ErrorContains(t, err, "cert.pem")
	newAuthority(t, "ca").issue(t, "server", settings.TLSCert, settings.TLSKey)
	settings.TLSClientCA = settings.TLSKey
	_, err = tlsConfig(settings)
	require.ErrorContains(t, err, "holds no certificate")
	none, err := tlsConfig(config.TLS{})
	require.NoError(t, err)
	require.Nil(t, none)
}
