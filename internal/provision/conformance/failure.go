package conformance

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func broken(t *testing.T, s *Subject) {
	_, err := s.Provisioner.Ensure(t.Context(), s.Fleet, s.spec(serving.Staging, s.Broken, 1))
	require.ErrorIs(t, err, provision.ErrStartFailed)
	require.ErrorIs(t, err, serving.ErrPermanent)
	require.ErrorContains(t, err, s.Why, "people are told why")
	require.Empty(t, s.found(t, s.Provisioner, serving.Staging), "what does not start is not left behind")
	s.ensure(t, s.Provisioner, serving.Staging, s.Config("a"), 1)
}

func sideBySide(t *testing.T, s *Subject) {
	const callers = 4
	c := s.Config("a")
	provisioners := []provision.Provisioner{s.Provisioner, s.Again()}
	got, errs := make([]serving.VariantStatus, callers), make([]error, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() { got[i], errs[i] = provisioners[i%2].Ensure(t.Context(), s.Fleet, s.spec(serving.Canary, c, 2)) })
	}
	wg.Wait()
	for i := range callers {
		require.NoError(t, errs[i])
		s.requireServing(t, got[i].Endpoints, 2)
		require.ElementsMatch(t, got[0].Endpoints, got[i].Endpoints, "all are told of the same replicas")
	}
	s.requireOnly(t, serving.Canary, c, got[0].Endpoints)
}

// cutOff ends calls at later and later moments, as a worker does that is stopped.
// Whatever they left must do for the next one.
func cutOff(t *testing.T, s *Subject) {
	c := s.Config("a")
	for _, calls := range []int{0, 1, 3} {
		ctx, cancel := context.WithCancel(t.Context())
		seen := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = s.Again().Ensure(ctx, s.Fleet, s.spec(serving.Canary, c, 2))
		}()
		for seen < calls {
			s.found(t, s.Provisioner, serving.Canary) // the time of a question
			seen++
		}
		cancel()
		<-done
	}
	status := s.ensure(t, s.Provisioner, serving.Canary, c, 2)
	s.requireOnly(t, serving.Canary, c, status.Endpoints)
}

func replaced(t *testing.T, s *Subject) {
	if s.Kill == nil {
		t.Skip("this kind of provisioner cannot be disturbed here")
	}
	c := s.Config("a")
	before := s.ensure(t, s.Provisioner, serving.Canary, c, 2)
	s.Kill(t, before.Endpoints[0])
	eventually(t, "the loss is seen", func() bool {
		found := s.found(t, s.Provisioner, serving.Canary)
		return len(found) == 0 || !slices.Contains(found[0].Endpoints, before.Endpoints[0])
	})
	after := s.ensure(t, s.Provisioner, serving.Canary, c, 2)
	require.Contains(t, after.Endpoints, before.Endpoints[1], "the other replica is left alone")
}

func adopted(t *testing.T, s *Subject) {
	c := s.Config("a")
	before := s.ensure(t, s.Provisioner, serving.Canary, c, 2)
	restarted := s.Again()
	require.Equal(t, s.found(t, s.Provisioner, serving.Canary), s.found(t, restarted, serving.Canary))
	after := s.ensure(t, restarted, serving.Canary, c, 2)
	require.ElementsMatch(t, before.Endpoints, after.Endpoints)
	require.NoError(t, s.Again().Remove(t.Context(), s.Fleet, serving.Canary), "and whoever comes next can end it")
	require.Empty(t, s.found(t, s.Provisioner, serving.Canary))
}
