package router_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gateway"
	"github.com/optiinfra/performance-agent/internal/router/kinds"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// realGateway is our own gateway with one working backend, and a fleet that
// names its admin API.
func realGateway(t *testing.T) (*gateway.Gateway, serving.Fleet, string) {
	t.Helper()
	g := gateway.New(gateway.Options{})
	admin := httptest.NewServer(g.AdminHandler())
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {}\n\ndata: {}\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(func() { admin.Close(); backend.Close(); g.Close() })
	return g, serving.Fleet{Name: "chat", Router: serving.AdapterRef{Kind: "gateway", Address: admin.URL}}, backend.URL
}

func canarySplit(revision int64, canary int) serving.Weights {
	return serving.Weights{Revision: revision, Shares: []serving.Share{
		{Variant: serving.Stable, Percent: 100 - canary}, {Variant: serving.Canary, Percent: canary}}}
}

func TestSwitch_Gateway_SetsAndReadsTraffic(t *testing.T) {
	t.Parallel()
	g, fleet, backend := realGateway(t)
	s := kinds.Routers(nil)
	ctx := t.Context()
	require.NoError(t, s.SetEndpoints(ctx, fleet, serving.Stable, []string{backend}))
	require.NoError(t, s.SetEndpoints(ctx, fleet, serving.Canary, []string{backend}))
	require.NoError(t, s.SetWeights(ctx, fleet, canarySplit(3, 25)))
	require.NoError(t, s.SetWeights(ctx, fleet, canarySplit(3, 25)), "a retry is no error")
	got, err := s.Traffic(ctx, fleet)
	require.NoError(t, err)
	require.Equal(t, g.Traffic(), got)
	require.Equal(t, 25, got.Weights.Of(serving.Canary))
	require.Equal(t, []string{backend}, got.Pool(serving.Canary).Endpoints)
}

func TestSwitch_Gateway_RefusalsAreSentinels(t *testing.T) {
	t.Parallel()
	_, fleet, backend := realGateway(t)
	s := kinds.Routers(nil)
	ctx := t.Context()
	require.NoError(t, s.SetEndpoints(ctx, fleet, serving.Stable, []string{backend}))
	require.NoError(t, s.SetWeights(ctx, fleet, serving.AllStable(9)))

	stale := s.SetWeights(ctx, fleet, serving.AllStable(8))
	require.ErrorIs(t, stale, router.ErrStaleRevision)
	require.ErrorIs(t, stale, serving.ErrPermanent)
	require.ErrorContains(t, stale, "revision 9 is in force", "the router's own words reach a person")

	empty := s.SetWeights(ctx, fleet, canarySplit(10, 5))
	require.ErrorIs(t, empty, router.ErrInvalid)
	require.ErrorIs(t, empty, serving.ErrPermanent)

	inUse := s.SetEndpoints(ctx, fleet, serving.Stable, nil)
	require.ErrorIs(t, inUse, router.ErrInUse)
	require.ErrorIs(t, inUse, router.ErrInvalid)
	require.NotErrorIs(t, inUse, router.ErrStaleRevision)

	require.ErrorIs(t, s.SetEndpoints(ctx, fleet, "blue", []string{backend}), router.ErrInvalid)
	require.NoError(t, s.SetEndpoints(ctx, fleet, serving.Canary, nil), "taking out what is not there is no error")
}

func TestSwitch_Gateway_ObservesInTheGivenWindow(t *testing.T) {
	t.Parallel()
	g, fleet, backend := realGateway(t)
	s := kinds.Routers(nil)
	require.NoError(t, s.SetEndpoints(t.Context(), fleet, serving.Stable, []string{backend}))
	users := httptest.NewServer(g.Handler())
	defer users.Close()
	for range 3 {
		res, err := http.Post(users.URL+"/v1/completions", "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
	}
	var got []serving.ArmObservation
	require.Eventually(t, func() bool {
		var err error
		got, err = s.Observe(t.Context(), fleet, 0, 1e11)
		return err == nil && len(got) == 1 && got[0].Requests == 3
	}, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, 2, got[0].Samples[0].Tokens)

	cut := got[0].Samples[1].EndedUnix
	part, err := s.Observe(t.Context(), fleet, cut, 1e11)
	require.NoError(t, err)
	require.Equal(t, got[0].Samples[1:], part[0].Samples, "not a digit of the window is lost on the way")
}

func TestSwitch_GatewayThatCannotBeReached_IsWorthARetry(t *testing.T) {
	t.Parallel()
	s := kinds.Routers(nil)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
	defer broken.Close()
	for _, address := range []string{gone.URL, broken.URL} {
		fleet := serving.Fleet{Router: serving.AdapterRef{Kind: "gateway", Address: address}}
		_, err := s.Traffic(t.Context(), fleet)
		require.ErrorIs(t, err, router.ErrUnreachable)
		require.NotErrorIs(t, err, serving.ErrPermanent)
	}
}

func TestSwitch_CancelledCall_SaysSo(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { close(asked); <-r.Context().Done() }))
	defer silent.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }()
	_, err := kinds.Routers(nil).Traffic(ctx, serving.Fleet{Router: serving.AdapterRef{Kind: "gateway", Address: silent.URL}})
	require.ErrorIs(t, err, context.Canceled)
}

func TestSwitch_WrongAddress_IsPermanent(t *testing.T) {
	t.Parallel()
	s := kinds.Routers(nil)
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }))
	defer page.Close()
	for _, address := range []string{"", "127.0.0.1:8100", "http://", other.URL, page.URL} {
		_, err := s.Traffic(t.Context(), serving.Fleet{Router: serving.AdapterRef{Kind: "gateway", Address: address}})
		require.ErrorIs(t, err, router.ErrInvalid, "address %q", address)
		require.ErrorIs(t, err, serving.ErrPermanent)
	}
}

func TestSwitch_GatewayReportsAnotherSplit_IsAnError(t *testing.T) {
	t.Parallel()
	liar := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(serving.Traffic{Weights: serving.AllStable(4)})
	}))
	defer liar.Close()
	fleet := serving.Fleet{Router: serving.AdapterRef{Kind: "gateway", Address: liar.URL}}
	require.Error(t, kinds.Routers(nil).SetWeights(t.Context(), fleet, canarySplit(4, 5)))
	require.NoError(t, kinds.Routers(nil).SetWeights(t.Context(), fleet, serving.AllStable(4)))
}

// recording is a router that notes the calls it gets.
type recording struct {
	mu    sync.Mutex
	calls []string
}

var errRecorded = errors.New("as told")

func (r *recording) note(call string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call)
	return errRecorded
}

func (r *recording) Traffic(context.Context, serving.Fleet) (serving.Traffic, error) {
	return serving.Traffic{}, r.note("traffic")
}
func (r *recording) SetWeights(context.Context, serving.Fleet, serving.Weights) error {
	return r.note("weights")
}
func (r *recording) SetEndpoints(_ context.Context, _ serving.Fleet, v serving.Variant, _ []string) error {
	return r.note("endpoints " + string(v))
}
func (r *recording) Observe(context.Context, serving.Fleet, float64, float64) ([]serving.ArmObservation, error) {
	return nil, r.note("observe")
}
func (r *recording) Counters(context.Context, serving.Fleet) ([]serving.ArmCounters, error) {
	return nil, r.note("counters")
}

func TestSwitch_Calls_GoToTheKindOfTheFleet(t *testing.T) {
	t.Parallel()
	a, b := &recording{}, &recording{}
	s := router.NewSwitch(map[string]router.Router{"a": a, "b": b})
	fleet := serving.Fleet{Router: serving.AdapterRef{Kind: "b"}}
	_, err := s.Traffic(t.Context(), fleet)
	require.ErrorIs(t, err, errRecorded)
	require.ErrorIs(t, s.SetWeights(t.Context(), fleet, serving.Weights{}), errRecorded)
	require.ErrorIs(t, s.SetEndpoints(t.Context(), fleet, serving.Canary, nil), errRecorded)
	_, err = s.Observe(t.Context(), fleet, 0, 1)
	require.ErrorIs(t, err, errRecorded)
	_, err = s.Counters(t.Context(), fleet)
	require.ErrorIs(t, err, errRecorded)
	require.Empty(t, a.calls)
	require.Equal(t, []string{"traffic", "weights", "endpoints canary", "observe", "counters"}, b.calls)
}

func TestSwitch_UnknownKind_IsPermanentAndNamesTheKnown(t *testing.T) {
	t.Parallel()
	s := kinds.Routers(nil)
	fleet := serving.Fleet{Router: serving.AdapterRef{Kind: "carrier-pigeon"}}
	_, errTraffic := s.Traffic(t.Context(), fleet)
	_, errObserve := s.Observe(t.Context(), fleet, 0, 1)
	_, errCounters := s.Counters(t.Context(), fleet)
	for _, err := range []error{errTraffic, errObserve, errCounters, s.SetWeights(t.Context(), fleet, serving.AllStable(1)), s.SetEndpoints(t.Context(), fleet, serving.Stable, nil)} {
		require.ErrorIs(t, err, router.ErrUnknownKind)
		require.ErrorIs(t, err, serving.ErrPermanent)
		require.ErrorContains(t, err, "gateway")
	}
}

func TestSwitch_RouterThatReadsNoHeaders_RefusesRulesForGoodAndIsNotAsked(t *testing.T) {
	t.Parallel()
	a := &recording{}
	w := serving.AllStable(1)
	w.Rules = []serving.RouteRule{{Header: "X-Beta", Value: "yes", Variant: serving.Canary}}
	err := router.NewSwitch(map[string]router.Router{"a": a}).SetWeights(t.Context(), serving.Fleet{Router: serving.AdapterRef{Kind: "a"}}, w)
	require.ErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, "cannot split by a header")
	require.Empty(t, a.calls)
}
