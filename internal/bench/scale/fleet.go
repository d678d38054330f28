package scale

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

const (
	replicas = 2
	// samples of a window, as a gateway with four requests a second has them.
	samples       = 60
	ttftObjective = 1.0 // seconds, of the 95% quantile
	keyVariable   = "WEBHOOK_BENCH_KEY"
)

// recordOf is the fleet at an address.
func recordOf(n int, address string) serving.Fleet {
	return serving.Fleet{Name: fmt.Sprintf("fleet-%04d", n), Replicas: replicas, Hardware: serving.Hardware{GPU: "H100", GPUs: 1},
		Config:      configOf(),
		Router:      serving.AdapterRef{Kind: router.KindGateway, Address: address},
		Provisioner: serving.AdapterRef{Kind: provision.KindWebhook, Address: address + "/provisioner", Secret: "env:" + keyVariable},
		SLOs: []serving.Objective{{Name: "ttft-p95", Metric: serving.MetricTTFT, Quantile: 0.95, Threshold: ttftObjective},
			{Name: "errors", Metric: serving.MetricErrorRate, Threshold: 0.01}}}
}

func configOf() serving.EngineConfig {
	return serving.EngineConfig{Engine: serving.VLLM, Model: "simulated", Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "64"}}}
}

// simulated is one fleet's outside world. It answers from memory.
type simulated struct {
	address string
	server  *http.Server
	broken  atomic.Bool
	began   time.Time
}

func startFleet() (*simulated, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for a fleet: %w", err)
	}
	s := &simulated{address: "http://" + l.Addr().String(), began: time.Now()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /admin/traffic", s.traffic)
	mux.HandleFunc("GET /admin/observations", s.observations)
	mux.HandleFunc("GET /admin/counters", s.counters)
	mux.HandleFunc("GET /provisioner/variants", s.variants)
	mux.HandleFunc("GET /replica/{n}/metrics", s.metrics)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(l) }() // ends with Close
	return s, nil
}

func (s *simulated) endpoints() []string {
	var out []string
	for i := range replicas {
		out = append(out, s.address+"/replica/"+strconv.Itoa(i))
	}
	return out
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func (s *simulated) traffic(w http.ResponseWriter, _ *http.Request) {
	answer(w, serving.Traffic{Weights: serving.AllStable(1), Backends: []serving.Backend{{Variant: serving.Stable, Endpoints: s.endpoints()}}})
}

func (s *simulated) observations(w http.ResponseWriter, r *http.Request) {
	since, _ := strconv.ParseFloat(r.URL.Query().Get("since_unix"), 64)
	until, _ := strconv.ParseFloat(r.URL.Query().Get("until_unix"), 64)
	ttft := ttftObjective / 5
	if s.broken.Load() {
		ttft = ttftObjective * 5
	}
	arm := serving.ArmObservation{Variant: serving.Stable, WindowSeconds: until - since, Requests: samples, Samples: make([]serving.RequestSample, samples)}
	for i := range arm.Samples {
		wobble := 1 + 0.3*float64(i%10)/10
		arm.Samples[i] = serving.RequestSample{EndedUnix: until - (until-since)*float64(i)/samples, Tokens: 100, TTFTSeconds: serving.Known(ttft * wobble),
			ITLSeconds: serving.Known(0.02 * wobble), E2ESeconds: serving.Known(ttft + 2*wobble)}
	}
	answer(w, []serving.ArmObservation{arm})
}

// counters grow by the rate of the samples.
func (s *simulated) counters(w http.ResponseWriter, _ *http.Request) {
	answer(w, []serving.ArmCounters{{Variant: serving.Stable, Requests: 4 * int64(time.Since(s.began).Seconds())}})
}

func (s *simulated) variants(w http.ResponseWriter, _ *http.Request) {
	answer(w, []provision.WebhookVariant{{Variant: serving.Stable, State: provision.StateServing, Config: configOf(), Endpoints: s.endpoints()}})
}

// metrics is a short page under vLLM's names that grows with time.
func (s *simulated) metrics(w http.ResponseWriter, _ *http.Request) {
	n := int(time.Since(s.began).Seconds() * 2)
	fmt.Fprintf(w, `# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{model_name="simulated"} 8
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{model_name="simulated"} 0
# TYPE vllm:kv_cache_usage_perc gauge
vllm:kv_cache_usage_perc{model_name="simulated"} 0.4
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{model_name="simulated"} %d
# TYPE vllm:request_success_total counter
vllm:request_success_total{model_name="simulated",finished_reason="stop"} %d
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{model_name="simulated",le="0.25"} %d
vllm:time_to_first_token_seconds_bucket{model_name="simulated",le="+Inf"} %d
vllm:time_to_first_token_seconds_sum{model_name="simulated"} %d
vllm:time_to_first_token_seconds_count{model_name="simulated"} %d
`, 100*n, n, n, n, n/5, n)
}
