package conformance

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func ensureTwice(t *testing.T, s *Subject) {
	c := s.Config("a")
	first := s.ensure(t, s.Provisioner, serving.Canary, c, 2)
	again := s.ensure(t, s.Provisioner, serving.Canary, c, 2)
	require.ElementsMatch(t, first.Endpoints, again.Endpoints, "nothing is started that runs already")
	require.Contains(t, []float64{0, first.ReadySeconds}, again.ReadySeconds, "the cold start is the one that was, or not known any more")
	s.requireOnly(t, serving.Canary, c, first.Endpoints)
}

func resize(t *testing.T, s *Subject) {
	c := s.Config("a")
	one := s.ensure(t, s.Provisioner, serving.Canary, c, 1)
	two := s.ensure(t, s.Provisioner, serving.Canary, c, 2)
	require.Subset(t, two.Endpoints, one.Endpoints, "a replica that is as it should be stays")
	back := s.ensure(t, s.Provisioner, serving.Canary, c, 1)
	require.Subset(t, two.Endpoints, back.Endpoints)
	s.requireOnly(t, serving.Canary, c, back.Endpoints)
}

func reconfigure(t *testing.T, s *Subject) {
	old := s.ensure(t, s.Provisioner, serving.Canary, s.Config("a"), 2)
	next := s.ensure(t, s.Provisioner, serving.Canary, s.Config("b"), 2)
	s.requireOnly(t, serving.Canary, s.Config("b"), next.Endpoints)
	for _, e := range old.Endpoints {
		if !slices.Contains(next.Endpoints, e) {
			eventually(t, e+" has ended", func() bool { return !serves(t.Context(), e) })
		}
	}
}

func invalid(t *testing.T, s *Subject) {
	foreign := s.spec(serving.Canary, s.Config("a"), 1)
	foreign.Fleet = "somebody-elses"
	for what, spec := range map[string]serving.VariantSpec{
		"no replicas":       s.spec(serving.Canary, s.Config("a"), 0),
		"negative replicas": s.spec(serving.Canary, s.Config("a"), -1),
		"another fleet":     foreign,
	} {
		_, err := s.Provisioner.Ensure(t.Context(), s.Fleet, spec)
		require.ErrorIs(t, err, provision.ErrInvalid, what)
		require.ErrorIs(t, err, serving.ErrPermanent, what)
	}
	require.Empty(t, s.found(t, s.Provisioner, serving.Canary))
}

func variants(t *testing.T, s *Subject) {
	canary := s.ensure(t, s.Provisioner, serving.Canary, s.Config("new"), 1)
	baseline := s.ensure(t, s.Provisioner, serving.Baseline, s.Config("old"), 1)
	staging := s.ensure(t, s.Provisioner, serving.Staging, s.Config("new"), 1)
	s.requireOnly(t, serving.Canary, s.Config("new"), canary.Endpoints)
	s.requireOnly(t, serving.Baseline, s.Config("old"), baseline.Endpoints)
	s.requireOnly(t, serving.Staging, s.Config("new"), staging.Endpoints)
	s.requireServing(t, slices.Concat(canary.Endpoints, baseline.Endpoints, staging.Endpoints), 3)
}

func removeNone(t *testing.T, s *Subject) {
	for range 2 {
		require.NoError(t, s.Provisioner.Remove(t.Context(), s.Fleet, serving.Staging))
	}
	require.Empty(t, s.found(t, s.Provisioner, serving.Staging))
}

func removeOne(t *testing.T, s *Subject) {
	canary := s.ensure(t, s.Provisioner, serving.Canary, s.Config("a"), 2)
	staging := s.ensure(t, s.Provisioner, serving.Staging, s.Config("a"), 1)
	for range 2 {
		require.NoError(t, s.Provisioner.Remove(t.Context(), s.Fleet, serving.Canary))
		require.Empty(t, s.found(t, s.Provisioner, serving.Canary))
	}
	for _, e := range canary.Endpoints {
		require.False(t, serves(t.Context(), e), "%s serves although Remove returned", e)
	}
	s.requireOnly(t, serving.Staging, s.Config("a"), staging.Endpoints)
	s.requireServing(t, staging.Endpoints, 1)
	s.ensure(t, s.Provisioner, serving.Canary, s.Config("a"), 1)
}
