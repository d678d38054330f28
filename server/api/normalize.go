package api

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const normalizePath = prefix + "/metrics/normalize"

const (
	// maxPageBody is the largest page that is read (16 MiB) and room for the JSON
	// around it.
	maxPageBody = 17 << 20
	// pagesAtOnce bounds how many pages are held and read at the same time: one
	// takes up to half a gigabyte and seconds of one core.
	pagesAtOnce = 2
	// pageTimeout bounds sending the page, and then reading it.
	pageTimeout = 20 * time.Second
)

// NormalizeInput is a metrics page in JSON.
type NormalizeInput struct {
	Payload     string             `json:"payload" required:"true" doc:"The metrics page, Prometheus text format or OpenMetrics."`
	ContentType string             `json:"content_type,omitempty" doc:"What the engine sent it as; OpenMetrics is told by it." example:"application/openmetrics-text; version=1.0.0"`
	Engine      serving.EngineKind `json:"engine,omitempty" doc:"Absent: told from the page."`
	TakenAt     *time.Time         `json:"taken_at,omitempty" doc:"When the page was taken, RFC 3339; needed with earlier."`
	Earlier     *EarlierPage       `json:"earlier,omitempty" doc:"An earlier page of the same replica: counters and histograms become what happened in between."`
}

// EarlierPage is the page at the beginning of a window.
type EarlierPage struct {
	Payload     string     `json:"payload" required:"true"`
	ContentType string     `json:"content_type,omitempty"`
	TakenAt     *time.Time `json:"taken_at" required:"true" doc:"RFC 3339, before the other page's taken_at."`
}

// Normalized is a metrics page in the agent's terms.
type Normalized struct {
	Engine   serving.EngineKind `json:"engine" doc:"Whose page it was read as."`
	Detected serving.EngineKind `json:"detected,omitempty" doc:"Whose page it is, from the page alone; absent when it shows none or two."`
	Snapshot serving.Snapshot   `json:"snapshot" doc:"With an earlier page: the window between them. Without: gauges only."`
	Reading  serving.Reading    `json:"reading" doc:"The page itself: counters since the engine's start."`
	Found    []string           `json:"found" doc:"Quantities that the page gives."`
	Derived  []serving.Derived  `json:"derived" doc:"Found, but computed or a bound, and how."`
	Missing  []serving.Missing  `json:"missing" doc:"Quantities that it does not give, and why."`
	Unknown  []string           `json:"unknown" doc:"Families of the engine that the agent does not know."`
	Families int                `json:"families" doc:"How many families the page has, of any program."`
}

type normalizeRequest struct {
	ContentType     string             `header:"Content-Type" doc:"application/json, or that of the page."`
	ContentEncoding string             `header:"Content-Encoding" enum:"gzip,identity" doc:"gzip, for pages sent as text; compressed pages are also known by their first bytes."`
	Engine          serving.EngineKind `query:"engine" doc:"Of a page sent as text; absent: told from the page."`
	RawBody         []byte             `contentType:"text/plain"`
}

func (s *Server) registerNormalize() {
	handle(s, route{method: http.MethodPost, path: normalizePath, id: "normalize-metrics", group: "metrics", role: serving.RoleViewer, reach: reachNone,
		summary: "Read a metrics page and say what it gives", deadline: pageTimeout, maxBody: maxPageBody, bodyTimeout: pageTimeout,
		errors: []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusServiceUnavailable}}, s.normalize)
	// The framework documents the raw form; the JSON form is read by the handler.
	document := s.api.OpenAPI()
	document.Paths[normalizePath].Post.RequestBody.Content["application/json"] = &huma.MediaType{
		Schema: document.Components.Schemas.Schema(reflect.TypeFor[NormalizeInput](), true, "NormalizeInput")}
}

func (s *Server) normalize(_ context.Context, in *normalizeRequest) (*body[Normalized], error) {
	input, err := normalizeInput(in)
	if err != nil {
		return nil, err
	}
	out, readings, err := s.read("body", input)
	if err != nil {
		return nil, err
	}
	out.Snapshot = serving.Window("", "", [][]serving.Reading{readings})
	out.Found = out.Reading.Found()
	out.Derived, out.Missing, out.Unknown = orEmpty(out.Reading.Derived), orEmpty(out.Snapshot.Missing), orEmpty(out.Reading.Unrecognised)
	return answer(out), nil
}

// read takes the page, and the earlier one when there is one, in order of time.
// field is where in the request they stand.
func (s *Server) read(field string, input NormalizeInput) (Normalized, []serving.Reading, error) {
	page, err := s.parsePage(field+".payload", input.Payload, input.ContentType)
	if err != nil {
		return Normalized{}, nil, err
	}
	e, out, err := s.pageEngine(field, page, input.Engine)
	if err != nil {
		return out, nil, err
	}
	taken := s.deps.Now()
	if input.TakenAt != nil {
		taken = *input.TakenAt
	}
	out.Families = len(page)
	out.Reading = s.readPage(e, out.Engine, page, taken)
	readings := []serving.Reading{out.Reading}
	if input.Earlier != nil {
		before, err := s.parsePage(field+".earlier.payload", input.Earlier.Payload, input.Earlier.ContentType)
		if err != nil {
			return out, nil, err
		}
		readings = slices.Insert(readings, 0, s.readPage(e, out.Engine, before, *input.Earlier.TakenAt))
	}
	return out, readings, nil
}

// normalizeInput takes both forms of the request into one.
func normalizeInput(in *normalizeRequest) (NormalizeInput, error) {
	content, err := unzipped(in.RawBody, in.ContentEncoding)
	if err != nil {
		return NormalizeInput{}, err
	}
	if !strings.HasPrefix(in.ContentType, "application/json") {
		return NormalizeInput{Payload: string(content), ContentType: in.ContentType, Engine: in.Engine}, nil
	}
	var out NormalizeInput
	strict := json.NewDecoder(strings.NewReader(string(content)))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&out); err != nil {
		return out, newProblem(http.StatusBadRequest, "bad-request", "the body is not the JSON that is documented: "+err.Error())
	}
	if out.Engine == "" {
		out.Engine = in.Engine
	}
	return out, out.check("body")
}

func (n NormalizeInput) check(field string) error {
	switch {
	case n.Payload == "":
		return invalid(field+".payload", "is missing", "send the text of a metrics page")
	case n.Earlier == nil:
		return nil
	case n.Earlier.Payload == "":
		return invalid(field+".earlier.payload", "is missing", "send the text of the earlier page, or leave out earlier")
	case n.TakenAt == nil:
		return invalid(field+".taken_at", "is needed with earlier", "say when the page was taken, RFC 3339")
	case n.Earlier.TakenAt == nil || !n.Earlier.TakenAt.Before(*n.TakenAt):
		return invalid(field+".earlier.taken_at", "must be before taken_at", "say when the earlier page was taken, RFC 3339")
	}
	return nil
}

// pageEngine is the engine that is asked for, or else the one that the page
// shows.
func (s *Server) pageEngine(field string, page engine.Families, asked serving.EngineKind) (engine.Engine, Normalized, error) {
	detected, ok := s.deps.Engines.Detect(page)
	out := Normalized{Engine: asked, Detected: detected}
	if !ok {
		out.Detected = ""
	}
	if asked == "" {
		out.Engine = out.Detected
	}
	if out.Engine == "" {
		return nil, out, invalid(field+".payload", "shows no engine that is known, or two at once", "send the page of one replica, or name the engine")
	}
	e, err := s.deps.Engines.Engine(out.Engine)
	if err != nil {
		return nil, out, invalid("engine", err.Error(), "")
	}
	return e, out, nil
}

func (s *Server) readPage(e engine.Engine, kind serving.EngineKind, page engine.Families, taken time.Time) serving.Reading {
	r := s.deps.Engines.Check(kind, page, e.Read(page))
	r.Endpoint, r.TakenUnix = "the page", float64(taken.UnixNano())/1e9
	return r
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
