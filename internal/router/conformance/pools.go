package conformance

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func poolsAreAbsolute(t *testing.T, s *Subject) {
	need(t, s.Pools != nil, "is not told its replicas")
	canary := s.Pools[serving.Canary]
	for _, step := range []struct {
		what      string
		endpoints []string
		want      []string
	}{
		{"one", canary[:1], canary[:1]},
		{"again", canary[:1], canary[:1]},
		{"both", canary, canary},
		{"given twice counts once", []string{canary[1], canary[1]}, canary[1:]},
		{"the other alone", canary[:1], canary[:1]},
		{"none", nil, nil},
		{"none again", []string{}, nil},
	} {
		require.NoError(t, s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Canary, step.endpoints), step.what)
		require.ElementsMatch(t, step.want, s.traffic(t).Pool(serving.Canary).Endpoints, step.what)
	}
	require.NoError(t, s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Canary, canary[:1]))
	for what, endpoint := range map[string]string{
		"path": canary[1] + "/v1", "no scheme": "127.0.0.1:8000", "other scheme": "ftp://127.0.0.1:8000", "nothing": "", "query": canary[1] + "?a=b",
	} {
		err := s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Canary, []string{canary[1], endpoint})
		require.ErrorIs(t, err, router.ErrInvalid, what)
		require.Equal(t, canary[:1], s.traffic(t).Pool(serving.Canary).Endpoints, "a refused pool changes nothing: "+what)
	}
	require.ErrorIs(t, s.Router.SetEndpoints(t.Context(), s.Fleet, "blue", canary), router.ErrInvalid)
}

func poolsInUse(t *testing.T, s *Subject) {
	need(t, s.Pools != nil, "is not told its replicas")
	s.fillPools(t)
	base := s.revision(t)
	s.set(t, split(base+1, 50, 0))
	for _, v := range []serving.Variant{serving.Stable, serving.Canary} {
		err := s.Router.SetEndpoints(t.Context(), s.Fleet, v, nil)
		require.ErrorIs(t, err, router.ErrInUse, v)
		require.ErrorIs(t, err, serving.ErrPermanent, v)
		require.ElementsMatch(t, s.Pools[v], s.traffic(t).Pool(v).Endpoints)
	}
	require.NoError(t, s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Canary, s.Pools[serving.Canary][1:]), "it may shrink")
	s.set(t, serving.AllStable(base+2))
	require.NoError(t, s.Router.SetEndpoints(t.Context(), s.Fleet, serving.Canary, nil))
}
