package gateway_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestObservations_TimesAndTokens_AreThoseTheClientSaw(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	release := make(chan struct{})
	s.pool(t, serving.Stable, newEngine(t, "stable", func(e *engine) {
		e.Events = 5
		e.After = func(i int) {
			if i == 0 {
				<-release
			}
		}
	}))
	sent := time.Now()
	res, err := s.client.Post(s.users.URL+"/v1/completions", "application/json", strings.NewReader("{}"))
	require.NoError(t, err)
	r := bufio.NewReader(res.Body)
	_, err = r.ReadString('\n')
	require.NoError(t, err)
	first := time.Now()
	watch(t, "time passes between first and second token", func() bool { return time.Since(first) > 30*time.Millisecond })
	released := time.Now()
	close(release)
	_, err = io.Copy(io.Discard, r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	ended := time.Now()

	sample := s.settled(t, serving.Stable, 1).Samples[0]
	require.Equal(t, 5, sample.Tokens, "the terminator is no token")
	require.False(t, sample.Failed)
	ttft, _ := sample.TTFTSeconds.Get()
	itl, _ := sample.ITLSeconds.Get()
	e2e, _ := sample.E2ESeconds.Get()
	require.Positive(t, ttft)
	require.LessOrEqual(t, ttft, first.Sub(sent).Seconds())
	require.GreaterOrEqual(t, itl*4, released.Sub(first).Seconds(), "four gaps span the pause")
	require.LessOrEqual(t, ttft+itl*4, e2e)
	require.GreaterOrEqual(t, e2e, released.Sub(first).Seconds())
	require.InDelta(t, float64(ended.UnixMilli())/1e3, sample.EndedUnix, 5)
}

func TestObservations_AnswerWithoutStream_HasOnlyItsWholeTime(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	e := newEngine(t, "stable")
	e.Config.Handler = jsonEngine(`{"choices":[{"text":"data: is no event here\n"}]}`)
	s.pool(t, serving.Stable, e)
	require.Equal(t, 200, s.ask("").Status)
	sample := s.settled(t, serving.Stable, 1).Samples[0]
	require.True(t, sample.E2ESeconds.IsKnown())
	require.False(t, sample.TTFTSeconds.IsKnown())
	require.False(t, sample.ITLSeconds.IsKnown())
	require.Zero(t, sample.Tokens)
}

func TestObservations_Window_HoldsWhatEndedInIt(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{})
	s.pool(t, serving.Stable, newEngine(t, "stable"))
	for range 3 {
		require.NoError(t, s.ask("").Err)
	}
	cut := s.settled(t, serving.Stable, 3).Samples[2].EndedUnix
	before := s.Observe(serving.Stable, 0, cut)[0]
	require.Equal(t, 2, before.Requests)
	require.Len(t, before.Samples, 2)
	from := s.Observe(serving.Stable, cut, cut+100)[0]
	require.Equal(t, 1, from.Requests, "the window begins at its beginning and ends before its end")
	require.Less(t, from.WindowSeconds, 50.0, "a window that reaches into the future is as long as it was watched")
	require.Less(t, before.WindowSeconds, 100.0, "and one from before the gateway began, too")
	none := s.Observe(serving.Stable, cut+10, cut+20)[0]
	require.Zero(t, none.Requests)
	require.NotNil(t, none.Samples)
	require.Zero(t, none.WindowSeconds)
}

func TestObservations_MoreThanAreKept_AreStillCounted(t *testing.T) {
	t.Parallel()
	s := newStack(t, gateway.Options{SampleCapacity: 10})
	e := newEngine(t, "stable", func(e *engine) { e.Status = 500 })
	s.pool(t, serving.Stable, e)
	for range 5 {
		require.Equal(t, 500, s.ask("").Status)
	}
	s.settled(t, serving.Stable, 5)
	require.NoError(t, s.SetEndpoints(serving.Stable, []string{newEngine(t, "good").URL}))
	for range 20 {
		require.NoError(t, s.ask("").Err)
	}
	o := s.settled(t, serving.Stable, 25)
	require.Len(t, o.Samples, 10)
	require.Equal(t, 5, o.Failed)
	for i, sample := range o.Samples {
		require.False(t, sample.Failed, "the newest are kept")
		if i > 0 {
			require.GreaterOrEqual(t, sample.EndedUnix, o.Samples[i-1].EndedUnix)
		}
	}
}

func TestObservations_OverHTTP_AreTheContract(t *testing.T) {
	t.Parallel()
	s := threeArms(t)
	s.split(t, 1, split(50)...)
	s.count(t, 60, func(int) string { return "" })
	var all []serving.ArmObservation
	require.NoError(t, json.Unmarshal([]byte(s.get(t, "/admin/observations")), &all))
	require.Len(t, all, 2, "baseline has no weight and saw nothing")
	require.Equal(t, 60, all[0].Requests+all[1].Requests)

	var canary []serving.ArmObservation
	require.NoError(t, json.Unmarshal([]byte(s.get(t, "/admin/observations?variant=canary&since_unix=0&until_unix=1")), &canary))
	require.Len(t, canary, 1)
	require.Equal(t, serving.Canary, canary[0].Variant)
	require.Zero(t, canary[0].Requests)
	require.Contains(t, s.get(t, "/admin/observations?variant=canary&until_unix=1"), `"samples":[]`)
}

func TestEventCounter_AnyCutIntoChunks_CountsTheSame(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	text.WriteString(": a comment\nevent: x\n")
	for i := range 50 {
		_, _ = fmt.Fprintf(&text, "id: %d\ndata: {\"text\":\"data: not at a beginning %d\"}\n\n", i, i)
		text.WriteString("data:{\"no\":\"space\"}\r\n\r\n")
	}
	text.WriteString("data: [DONE] is a text here\n\ndata: [DONE]\r\n\r\n")
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var chunks [][]byte
		for rest := text.Bytes(); len(rest) > 0; {
			n := min(1+rng.IntN(40), len(rest))
			chunks, rest = append(chunks, rest[:n]), rest[n:]
		}
		events, done := gateway.CountEvents(chunks...)
		require.Equal(t, 101, events)
		require.True(t, done)
	}
}
