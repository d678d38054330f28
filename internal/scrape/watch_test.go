package scrape_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// counting serves a counter that rises by ten with every look.
func counting(t *testing.T, looks *atomic.Int64) string {
	return replica(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE vllm:generation_tokens_total counter\nvllm:generation_tokens_total{model_name=\"m\"} %d\n", 10*looks.Add(1))
	})
}

func TestWatch_ReadsEachReplicaAtBothEndsOfTheWindow(t *testing.T) {
	t.Parallel()
	var a, b atomic.Int64
	endpoints := []string{counting(t, &a), counting(t, &b)}
	readings, err := scraper().Watch(t.Context(), chat, endpoints, 0.05)
	require.NoError(t, err)
	require.Len(t, readings, 2)
	for i, of := range readings {
		require.GreaterOrEqual(t, len(of), 2)
		require.Equal(t, endpoints[i], of[0].Endpoint)
		require.Greater(t, of[1].TakenUnix, of[0].TakenUnix)
	}
	require.GreaterOrEqual(t, serving.Window("chat", serving.Stable, readings).GenerationTokens.Or(0), 20.0, "10 of each replica a look")
}

func TestWatch_ReplicaThatCannotBeRead_IsNamed(t *testing.T) {
	t.Parallel()
	var a atomic.Int64
	broken := replica(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "no metrics\n") })
	_, err := scraper().Watch(t.Context(), chat, []string{counting(t, &a), broken}, 60)
	var at *serving.UnreadableError
	require.ErrorAs(t, err, &at)
	require.Equal(t, broken, at.Endpoint)
}

func TestWatch_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	url := replica(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, page)
		cancel()
	})
	_, err := scraper().Watch(ctx, chat, []string{url}, 3600)
	require.ErrorIs(t, err, context.Canceled)
}
