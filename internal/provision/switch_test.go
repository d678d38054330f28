package provision_test

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/provision"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func kill(t *testing.T, pid int) {
	t.Helper()
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
}

// recording is a provisioner that notes its calls.
type recording struct{ calls []string }

var errRecorded = errors.New("as told")

func (r *recording) Ensure(_ context.Context, _ serving.Fleet, s serving.VariantSpec) (serving.VariantStatus, error) {
	r.calls = append(r.calls, "ensure "+string(s.Variant))
	return serving.VariantStatus{}, errRecorded
}

func (r *recording) Remove(_ context.Context, _ serving.Fleet, v serving.Variant) error {
	r.calls = append(r.calls, "remove "+string(v))
	return errRecorded
}

func (r *recording) Describe(context.Context, serving.Fleet) ([]serving.VariantStatus, error) {
	r.calls = append(r.calls, "describe")
	return nil, errRecorded
}

func TestSwitch_Calls_GoToTheKindOfTheFleet(t *testing.T) {
	t.Parallel()
	a, b := &recording{}, &recording{}
	s := provision.NewSwitch(map[string]provision.Provisioner{"a": a, "b": b})
	fleet := serving.Fleet{Provisioner: serving.AdapterRef{Kind: "b"}}
	_, err := s.Ensure(t.Context(), fleet, serving.VariantSpec{Variant: serving.Canary})
	require.ErrorIs(t, err, errRecorded)
	require.ErrorIs(t, s.Remove(t.Context(), fleet, serving.Canary), errRecorded)
	_, err = s.Describe(t.Context(), fleet)
	require.ErrorIs(t, err, errRecorded)
	require.Empty(t, a.calls)
	require.Equal(t, []string{"ensure canary", "remove canary", "describe"}, b.calls)
}

func TestSwitch_UnknownKind_IsPermanentAndNamesTheKnown(t *testing.T) {
	t.Parallel()
	s := provision.NewSwitch(map[string]provision.Provisioner{provision.KindProcess: &recording{}})
	fleet := serving.Fleet{Provisioner: serving.AdapterRef{Kind: "mainframe"}}
	_, errEnsure := s.Ensure(t.Context(), fleet, serving.VariantSpec{})
	_, errDescribe := s.Describe(t.Context(), fleet)
	for _, err := range []error{errEnsure, errDescribe, s.Remove(t.Context(), fleet, serving.Canary)} {
		require.ErrorIs(t, err, provision.ErrUnknownKind)
		require.ErrorIs(t, err, serving.ErrPermanent)
		require.ErrorContains(t, err, "process")
	}
}
