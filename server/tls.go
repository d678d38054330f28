package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/config"
)

// tlsConfig is how the API is encrypted and whom it takes connections from; nil for
// plain HTTP.
func tlsConfig(settings config.TLS) (*tls.Config, error) {
	if !settings.Enabled() {
		return nil, nil
	}
	c := &certificate{cert: settings.TLSCert, key: settings.TLSKey}
	if _, err := c.current(nil); err != nil {
		return nil, err
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.current, NextProtos: []string{"h2", "http/1.1"}}
	if settings.TLSClientCA == "" {
		return out, nil
	}
	pem, err := os.ReadFile(settings.TLSClientCA)
	if err != nil {
		return nil, fmt.Errorf("authorities of clients: %w", err)
	}
	out.ClientAuth, out.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
	if !out.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("authorities of clients: %s holds no certificate", settings.TLSClientCA)
	}
	return out, nil
}

// certificate reads its files again when they change, so that a renewal needs no
// restart.
type certificate struct {
	cert, key string
	mu        sync.Mutex
	loaded    *tls.Certificate
	changed   time.Time // of the certificate's file when it was loaded
}

// current is the certificate for the next handshake. While a renewal is half
// written, the one before goes on.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.changed) {
		return c.loaded, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(c.cert, c.key)
	}
	switch {
	case err == nil:
		c.loaded, c.changed = &pair, info.ModTime()
	case c.loaded == nil:
		return nil, fmt.Errorf("certificate of the api: %w", err)
	}
	return c.loaded, nil
}
