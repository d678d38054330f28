package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
)

// contractor sends what the document says and holds the answers to it.
type contractor struct {
	t          *testing.T
	base       string
	db         *store.Store
	audited    int64 // ID of the last row of the audit log that was looked at
	operations map[string]routers.Route
	addresses  *strings.Replacer
	original   *strings.Replacer
	book       map[string]string // IDs and texts of answers, by name
	answers    map[string]any    // what was answered, by operation
	exchanges  int
}

func newContractor(t *testing.T, database, temporal, namespace string) *contractor {
	t.Helper()
	db, err := store.Open(context.Background(), database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	seed(t, db)
	settings := config.Server{RatePerSecond: 0, RequestTimeout: time.Minute}
	cfg := apiConfig(settings)
	deps := compose(settings, cfg, db, dialContract(t, temporal, namespace, db), slog.New(slog.DiscardHandler))
	deps.Orchestrator = member{}
	deps.Payloads = testCodec(t)
	s, err := api.New(deps, cfg)
	require.NoError(t, err)
	base, stop := running(t, s)
	t.Cleanup(func() { require.NoError(t, stop()) })
	engine, _ := simulatedEngine(t)
	router := contractGateway(t)
	c := &contractor{t: t, base: base, db: db, operations: map[string]routers.Route{}, book: map[string]string{}, answers: map[string]any{},
		addresses: addressed(engine, router), original: strings.NewReplacer(engine, "http://127.0.0.1:8001", router, "http://127.0.0.1:8101")}
	openapi3filter.RegisterBodyDecoder("text/html", asText)
	openapi3filter.RegisterBodyDecoder("application/yaml", asText)
	doc := readContract(t, s)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			c.operations[op.OperationID] = routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}
		}
	}
	return c
}

// asText reads bodies that the document calls strings.
func asText(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
	text, err := io.ReadAll(body)
	return string(text), err
}

func readContract(t *testing.T, s *api.Server) *openapi3.T {
	t.Helper()
	text, err := s.OpenAPI()
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(text)
	require.NoError(t, err)
	return doc
}

func withExamples() []openapi3.ValidationOption {
	return []openapi3.ValidationOption{openapi3.EnableExamplesValidation(), openapi3.AllowExtraSiblingFields("patternDescription")}
}

// drive sends an operation its example; the answer must be a documented success.
// A fleet whose workflow was just told to end is busy for a moment.
func (c *contractor) drive(e exchange) {
	c.t.Helper()
	route := c.operations[e.operation]
	body, kind := c.exampleBody(route)
	var status int
	var content []byte
	patience, again := time.After(time.Minute), time.NewTicker(100*time.Millisecond)
	defer again.Stop()
	for late := false; !late; {
		if status, content = c.exchange(route, c.target(route, e.id), body, kind); status != http.StatusConflict {
			break
		}
		select {
		case <-again.C:
		case <-patience:
			late = true
		}
	}
	if status >= 300 {
		c.t.Errorf("%s: %d %s", e.operation, status, short(string(content)))
		return
	}
	var decoded any
	if json.Unmarshal(content, &decoded) == nil {
		c.answers[e.operation] = decoded
	}
	if e.keep == "" {
		return
	}
	c.book[e.keep] = string(content)
	if fields, is := decoded.(map[string]any); is {
		id, _ := fields["id"].(string)
		require.NotEmpty(c.t, id, "%s: %s", e.operation, content)
		c.book[e.keep] = id
	}
}

// driveWrong sends what must be refused: an unknown name in the path, a body that
// is no JSON, and a query parameter that does not exist.
func (c *contractor) driveWrong(e exchange) {
	c.t.Helper()
	route := c.operations[e.operation]
	refused := func(what string, path string, body []byte, kind string) {
		status, content := c.exchange(route, path, body, kind)
		var p api.Problem
		if err := json.Unmarshal(content, &p); err != nil || status < 400 || status >= 500 || p.Detail == "" {
			c.t.Errorf("%s with %s was not refused: %d %s", e.operation, what, status, short(string(content)))
		}
	}
	body, kind := c.exampleBody(route)
	if strings.Contains(route.Path, "{") {
		refused("an unknown name", c.fill(route, strings.NewReplacer("{fleet}", "no-such", "{id}", "no-such", "{slo}", "no-such", "{engine}", "no-such")), body, kind)
	}
	if kind == "application/json" {
		refused("a body that is no JSON", c.target(route, e.id), []byte(`{"`), kind)
	}
	if strings.HasPrefix(route.Path, "/api/") {
		path := c.target(route, e.id)
		joint := "?"
		if strings.Contains(path, "?") {
			joint = "&"
		}
		refused("an unknown query parameter", path+joint+"no_such=1", body, kind)
	}
}

// exampleBody is the document's own example, with the addresses of this test.
func (c *contractor) exampleBody(route routers.Route) (body []byte, kind string) {
	c.t.Helper()
	if route.Operation.RequestBody == nil {
		return nil, ""
	}
	for _, kind := range []string{"application/json", "application/yaml"} {
		media := route.Operation.RequestBody.Value.Content.Get(kind)
		if media == nil {
			continue
		}
		if kind == "application/yaml" {
			return []byte(c.book["openslo"]), kind
		}
		require.NotNil(c.t, media.Example, "%s has no example", route.Operation.OperationID)
		text, err := json.Marshal(media.Example)
		require.NoError(c.t, err)
		return []byte(c.addresses.Replace(string(text))), kind
	}
	c.t.Fatalf("%s takes no body that this test knows", route.Operation.OperationID)
	return nil, ""
}

func (c *contractor) target(route routers.Route, id string) string {
	if known, is := c.book[id]; is {
		id = known
	}
	return c.fill(route, strings.NewReplacer("{fleet}", "chat", "{id}", url.PathEscape(id), "{slo}", "ttft-p95", "{engine}", "vllm"))
}

// fill puts names into the path and gives the required query parameters their
// examples.
func (c *contractor) fill(route routers.Route, names *strings.Replacer) string {
	query := url.Values{}
	for _, p := range route.Operation.Parameters {
		if p.Value.In == "query" && p.Value.Required {
			example := p.Value.Example
			if given := p.Value.Schema.Value.Examples; example == nil && len(given) > 0 {
				example = given[0]
			}
			require.NotNil(c.t, example, "%s: query parameter %s has no example", route.Operation.OperationID, p.Value.Name)
			query.Set(p.Value.Name, fmt.Sprint(example))
		}
	}
	if route.Operation.OperationID == "prometheus-rules" {
		query.Set("match", "job=chat") // needed by a fleet that is not measured from a Prometheus server
	}
	path := names.Replace(route.Path)
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// exchange sends one request and holds the answer to the document.
func (c *contractor) exchange(route routers.Route, path string, body []byte, kind string) (int, []byte) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, route.Method, c.base+path, bytes.NewReader(body))
	require.NoError(c.t, err)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	answer, err := http.DefaultClient.Do(request)
	require.NoError(c.t, err, "%s %s", route.Method, path)
	defer func() { _ = answer.Body.Close() }()
	content, err := readAnswer(route, answer)
	require.NoError(c.t, err, "%s %s", route.Method, path)
	c.exchanges++
	input := &openapi3filter.ResponseValidationInput{Status: answer.StatusCode, Header: answer.Header,
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, Route: &route, Options: contractOptions()},
		Options:                contractOptions()}
	input.SetBodyBytes(content)
	kindOfAnswer, _, _ := strings.Cut(answer.Header.Get("Content-Type"), ";")
	if kindOfAnswer == "text/event-stream" {
		c.holdEvents(route, content)
		return answer.StatusCode, content
	}
	if err := openapi3filter.ValidateResponse(ctx, input); err != nil {
		c.t.Errorf("%s %s: %d is not as documented: %s\n%s", route.Method, path, answer.StatusCode, short(err.Error()), short(string(content)))
	}
	return answer.StatusCode, content
}

// readAnswer reads all of an answer, or the first event of the stream that has no
// end.
func readAnswer(route routers.Route, answer *http.Response) ([]byte, error) {
	if route.Operation.OperationID != "changes" || answer.StatusCode != http.StatusOK {
		return io.ReadAll(answer.Body)
	}
	var out []byte
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		out = append(append(out, lines.Bytes()...), '\n')
		if bytes.HasPrefix(lines.Bytes(), []byte("data: ")) {
			return out, nil
		}
	}
	return out, lines.Err()
}

// short cuts a text that may hold the whole document.
func short(text string) string { return text[:min(len(text), 1500)] }

// contractOptions refuse a status that the document does not name.
func contractOptions() *openapi3filter.Options {
	return &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true}
}

// holdEvents holds each event of a stream to the document.
func (c *contractor) holdEvents(route routers.Route, stream []byte) {
	c.t.Helper()
	schema := route.Operation.Responses.Status(http.StatusOK).Value.Content.Get("text/event-stream").Schema.Value
	events := 0
	for line := range strings.SplitSeq(string(stream), "\n") {
		data, is := strings.CutPrefix(line, "data: ")
		if !is {
			continue
		}
		var event any
		require.NoError(c.t, json.Unmarshal([]byte(data), &event))
		require.NoError(c.t, schema.VisitJSON(event, openapi3.EnableJSONSchema2020()), data)
		events++
	}
	require.NotZero(c.t, events)
}

// record keeps the answers as the document's examples.
func (c *contractor) record(file string) {
	c.t.Helper()
	kept := map[string]any{}
	for id, answer := range c.answers {
		if c.operations[id].Path != "/openapi.json" {
			kept[id] = shortened(answer)
		}
	}
	text, err := json.MarshalIndent(kept, "", " ")
	require.NoError(c.t, err)
	require.NoError(c.t, os.WriteFile(file, []byte(c.original.Replace(string(text))+"\n"), 0o644))
}

// shortened cuts every list to two items, which show as much as all of them.
func shortened(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, 0, 2)
		for _, item := range v[:min(len(v), 2)] {
			out = append(out, shortened(item))
		}
		return out
	case map[string]any:
		for name, item := range v {
			v[name] = shortened(item)
		}
	}
	return v
}
