package api

import "net/http"

// health says, like vLLM, that the process can serve, not that it makes
// progress: an engine that hangs is healthy here.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if !s.gate.isOpen() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (v *vllm) version(w http.ResponseWriter, _ *http.Request) {
	reply(w, object{"version": v.config.Version, "simulated": true})
}

func (v *vllm) models(w http.ResponseWriter, _ *http.Request) {
	v.listModels(w, "vllm", object{"parent": nil, "permission": []string{}, "root": v.config.Model})
}

// listModels answers with the served names and what the engine says of each.
func (s *Server) listModels(w http.ResponseWriter, owner string, more object) {
	if !s.gate.isOpen() {
		s.refuse(w, s.closed())
		return
	}
	list := []object{}
	for _, name := range s.config.ServedNames {
		card := object{"id": name, "object": "model", "created": s.serial.started(), "owned_by": owner, "max_model_len": s.config.MaxModelLen}
		for field, value := range more {
			card[field] = value
		}
		list = append(list, card)
	}
	reply(w, object{"object": "list", "data": list})
}

func (v *vllm) resetPrefixCache(w http.ResponseWriter, r *http.Request) {
	if !v.gate.enter() {
		v.refuse(w, v.closed())
		return
	}
	defer v.gate.leave()
	ok, err := v.engine.ResetPrefixCache(r.Context())
	switch {
	case err != nil:
		v.refuse(w, &problem{kind: broken, message: v.brokenText()})
	case !ok:
		v.refuse(w, &problem{kind: conflict, message: "The prefix cache is in use by running requests."})
	}
}
