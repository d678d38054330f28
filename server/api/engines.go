package api

import (
	"context"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// EngineView says what the agent knows of an engine.
type EngineView struct {
	Engine     serving.EngineKind `json:"engine"`
	Versions   string             `json:"versions"`
	Parameters int                `json:"parameters" doc:"How many are known."`
}

// EnginePath is the input of routes on one engine.
type EnginePath struct {
	Engine serving.EngineKind `path:"engine" example:"vllm"`
}

// ValidateInput is a configuration to be checked.
type ValidateInput struct {
	ConfigInput
	Hardware serving.Hardware `json:"hardware,omitempty" doc:"Rules about the GPU are judged only when it is known."`
}

// ValidateAnswer says what is wrong with a configuration.
type ValidateAnswer struct {
	Valid    bool                 `json:"valid"`
	Config   serving.EngineConfig `json:"config" doc:"In canonical form."`
	Problems []engine.Problem     `json:"problems"`
	Unknown  []string             `json:"unknown_flags" doc:"Not in the catalogue: passed on as written, never judged."`
}

func (s *Server) registerEngines() {
	get := func(path, id, summary string) route {
		return route{method: http.MethodGet, path: prefix + "/engines" + path, id: id, group: "engines", reach: reachNone, summary: summary}
	}
	handleList(s, get("", "list-engines", "The engines the agent knows"), nil, s.listEngines)
	handle(s, get("/{engine}", "get-engine", "One engine"),
		func(_ context.Context, in *EnginePath) (*body[EngineView], error) {
			e, err := s.engine(in.Engine)
			if err != nil {
				return nil, err
			}
			return answer(engineView(e.Catalogue())), nil
		})
	handle(s, get("/{engine}/parameters", "list-parameters", "The engine's launch parameters: defaults, ranges, risks, sources"),
		func(_ context.Context, in *EnginePath) (*body[engine.Catalogue], error) {
			e, err := s.engine(in.Engine)
			if err != nil {
				return nil, err
			}
			return answer(e.Catalogue()), nil
		})
	handle(s, route{method: http.MethodPost, path: prefix + "/engines/{engine}/validate", id: "validate-config", group: "engines",
		role: serving.RoleViewer, reach: reachNone,
		summary: "Check a configuration against the engine's constraints; changes nothing"}, s.validateConfig)
}

func (s *Server) listEngines(context.Context, *FieldsQuery) (*body[Page[EngineView]], error) {
	var page Page[EngineView]
	for _, kind := range s.deps.Engines.Kinds() {
		e, err := s.deps.Engines.Engine(kind)
		if err != nil {
			return nil, err
		}
		page.Items = append(page.Items, engineView(e.Catalogue()))
	}
	return answer(page), nil
}

func engineView(c engine.Catalogue) EngineView {
	return EngineView{Engine: c.Engine, Versions: c.Versions, Parameters: len(c.Parameters)}
}

func (s *Server) engine(kind serving.EngineKind) (engine.Engine, error) {
	e, err := s.deps.Engines.Engine(kind)
	if err != nil {
		return nil, newProblem(http.StatusNotFound, "not-found", err.Error())
	}
	return e, nil
}

func (s *Server) validateConfig(_ context.Context, in *struct {
	EnginePath
	Body ValidateInput
}) (*body[ValidateAnswer], error) {
	e, err := s.engine(in.Engine)
	if err != nil {
		return nil, err
	}
	c, err := s.resolve(in.Body.ConfigInput, in.Engine)
	if err != nil {
		return nil, err
	}
	if c.Engine != in.Engine {
		return nil, invalid("body.config", "is of engine "+string(c.Engine), "validate it under that engine")
	}
	problems := append([]engine.Problem{}, e.Validate(c, in.Body.Hardware)...)
	unknown := append([]string{}, e.Catalogue().Unknown(c)...)
	return answer(ValidateAnswer{Valid: len(problems) == 0, Config: c, Problems: problems, Unknown: unknown}), nil
}
