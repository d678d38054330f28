package haproxy_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/conformance"
	"github.com/optiinfra/performance-agent/internal/router/haproxy"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// command is what an operator types at the socket.
func (s *stack) command(t *testing.T, text string) string {
	t.Helper()
	conn, err := net.Dial("unix", strings.TrimPrefix(s.proxy.Address, "unix:"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = io.WriteString(conn, text+"\n")
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(answer)
}

func (s *stack) file(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(s.proxy.Dir, name))
	require.NoError(t, err)
	return string(content)
}

func canaryStack(t *testing.T) *stack {
	s := newStack(t)
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable"))
	s.pool(t, serving.Canary, conformance.NewEngine(t, "canary"))
	return s
}

func TestHAProxy_SplitChangedByHand_IsReportedAndTheRetryPutsItBack(t *testing.T) {
	t.Parallel()
	s := canaryStack(t)
	s.split(t, 25, 0)
	s.command(t, "set map "+filepath.Join(s.proxy.Dir, "chat.map")+" canary 9000")
	got, err := s.Traffic(t.Context(), s.fleet)
	require.NoError(t, err)
	require.Equal(t, 90, got.Weights.Of(serving.Canary), "what is reported is what requests see")
	require.NoError(t, s.SetWeights(t.Context(), s.fleet, weights(s.revision, 25, 0)))
	got, err = s.Traffic(t.Context(), s.fleet)
	require.NoError(t, err)
	require.True(t, got.Weights.SameSplit(weights(0, 25, 0)))
}

func TestHAProxy_MapFilePutBackByATool_TheFenceHolds(t *testing.T) {
	t.Parallel()
	s := canaryStack(t)
	s.revision = 6
	s.split(t, 25, 0)
	require.NoError(t, os.WriteFile(filepath.Join(s.proxy.Dir, "chat.map"), nil, 0o600))
	require.ErrorIs(t, s.SetWeights(t.Context(), s.fleet, weights(3, 50, 0)), router.ErrStaleRevision)
	require.NoError(t, s.SetWeights(t.Context(), s.fleet, weights(7, 25, 0)), "the retry saves it again")
	require.Contains(t, s.file(t, "chat.map"), "canary 2500\n")
	require.Contains(t, s.file(t, "chat.map"), "revision 7\n")
}

func TestHAProxy_StateOfOtherPools_IsLeftAlone(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	others := "1\n# be_id be_name srv_id srv_name\n9 shop 1 web1 10.0.0.1 2 0 1 1 1 6 3 4 6 0 0 0 - 80 - 0 0 - - 0\n9 chat-canary-2 1 r1 10.0.0.1 2 0\n"
	require.NoError(t, os.WriteFile(filepath.Join(s.proxy.Dir, "servers.state"), []byte(others), 0o600))
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable"))
	s.pool(t, serving.Stable, conformance.NewEngine(t, "stable"))
	state := s.file(t, "servers.state")
	require.Equal(t, 1, strings.Count(state, " shop 1 web1 10.0.0.1 "))
	require.Equal(t, 1, strings.Count(state, " chat-canary-2 "))
	require.Equal(t, 1, strings.Count(state, "# be_id"))
	require.Equal(t, 1, strings.Count(state, " chat-stable 1 r1 "))
	require.NotContains(t, state, " metrics ")
}

func TestHAProxy_MoreReplicasThanSlots_IsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	many := make([]string, 17)
	for i := range many {
		many[i] = "http://10.0.0." + string(rune('a'+i)) + ":8000"
	}
	require.ErrorIs(t, s.SetEndpoints(t.Context(), s.fleet, serving.Stable, many), router.ErrInvalid, "names")
	for i := range many {
		many[i] = "http://10.0.1." + strings.Repeat("1", 1+i/9) + string(rune('1'+i%9)) + ":8000"
	}
	err := s.SetEndpoints(t.Context(), s.fleet, serving.Stable, many)
	require.ErrorIs(t, err, router.ErrInvalid)
	require.ErrorContains(t, err, "16 slots")
	got, err := s.Traffic(t.Context(), s.fleet)
	require.NoError(t, err)
	require.Empty(t, got.Pool(serving.Stable).Endpoints)
	require.NoError(t, s.SetEndpoints(t.Context(), s.fleet, serving.Stable, many[:16]))
	require.NoError(t, s.SetEndpoints(t.Context(), s.fleet, serving.Stable, many[1:]), "all full, and one is exchanged")
	got, err = s.Traffic(t.Context(), s.fleet)
	require.NoError(t, err)
	require.ElementsMatch(t, many[1:], got.Pool(serving.Stable).Endpoints)
}

func TestHAProxy_TLSAndStaging_AreRefused(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	require.ErrorIs(t, s.SetEndpoints(t.Context(), s.fleet, serving.Stable, []string{"https://127.0.0.1:8000"}), router.ErrInvalid)
	require.ErrorIs(t, s.SetEndpoints(t.Context(), s.fleet, serving.Staging, []string{"http://127.0.0.1:8000"}), router.ErrInvalid)
	shares := []serving.Share{{Variant: serving.Stable, Percent: 90}, {Variant: serving.Staging, Percent: 10}}
	require.ErrorIs(t, s.SetWeights(t.Context(), s.fleet, serving.Weights{Revision: 1, Shares: shares}), router.ErrInvalid)
}

func TestHAProxy_ObjectsThatHAProxyDoesNotHave_ArePermanentAndNamed(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	for option, names := range map[string]string{"?name=other": "other.map", "?canary=nobody": "nobody", "?map=other.map": "other.map"} {
		fleet := s.fleet
		fleet.Router.Address += option
		_, err := s.Traffic(t.Context(), fleet)
		require.ErrorIs(t, err, router.ErrInvalid, option)
		require.ErrorIs(t, err, serving.ErrPermanent, option)
		require.ErrorContains(t, err, names)
	}
	fleet := s.fleet
	fleet.Name, fleet.Router.Address = "renamed", fleet.Router.Address+"?name=chat"
	_, err := s.Traffic(t.Context(), fleet)
	require.NoError(t, err, "the objects may be called after something else")
}

func TestHAProxy_DirectoryThatCannotBeWritten_IsPermanentAndNothingIsInForce(t *testing.T) {
	t.Parallel()
	s := canaryStack(t)
	require.NoError(t, os.RemoveAll(s.proxy.Dir+"/chat.map"))
	require.NoError(t, os.Mkdir(s.proxy.Dir+"/chat.map", 0o755)) // works as root, too
	err := s.SetWeights(t.Context(), s.fleet, weights(1, 50, 0))
	require.Error(t, err)
	got, err := s.Traffic(t.Context(), s.fleet)
	require.NoError(t, err)
	require.Zero(t, got.Weights.Of(serving.Canary), "what is not saved does not happen")
	require.NoError(t, os.Remove(s.proxy.Dir+"/chat.map"))
	err = s.SetWeights(t.Context(), s.fleet, weights(1, 50, 0))
	require.ErrorIs(t, err, router.ErrInvalid, "another host, or a directory that is not mounted")
}

func TestHAProxy_GoneOrSilentSocket_IsWorthARetry(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	go func() {
		for {
			conn, err := silent.Accept()
			if err != nil {
				return
			}
			_ = conn.Close() // without an answer
		}
	}()
	for _, address := range []string{"unix:/nowhere/admin.sock", "tcp:" + silent.Addr().String()} {
		_, err := haproxy.New(nil).Traffic(t.Context(), serving.Fleet{Name: "chat", Router: serving.AdapterRef{Address: address}})
		require.ErrorIs(t, err, router.ErrUnreachable, address)
		require.NotErrorIs(t, err, serving.ErrPermanent, address)
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"unix:/run/haproxy/admin.sock", "tcp:127.0.0.1:9999", "tcp://127.0.0.1:9999", "tcp:[::1]:9999",
		"unix:/run/a.sock?name=chat-eu&map=split.map&canary=pool_c"} {
		require.NoError(t, haproxy.CheckAddress(good), good)
	}
	for _, bad := range []string{"", "http://127.0.0.1:8100", "unix:relative.sock", "unix://host/run/a.sock", "tcp:10.0.0.7:9999",
		"tcp:localhost:9999", "tcp:127.0.0.1", "unix:/run/a.sock?pools=x", "unix:/run/a.sock?name=a%3Bb", "unix:/run/a.sock?map=../x",
		"unix:/" + strings.Repeat("a", 108), "%"} {
		err := haproxy.CheckAddress(bad)
		require.Error(t, err, bad)
		if bad != "" && bad != "%" {
			require.NotContains(t, err.Error(), bad, "a rejected value is never repeated")
		}
	}
}
