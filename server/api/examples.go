package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// requestExamples are a good body for each operation that takes one, by operation
// ID. The contract test sends them as they are.
//
//go:embed examples/requests.json
var requestExamples []byte

// responseExamples are what a running server answered to them, recorded by the
// contract test and cut to a few items.
//
//go:embed examples/responses.json
var responseExamples []byte

// documentExamples puts the examples into the document, once all operations are
// registered. One of an operation that is none is a mistake.
func (s *Server) documentExamples() error {
	operations := map[string]*huma.Operation{}
	for _, item := range s.api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Delete} {
			if op != nil {
				operations[op.OperationID] = op
			}
		}
	}
	for _, e := range []struct {
		text    []byte
		content func(*huma.Operation) map[string]*huma.MediaType
	}{{requestExamples, requestContent}, {responseExamples, successContent}} {
		var examples map[string]any
		if err := json.Unmarshal(e.text, &examples); err != nil {
			return fmt.Errorf("read examples: %w", err)
		}
		for id, example := range examples {
			op, known := operations[id]
			if !known {
				return fmt.Errorf("example of %q, which is no operation", id)
			}
			for _, media := range e.content(op) {
				if media.Schema != nil && media.Schema.Type == huma.TypeString && media.Schema.Ref == "" {
					if _, isText := example.(string); !isText {
						continue
					}
				}
				media.Example = example
			}
		}
	}
	return nil
}

func requestContent(op *huma.Operation) map[string]*huma.MediaType {
	if op.RequestBody == nil {
		return nil
	}
	return op.RequestBody.Content
}

// successContent is that of the first answer that is no error.
func successContent(op *huma.Operation) map[string]*huma.MediaType {
	for code := http.StatusOK; code < http.StatusMultipleChoices; code++ {
		if r := op.Responses[strconv.Itoa(code)]; r != nil {
			return r.Content
		}
	}
	return nil
}

// documentText says that an operation answers with that type of media.
func (s *Server) documentText(path, mediaType, schema, description string) {
	responses := s.api.OpenAPI().Paths[path].Get.Responses
	if responses["200"] == nil {
		responses["200"] = &huma.Response{}
	}
	responses["200"].Description = description
	responses["200"].Content = map[string]*huma.MediaType{mediaType: {Schema: &huma.Schema{Type: schema}}}
}

// idempotencyParameter is what every POST under the prefix takes.
func idempotencyParameter() *huma.Param {
	least, most := 1, maxHeader
	return &huma.Param{Name: headerIdempotency, In: "header", Example: "f1c2a6de-5d0e-4a55-9a34-0e2a1a2a7b11",
		Description: "The same key with the same request gets the same answer, once done (" + replayed + ": true); with another request it is refused.",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most}}
}

// takesKey says whether a route honours Idempotency-Key.
func takesKey(r route) bool {
	return r.method == http.MethodPost && strings.HasPrefix(r.path, prefix)
}
