package kubetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Shared is the plane of a test binary, started at its first use. TestMain must
// call Stop after the tests.
type Shared struct {
	// Controllers has pods made of Deployments.
	Controllers bool

	once  sync.Once
	plane *Plane
	err   error
}

// Need gives the plane, or skips the test where there are no binaries for it.
func (s *Shared) Need(t testing.TB) *Plane {
	t.Helper()
	if testing.Short() {
		t.Skip("a real control plane: not in -short")
	}
	s.once.Do(func() { s.plane, s.err = Start(context.Background(), s.Controllers) })
	if errors.Is(s.err, ErrNoAssets) {
		t.Skip(s.err)
	}
	require.NoError(t, s.err)
	return s.plane
}

// Stop ends the plane if one was started.
func (s *Shared) Stop() {
	if s.plane != nil {
		s.plane.Stop()
	}
}

// Namespace makes one for a test alone.
func (p *Plane) Namespace(t testing.TB) string {
	t.Helper()
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	name := "n" + hex.EncodeToString(random)
	require.NoError(t, p.Apply(t.Context(), `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+name+`"}}`))
	return name
}
