package api

import "net/http"

// serverInfo is the read-back of the whole configuration, resolved values in
// internal_states.
func (g *sglang) serverInfo(w http.ResponseWriter, _ *http.Request) {
	info := g.config.SGLang
	out := object{}
	for name, value := range info.Arguments {
		out[name] = value
	}
	state := object{}
	for name, value := range out {
		state[name] = value
	}
	state["effective_max_running_requests_per_dp"] = info.MaxRunningRequests
	state["memory_usage"] = object{"weight": info.WeightGB, "kvcache": info.CacheGB, "token_capacity": info.TokenCapacity, "graph": 0}
	out["model_path"], out["tokenizer_path"], out["served_model_name"] = g.config.Model, g.config.Model, g.config.ServedNames[0]
	out["version"], out["status"], out["simulated"] = g.config.Version, "ready", true
	out["max_total_num_tokens"], out["max_req_input_len"] = info.TokenCapacity, g.config.MaxModelLen-1
	out["internal_states"] = []object{state}
	reply(w, out)
}

func (g *sglang) modelInfo(w http.ResponseWriter, _ *http.Request) {
	reply(w, object{
		"model_path": g.config.Model, "tokenizer_path": g.config.Model, "is_generation": true,
		"preferred_sampling_params": nil, "weight_version": "default", "has_image_understanding": false, "has_audio_understanding": false,
	})
}

func (g *sglang) models(w http.ResponseWriter, _ *http.Request) {
	g.listModels(w, "sglang", object{"root": g.config.ServedNames[0], "parent": nil})
}

func (g *sglang) flushCache(w http.ResponseWriter, r *http.Request) {
	if !g.gate.enter() {
		g.refuse(w, g.closed())
		return
	}
	defer g.gate.leave()
	ok, err := g.engine.ResetPrefixCache(r.Context())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err != nil || !ok {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte("Flush cache failed: requests are running.\n"))
		return
	}
	_, _ = w.Write([]byte("Cache flushed.\nPlease check backend logs for more details. (When there are running or waiting requests, the operation will not be performed.)\n"))
}
