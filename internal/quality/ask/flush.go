package ask

import (
	"context"
	"io"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// flushRoute empties an engine's prefix cache: SGLang always has it, vLLM only
// in its development mode, TGI none.
func flushRoute(engine serving.EngineKind) string {
	switch engine {
	case serving.VLLM:
		return "/reset_prefix_cache"
	case serving.SGLang:
		return "/flush_cache"
	}
	return ""
}

// Flush empties the prefix cache and reports whether the engine did. An engine
// that has no such route, or will not, is no error: staging engines are started
// afresh for each trial, so this is for what the checks themselves left behind.
func (a *Asker) Flush(ctx context.Context, target string, engine serving.EngineKind) bool {
	route := flushRoute(engine)
	if route == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base(target)+route, nil)
	if err != nil {
		return false
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, longestReply)) // only to reuse the connection
	return resp.StatusCode == http.StatusOK
}
