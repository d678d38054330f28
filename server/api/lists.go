package api

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// FieldsQuery says how much of each item is wanted of a list.
type FieldsQuery struct {
	Fields string `query:"fields" maxLength:"1000" doc:"Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not."`
}

func (v FieldsQuery) view() ViewQuery { return ViewQuery{FieldsQuery: v} }

// ViewQuery says besides in which order the list is wanted.
type ViewQuery struct {
	Sort string `query:"sort" maxLength:"64" doc:"Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before."`
	FieldsQuery
}

func (v ViewQuery) view() ViewQuery { return v }

// PartQuery is the input of a list that belongs to one record.
type PartQuery struct {
	IDPath
	FieldsQuery
}

type viewed interface{ view() ViewQuery }

// handleList registers a list. sorts are the fields by which it may be ordered, which
// hardly ever change in a record: one that does change moves it between the pages that
// are being read. A list that is short and has its own order has no sorts.
func handleList[I viewed, T any](s *Server, r route, sorts []string, h func(context.Context, *I) (*body[Page[T]], error)) {
	known := fieldNames(reflect.TypeFor[T]())
	handle(s, r, func(ctx context.Context, in *I) (*body[Page[T]], error) {
		only, err := (*in).view().check(sorts, known)
		if err != nil {
			return nil, err
		}
		out, err := h(ctx, in)
		if err == nil {
			out.Body.only = only
		}
		return out, err
	})
	s.documentSorts(r.path, sorts)
}

// documentSorts names what may be asked for. The parameter is copied: what is
// documented is not what the framework would refuse in words of its own.
func (s *Server) documentSorts(path string, sorts []string) {
	op := s.api.OpenAPI().Paths[path].Get
	for i, p := range op.Parameters {
		if p.Name == "sort" {
			documented := *p
			documented.Schema = &huma.Schema{Type: huma.TypeString, Enum: []any{}}
			for _, name := range bothWays(sorts) {
				documented.Schema.Enum = append(documented.Schema.Enum, name)
			}
			op.Parameters[i] = &documented
		}
	}
}

func bothWays(sorts []string) []string {
	var out []string
	for _, name := range sorts {
		out = append(out, name, "-"+name)
	}
	return out
}

// check refuses what a list has not, and returns the fields that are wanted, nil for
// all.
func (v ViewQuery) check(sorts, known []string) ([]string, error) {
	if v.Sort != "" && !slices.Contains(bothWays(sorts), v.Sort) {
		return nil, invalid("query.sort", "is no order of this list", "use one of "+strings.Join(bothWays(sorts), ", "))
	}
	if v.Fields == "" {
		return nil, nil
	}
	only := identifying(known)
	for name := range strings.SplitSeq(v.Fields, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(known, name) {
			return nil, invalid("query.fields", "names what the items of this list do not have", "use some of "+strings.Join(known, ", "))
		}
		if !slices.Contains(only, name) {
			only = append(only, name)
		}
	}
	return only, nil
}

// identifying is what always stays: the ID, or what is told from others by its name,
// its engine or its place.
func identifying(known []string) []string {
	for _, name := range []string{"id", "name", "engine", "index"} {
		if slices.Contains(known, name) {
			return []string{name}
		}
	}
	return nil
}

// fieldNames are the names of a struct's fields in JSON, those of embedded structs
// among them.
func fieldNames(t reflect.Type) []string {
	var out []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && name != "" && name != "-" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// shown is the page as it is sent.
func (p Page[T]) shown() (any, error) {
	if p.only == nil {
		return p, nil
	}
	out := Page[map[string]json.RawMessage]{Items: make([]map[string]json.RawMessage, 0, len(p.Items)), Next: p.Next}
	for _, item := range p.Items {
		text, err := json.Marshal(item)
		if err != nil {
			return nil, fmt.Errorf("encode an item: %w", err)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, fmt.Errorf("read an item: %w", err)
		}
		some := map[string]json.RawMessage{}
		for _, name := range p.only {
			if v, there := all[name]; there {
				some[name] = v
			}
		}
		out.Items = append(out.Items, some)
	}
	return out, nil
}
