package temporalx_test

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/optiinfra/performance-agent/internal/temporalx"
)

// environment is an envconfig.EnvLookup of fixed variables.
type environment map[string]string

func (e environment) LookupEnv(name string) (string, bool) { v, ok := e[name]; return v, ok }
func (e environment) Environ() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		out = append(out, name+"="+e[name])
	}
	return out
}

func silent() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func TestOptions_FollowTemporalsOwnVariables(t *testing.T) {
	t.Parallel()
	o, err := temporalx.Options(silent(), temporalx.WithEnvironment(environment{
		"TEMPORAL_ADDRESS": "temporal.example:7233", "TEMPORAL_NAMESPACE": "llm", "TEMPORAL_API_KEY": "k",
	}))
	require.NoError(t, err)
	require.Equal(t, "temporal.example:7233", o.HostPort)
	require.Equal(t, "llm", o.Namespace)
	require.NotNil(t, o.Credentials)
	require.NotNil(t, o.ConnectionOptions.TLS, "an API key is never sent in the clear")
	require.NotNil(t, o.Logger)
}

func TestOptions_NothingSet_IsTheLocalServer(t *testing.T) {
	t.Parallel()
	o, err := temporalx.Options(silent(), temporalx.WithEnvironment(environment{}))
	require.NoError(t, err)
	require.Equal(t, "localhost:7233", o.HostPort)
	require.Equal(t, "default", o.Namespace)
}

func TestOptions_ChangesOfTheCaller_ComeLast(t *testing.T) {
	t.Parallel()
	o, err := temporalx.Options(silent(), temporalx.WithEnvironment(environment{"TEMPORAL_NAMESPACE": "llm"}),
		temporalx.WithOptions(func(o *client.Options) { o.Namespace += "-test" }),
		temporalx.WithOptions(func(o *client.Options) { o.Identity = "me" }))
	require.NoError(t, err)
	require.Equal(t, "llm-test", o.Namespace)
	require.Equal(t, "me", o.Identity)
}

func TestDial_BadSettings_SayWhereToLook(t *testing.T) {
	t.Parallel()
	_, err := temporalx.Dial(context.Background(), silent(), temporalx.WithEnvironment(environment{
		"TEMPORAL_TLS_CLIENT_CERT_PATH": "/does/not/exist", "TEMPORAL_TLS_CLIENT_KEY_PATH": "/does/not/exist"}))
	require.ErrorContains(t, err, "TEMPORAL_*")
}

func TestDial_NobodyAnswers_NamesTheAddressWithinTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err := temporalx.Dial(ctx, silent(), temporalx.WithEnvironment(environment{"TEMPORAL_ADDRESS": "127.0.0.1:1"}))
	require.ErrorContains(t, err, "127.0.0.1:1")
	require.ErrorContains(t, err, "TEMPORAL_ADDRESS")
}
