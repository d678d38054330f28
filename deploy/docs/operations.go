package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/server/api"
)

const aboutOperations = `# API

The running server has the whole contract: to read and try at ` + "`/docs`" + `, for
programs at ` + "`/openapi.json`" + `; ` + "`make openapi`" + ` prints it without starting anything.
This page lists the operations.

Errors are problem documents (RFC 9457) that name field and fix. A POST may carry
` + "`Idempotency-Key`" + `; lists have ` + "`cursor` and `limit`" + `; fleets and objectives carry an
ETag for ` + "`If-Match`" + `.
`

// contract is the part of the OpenAPI document that the page has.
type contract struct {
	Paths map[string]map[string]struct {
		Summary string   `json:"summary"`
		Tags    []string `json:"tags"`
	} `json:"paths"`
}

// operation is one line of the page.
type operation struct{ group, path, method, summary string }

// operationsPage asks an API that is composed of nothing what it would answer.
func operationsPage() (string, error) {
	s, err := api.New(api.Deps{Store: struct{ api.Store }{}, Log: slog.New(slog.DiscardHandler), Now: time.Now}, api.DefaultConfig())
	if err != nil {
		return "", fmt.Errorf("build the api: %w", err)
	}
	text, err := s.OpenAPI()
	if err != nil {
		return "", fmt.Errorf("render openapi: %w", err)
	}
	var c contract
	if err := json.Unmarshal(text, &c); err != nil {
		return "", fmt.Errorf("read openapi: %w", err)
	}
	groups := map[string][]operation{}
	for path, methods := range c.Paths {
		for method, o := range methods {
			group := "other"
			if len(o.Tags) > 0 {
				group = o.Tags[0]
			}
			groups[group] = append(groups[group], operation{group: group, path: path, method: strings.ToUpper(method), summary: o.Summary})
		}
	}
	var b strings.Builder
	b.WriteString(generated + aboutOperations)
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		operationsTable(&b, group, groups[group])
	}
	return b.String(), nil
}

func operationsTable(b *strings.Builder, group string, list []operation) {
	slices.SortFunc(list, func(x, y operation) int {
		return strings.Compare(x.path+" "+x.method, y.path+" "+y.method)
	})
	fmt.Fprintf(b, "\n## %s\n\n| | | |\n|---|---|---|\n", group)
	for _, o := range list {
		fmt.Fprintf(b, "| %s | `%s` | %s |\n", o.method, o.path, cell(o.summary))
	}
}
