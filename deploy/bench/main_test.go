package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/summary"
)

// fake is a bench of three parts that note that they ran; the second cannot.
func fake(t *testing.T) (bench, *[]string) {
	t.Helper()
	ran := &[]string{}
	add := func(name string, err error) part {
		return part{name, func(io.Writer, string) error {
			*ran = append(*ran, name)
			return err
		}}
	}
	return bench{folder: t.TempDir(), full: true, parts: []part{add("api", nil), add("gateway", fmt.Errorf("%w: no haproxy", errSkipped)), add("watch", nil)}}, ran
}

func TestRun_All_LeavesOutWhatCannotRunHere_AndStampsTheRest(t *testing.T) {
	t.Parallel()
	b, ran := fake(t)
	var out strings.Builder
	require.NoError(t, b.run(nil, &out))
	require.Equal(t, []string{"api", "gateway", "watch"}, *ran)
	require.Contains(t, out.String(), "gateway: skipped: no haproxy")
	require.Contains(t, out.String(), "minutes: api")
	s, err := summary.Load(b.folder)
	require.NoError(t, err)
	require.Len(t, s.Stamps, 2)
	require.True(t, s.Stamps[0].Full)
}

func TestRun_Named_OnlyThat_AndThenASkipIsAFailure(t *testing.T) {
	t.Parallel()
	b, ran := fake(t)
	require.NoError(t, b.run([]string{"watch"}, io.Discard))
	require.Equal(t, []string{"watch"}, *ran)
	require.ErrorIs(t, b.run([]string{"gateway"}, io.Discard), errSkipped)
	require.ErrorContains(t, b.run([]string{"nothing"}, io.Discard), `no part "nothing", use one of [api gateway watch`)
	b.parts[0].run = func(io.Writer, string) error { return errors.New("broken") }
	require.ErrorContains(t, b.run(nil, io.Discard), "api: broken")
}

func TestParts_EachHasAName_AndShortIsShorter(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, p := range append(parts(size{}), onlyNamed(scaleLoad(20, 1))...) {
		require.False(t, seen[p.name], p.name)
		seen[p.name] = true
		require.NotNil(t, p.run)
	}
	require.Less(t, size{}.detection(), size{full: true}.detection())
	require.Equal(t, 20, scaleLoad(20, 1).Breaks)
	require.Equal(t, 7, size{detectionRuns: 7}.detection())
	require.Error(t, play("no role", io.Discard))
	require.Error(t, runPart(io.Discard, filepath.Join(t.TempDir(), "run.json")), "the binary is not in the test's folder")
}
