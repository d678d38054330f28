package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// SessionHeader names the session of a request to every router.
const SessionHeader = "X-Session-Id"

// holdHeader is the address of what an Engine shall wait for in mid-stream.
const holdHeader = "X-Hold"

// User is a client of a router's data plane that keeps its connections alive.
type User struct {
	URL    string
	client *http.Client
}

// Answer is what a user got.
type Answer struct {
	Status int
	From   string // the engine, for a whole stream
	Header http.Header
	Body   string
	Err    error // why it is not a whole, in-order stream of one engine
}

// NewUser asks the router at the base URL.
func NewUser(t testing.TB, url string) *User {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: 1000}
	t.Cleanup(transport.CloseIdleConnections)
	return &User{URL: url, client: &http.Client{Transport: transport}}
}

// Ask sends one request and reads the whole answer; header may be nil.
func (u *User) Ask(ctx context.Context, header http.Header, body string) Answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.URL+"/v1/completions", strings.NewReader(body))
	if err != nil {
		return Answer{Err: err}
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := u.client.Do(req)
	if err != nil {
		return Answer{Err: err}
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	a := Answer{Status: res.StatusCode, Header: res.Header, Body: string(content), Err: err}
	if err == nil && res.StatusCode == http.StatusOK {
		a.From, a.Err = Whole(content)
	}
	return a
}

// Served is Ask for Subject: anything but a whole stream is an error.
func (u *User) Served(ctx context.Context, session string) (serving.Variant, error) {
	header := http.Header{}
	if session != "" {
		header.Set(SessionHeader, session)
	}
	a := u.Ask(ctx, header, `{"prompt":"hello","stream":true}`)
	if a.Err == nil && a.Status != http.StatusOK {
		a.Err = fmt.Errorf("answered %d: %s", a.Status, a.Body)
	}
	return VariantOf(a.From), a.Err
}

// Whole checks that events 0, 1, 2... of a single engine came, then [DONE], and
// names the engine.
func Whole(content []byte) (from string, err error) {
	next, done := 0, false
	for s := bufio.NewScanner(bytes.NewReader(content)); s.Scan(); {
		payload, isData := strings.CutPrefix(s.Text(), "data: ")
		switch {
		case !isData:
			continue
		case done:
			return "", fmt.Errorf("an event after [DONE]: %s", payload)
		case payload == "[DONE]":
			done = true
			continue
		}
		var event struct {
			From string
			N    int
		}
		if err := json.Unmarshal([]byte(payload), &event); err != nil {
			return "", err
		}
		if event.N != next || (next > 0 && event.From != from) {
			return "", fmt.Errorf("event %d of %s where %d of %s was due", event.N, event.From, next, from)
		}
		from, next = event.From, next+1
	}
	if !done {
		return "", fmt.Errorf("the stream ended after %d events without [DONE]", next)
	}
	return from, nil
}

// Hold is Subject.Hold where the replicas are Engines.
func (u *User) Hold(t *testing.T) (v serving.Variant, finish func() error) {
	t.Helper()
	hold := newHold(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, u.URL+"/v1/completions", strings.NewReader("{}"))
	require.NoError(t, err)
	req.Header.Set(holdHeader, hold.URL)
	res, err := u.client.Do(req)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, res.StatusCode)
	lines := bufio.NewReader(res.Body)
	first, err := lines.ReadString('\n')
	require.NoError(t, err)
	var event struct{ From string }
	require.NoError(t, json.Unmarshal([]byte(strings.TrimPrefix(first, "data: ")), &event))
	return VariantOf(event.From), func() error {
		defer func() { _ = res.Body.Close() }()
		hold.release()
		rest, err := io.ReadAll(lines)
		if err != nil {
			return err
		}
		_, err = Whole(append([]byte(first), rest...))
		return err
	}
}
