package vegeta_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/bench/vegeta"
)

// told is a report as vegeta writes it.
const told = `{"latencies":{"50th":1500000,"95th":9000000,"99th":30000000,"max":80000000},"requests":30000,"rate":999.9,"throughput":998.5,
"status_codes":{"200":29990,"503":8,"0":2},"errors":["503 Service Unavailable"]}`

func TestRead_CountsEverythingThatIsNoSuccess(t *testing.T) {
	t.Parallel()
	r, err := vegeta.Read([]byte(told))
	require.NoError(t, err)
	require.Equal(t, 10, r.Errors, "refused and unanswered alike")
	require.InDelta(t, .0015, r.P50Seconds, 1e-12)
	require.InDelta(t, .009, r.P95Seconds, 1e-12)
	require.InDelta(t, .03, r.P99Seconds, 1e-12)
	require.InDelta(t, .08, r.MaxSeconds, 1e-12)
	require.Equal(t, 999.9, r.SentPerSecond)
	require.Equal(t, 998.5, r.GoodPerSecond)
	_, err = vegeta.Read([]byte("no report"))
	require.Error(t, err)
}

// program stands in for vegeta: it keeps its arguments and targets and tells the
// report above.
func program(t *testing.T) (path, dir string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "vegeta")
	script := "#!/bin/sh\nif [ $1 = attack ]; then echo \"$@\" > " + dir + "/arguments; cat > " + dir + "/targets; echo results; exit; fi\ncat > /dev/null; cat <<'END'\n" + told + "\nEND\n"
	require.NoError(t, os.WriteFile(path, []byte(script), 0o700))
	return path, dir
}

func TestAttack_SendsAtTheRate_OrAsManyAsThereAreClients(t *testing.T) {
	t.Parallel()
	path, dir := program(t)
	targets := []vegeta.Target{{Method: "POST", URL: "http://127.0.0.1:1/", Body: []byte("{}")}}
	for load, want := range map[vegeta.Load]string{
		{Rate: 50, Workers: 512, Length: 2 * time.Second, Timeout: time.Second}: "attack -format=json -max-body=0 -rate=50 -duration=2s -timeout=1s -max-workers=512",
		{Workers: 8, Length: time.Second, Timeout: time.Second}:                 "attack -format=json -max-body=0 -rate=0 -duration=1s -timeout=1s -max-workers=8 -workers=8",
	} {
		r, err := vegeta.Attack(t.Context(), path, targets, load)
		require.NoError(t, err)
		require.Equal(t, 30000, r.Requests)
		arguments, err := os.ReadFile(filepath.Join(dir, "arguments"))
		require.NoError(t, err)
		require.Equal(t, want, strings.TrimSpace(string(arguments)))
		sent, err := os.ReadFile(filepath.Join(dir, "targets"))
		require.NoError(t, err)
		require.JSONEq(t, `{"method":"POST","url":"http://127.0.0.1:1/","body":"e30="}`, string(sent))
	}
	_, err := vegeta.Attack(t.Context(), filepath.Join(dir, "nothing"), targets, vegeta.Load{})
	require.ErrorContains(t, err, "load: ")
}
