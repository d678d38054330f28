package signed_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/signed"
)

// The example of deploy/webhook/README.md, so that a receiver in any language can
// be held to it.
func TestSign_IsTheDocumentedExample(t *testing.T) {
	t.Parallel()
	body := `{"revision":7,"shares":[{"variant":"stable","percent":95},{"variant":"canary","percent":5}]}`
	req := httptest.NewRequest(http.MethodPut, "https://lb.example/hooks/chat/weights", nil)
	req.RequestURI = ""
	signed.Sign(req, []byte(body), []byte("s3cret"), time.Unix(1_790_000_000, 0))
	contract, err := os.ReadFile("../../deploy/webhook/README.md")
	require.NoError(t, err)
	require.Contains(t, string(contract), body)
	require.Contains(t, string(contract), req.Header.Get(signed.TimestampHeader))
	require.Contains(t, string(contract), req.Header.Get(signed.SignatureHeader))
}

func TestCheckSignature_RefusesWhatWasNotSigned(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_790_000_000, 0)
	request := func() *http.Request {
		req := httptest.NewRequest(http.MethodPut, "/weights?a=1", nil)
		signed.Sign(req, []byte("body"), []byte("key"), now)
		return req
	}
	require.NoError(t, signed.Check(request(), []byte("body"), []byte("key"), now.Add(signed.SignatureAge)))
	other := request()
	other.URL.Path = "/variants/canary"
	method, unsigned, query := request(), httptest.NewRequest(http.MethodPut, "/weights", nil), request()
	method.Method, query.URL.RawQuery = http.MethodDelete, "a=2"
	redated := request()
	redated.Header.Set(signed.TimestampHeader, "1790000001")
	for what, err := range map[string]error{
		"body":      signed.Check(request(), []byte("another"), []byte("key"), now),
		"key":       signed.Check(request(), []byte("body"), []byte("kex"), now),
		"old":       signed.Check(request(), []byte("body"), []byte("key"), now.Add(signed.SignatureAge+time.Second)),
		"future":    signed.Check(request(), []byte("body"), []byte("key"), now.Add(-signed.SignatureAge-time.Second)),
		"path":      signed.Check(other, []byte("body"), []byte("key"), now),
		"query":     signed.Check(query, []byte("body"), []byte("key"), now),
		"method":    signed.Check(method, []byte("body"), []byte("key"), now),
		"unsigned":  signed.Check(unsigned, []byte("body"), []byte("key"), now),
		"timestamp": signed.Check(redated, []byte("body"), []byte("key"), now),
	} {
		require.ErrorIs(t, err, signed.ErrSignature, what)
	}
}

func TestLookup_WhatIsNoReference_IsNotRepeated(t *testing.T) {
	t.Parallel()
	env := func(string) (string, bool) { return " key ", true }
	got, err := signed.Lookup(env, "env:ANY")
	require.NoError(t, err)
	require.Equal(t, "key", string(got))
	for _, text := range []string{"hunter2", "hunter2:x", "env:", "file:", ""} {
		_, err := signed.Lookup(env, text)
		require.ErrorIs(t, err, signed.ErrNoReference)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// The signature of a notice, worked out by openssl dgst -sha256 -hmac.
func TestMessage_IsAnHMACOfWhatItIsBoundToAndTheBody(t *testing.T) {
	t.Parallel()
	require.Equal(t, "v1=994c6bfe345a8e648e8ce6405b906a436456110c05b27cc0ff7de94aeafe6066", signed.Message([]byte("key"), "1795176000.", []byte(`{"a":1}`)))
}

func TestHostSecret_ReadsFilesAndEnvironment(t *testing.T) {
	t.Setenv("WEBHOOK_TEST_KEY", " key \n")
	got, err := signed.HostSecret("env:WEBHOOK_TEST_KEY")
	require.NoError(t, err)
	require.Equal(t, "key", string(got))
	path := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(path, []byte("from a file\n"), 0o600))
	got, err = signed.HostSecret(serving.SecretRef("file:" + path))
	require.NoError(t, err)
	require.Equal(t, "from a file", string(got))
	for _, ref := range []serving.SecretRef{"env:WEBHOOK_NOT_SET", "file:/nowhere", "file:/dev/zero", "env:HOME", "the secret itself"} {
		_, err := signed.HostSecret(ref)
		require.Error(t, err, ref)
	}
}
