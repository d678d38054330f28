package conformance

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Subject is one provisioner under test. It begins with no variant but, where the
// platform keeps it, stable. All but Kill are required.
type Subject struct {
	Provisioner provision.Provisioner
	Fleet       serving.Fleet
	// Config is a configuration that starts; another one for each name.
	Config func(name string) serving.EngineConfig
	// Broken is one whose engine ends while it starts, with Why in its log.
	Broken serving.EngineConfig
	Why    string
	// Again makes another provisioner for the same platform that shares nothing in
	// this process with the first, as a restarted worker has.
	Again func() provision.Provisioner
	// Kill ends the replica at an endpoint for good, behind the provisioner's back.
	Kill func(t *testing.T, endpoint string)
}

// Run tests a kind of provisioner. start makes a fresh Subject for each test and
// cleans up by t.Cleanup; the tests run in parallel.
func Run(t *testing.T, start func(t *testing.T) *Subject) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(*testing.T, *Subject)
	}{
		{"Ensure_ReturnsWhenAllServe_AndIsIdempotent", ensureTwice},
		{"Ensure_OtherSize_ChangesTheSize", resize},
		{"Ensure_OtherConfiguration_ReplacesTheReplicas", reconfigure},
		{"Ensure_WhatCannotBe_IsInvalid", invalid},
		{"Ensure_SideBySide_MakesOneVariant", sideBySide},
		{"Ensure_EngineThatEnds_IsAFailedStartWithItsReason", broken},
		{"Ensure_AfterACallThatWasCutOff_Completes", cutOff},
		{"Ensure_ReplicaGone_IsReplaced", replaced},
		{"Describe_TellsVariantsApart", variants},
		{"Remove_OfNone_IsNoError", removeNone},
		{"Remove_EndsOneVariantAlone", removeOne},
		{"Restart_OfTheAgent_AdoptsWhatRuns", adopted},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, start(t))
		})
	}
}

func (s *Subject) spec(v serving.Variant, c serving.EngineConfig, replicas int) serving.VariantSpec {
	return serving.VariantSpec{Fleet: s.Fleet.Name, Variant: v, Config: c, Hardware: s.Fleet.Hardware, Replicas: replicas}
}

// ensure asserts that a variant runs as asked when Ensure returns.
func (s *Subject) ensure(t *testing.T, p provision.Provisioner, v serving.Variant, c serving.EngineConfig, replicas int) serving.VariantStatus {
	t.Helper()
	status, err := p.Ensure(t.Context(), s.Fleet, s.spec(v, c, replicas))
	require.NoError(t, err)
	require.Equal(t, s.Fleet.Name, status.Fleet)
	require.Equal(t, v, status.Variant)
	require.Equal(t, c.Key(), status.Config.Key())
	s.requireServing(t, status.Endpoints, replicas)
	return status
}

func (s *Subject) requireServing(t *testing.T, endpoints []string, replicas int) {
	t.Helper()
	require.Len(t, endpoints, replicas)
	distinct := map[string]bool{}
	for _, e := range endpoints {
		require.True(t, serves(t.Context(), e), "%s does not serve", e)
		distinct[e] = true
	}
	require.Len(t, distinct, replicas, "each replica is told once")
}

// found is what Describe says of a variant; none is an answer.
func (s *Subject) found(t *testing.T, p provision.Provisioner, v serving.Variant) []serving.VariantStatus {
	t.Helper()
	all, err := p.Describe(t.Context(), s.Fleet)
	require.NoError(t, err)
	var out []serving.VariantStatus
	for _, status := range all {
		if status.Variant == v {
			out = append(out, status)
		}
	}
	return out
}

// requireOnly asserts that a variant is described as one group.
func (s *Subject) requireOnly(t *testing.T, v serving.Variant, c serving.EngineConfig, endpoints []string) {
	t.Helper()
	found := s.found(t, s.Provisioner, v)
	require.Len(t, found, 1)
	require.Equal(t, c.Key(), found[0].Config.Key())
	require.ElementsMatch(t, endpoints, found[0].Endpoints)
}

// serves asks an engine as a load balancer does.
func serves(ctx context.Context, endpoint string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/health", nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// eventually polls for what no channel tells; 30 s are for a busy machine.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 30*time.Second, 20*time.Millisecond, what)
}
