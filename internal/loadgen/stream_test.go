package loadgen_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/loadgen"
)

const tokenEvent = `data: {"id":"cmpl-1","object":"text_completion","created":1763950000,"model":"m",` +
	`"choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null,"stop_reason":null}],"usage":null}` + "\n\n"

func usageEvent(prompt, output int) string {
	return fmt.Sprintf(`data: {"choices":[],"usage":{"prompt_tokens":%d,"completion_tokens":%d}}`, prompt, output) + "\n\n"
}

const doneEvent = "data: [DONE]\n\n"

func TestStream_AnyStream_CountsItsTokens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tokens := rapid.IntRange(1, 40).Draw(t, "tokens")
		usage := rapid.Bool().Draw(t, "usage")
		noise := rapid.SampledFrom([]string{"", ": ping\n\n", "event: message\n", "\r\n"})
		var b strings.Builder
		for range rapid.IntRange(0, 3).Draw(t, "leading") {
			b.WriteString(`data: {"choices":[{"delta":{"content":""}}]}` + "\n\n")
		}
		for range tokens {
			b.WriteString(noise.Draw(t, "noise"))
			b.WriteString(tokenEvent)
		}
		if rapid.Bool().Draw(t, "finish") {
			b.WriteString(`data: {"choices":[{"delta":{"content":""},"finish_reason":"length"}],"usage":null}` + "\n\n")
		}
		if usage {
			b.WriteString(usageEvent(17, tokens))
		}
		b.WriteString(doneEvent)

		got := loadgen.ReadStream(strings.NewReader(b.String()))
		require.NoError(t, got.Err)
		require.True(t, got.Whole)
		require.Equal(t, tokens, got.Output)
		require.Equal(t, 1, got.Firsts)
		if usage {
			require.Equal(t, 17, got.Prompt)
		}
	})
}

func TestStream_HoweverTheBytesArrive_TheAnswerIsTheSame(t *testing.T) {
	t.Parallel()
	body := tokenEvent + ": ping\n\n" + tokenEvent + strings.Replace(tokenEvent, " word", strings.Repeat("w", 20_000), 1) +
		usageEvent(5, 3) + doneEvent
	want := loadgen.ReadStream(strings.NewReader(body))
	require.Equal(t, loadgen.Read{Prompt: 5, Output: 3, Whole: true, Firsts: 1}, want)
	require.Equal(t, want, loadgen.ReadStream(iotest.OneByteReader(strings.NewReader(body))))
	require.Equal(t, want, loadgen.ReadStream(iotest.HalfReader(strings.NewReader(body))))
	require.Equal(t, want, loadgen.ReadStream(iotest.DataErrReader(strings.NewReader(body))))
}

func TestStream_CutAnywhere_IsNeverWhole(t *testing.T) {
	t.Parallel()
	body := tokenEvent + tokenEvent + usageEvent(5, 2) + doneEvent
	for cut := range strings.Index(body, "[DONE]") + len("[DONE]") {
		got := loadgen.ReadStream(strings.NewReader(body[:cut]))
		require.Error(t, got.Err, "cut at byte %d", cut)
		require.False(t, got.Whole)
		require.LessOrEqual(t, got.Output, 2)
	}
}

func TestStream_ErrorOfTheConnection_IsKept(t *testing.T) {
	t.Parallel()
	got := loadgen.ReadStream(io.MultiReader(strings.NewReader(tokenEvent), iotest.ErrReader(io.ErrClosedPipe)))
	require.ErrorIs(t, got.Err, io.ErrClosedPipe)
	require.Equal(t, 1, got.Output, "the token that did arrive")
}

func TestStream_UsedAgain_ForgetsTheStreamBefore(t *testing.T) {
	t.Parallel()
	r := loadgen.NewStreamReader()
	n, err := r.Read(strings.NewReader(strings.Repeat(tokenEvent, 9) + usageEvent(5, 9) + doneEvent))
	require.NoError(t, err)
	require.Equal(t, 9, n)
	n, err = r.Read(strings.NewReader(tokenEvent + doneEvent))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	_, err = r.Read(strings.NewReader(doneEvent))
	require.Error(t, err, "whole but empty")
}

// What the generator itself spends on an event, without net/http and the kernel,
// whose wake-up and read cost a hundred times as much.
func BenchmarkStream_PerEvent(b *testing.B) {
	const events = 200
	body := strings.Repeat(tokenEvent, events) + usageEvent(5, events) + doneEvent
	r := loadgen.NewStreamReader()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(strings.NewReader(body)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/events, "ns/event")
}
