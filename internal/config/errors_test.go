package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
)

func TestLoadServer_ErrorsNameTheSettingAndTheFix(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		src  config.Source
		want []string
	}{
		"unknown flag":            {from(nil, "--lisden=:1"), []string{"--lisden"}},
		"argument":                {from(nil, "start"), []string{"start"}},
		"listen without port":     {from(nil, "--listen=localhost"), []string{"--listen", "PERFAGENT_LISTEN", `"localhost"`, "127.0.0.1:8002"}},
		"port by name":            {from(nil, "--listen=:http"), []string{"--listen", `":http"`}},
		"port too large":          {from(nil, "--listen=:70000"), []string{"--listen", `":70000"`}},
		"bad flag duration":       {from(nil, "--request-timeout=fast"), []string{"--request-timeout", "fast"}},
		"bad variable":            {from(map[string]string{"PERFAGENT_REQUEST_TIMEOUT": "fast"}), []string{"PERFAGENT_REQUEST_TIMEOUT", "--request-timeout", "fast"}},
		"negative duration":       {from(nil, "--request-timeout=-1s"), []string{"--request-timeout", "positive"}},
		"zero shutdown":           {from(nil, "--shutdown-timeout=0s"), []string{"--shutdown-timeout", "positive"}},
		"bad network":             {from(nil, "--allowed-networks=10.0.0.0"), []string{"--allowed-networks", "10.0.0.0"}},
		"bad level":               {from(map[string]string{"PERFAGENT_LOG_LEVEL": "loud"}), []string{"--log-level", `"loud"`, "debug"}},
		"negative rate":           {from(nil, "--rate-per-second=-1"), []string{"--rate-per-second", "0 for no limit"}},
		"burst of nothing":        {from(nil, "--burst=0"), []string{"--burst", "at least 1"}},
		"open to a network":       {from(nil, "--auth=off"), []string{"--auth", "PERFAGENT_AUTH", "keys", "127.0.0.1:8002"}},
		"open to an address":      {from(nil, "--auth=off", "--listen=10.0.0.7:8002"), []string{"--auth", "10.0.0.7:8002"}},
		"guessable key":           {from(map[string]string{"K": "admin"}, "--bootstrap-key=env:K"), []string{"--bootstrap-key", "32", "openssl"}},
		"key itself":              {from(nil, "--bootstrap-key=pak_1234567890123456789012345678901234"), []string{"--bootstrap-key", "env:NAME or file:PATH"}},
		"key without certificate": {from(nil, "--tls-key=k.pem"), []string{"--tls-cert", "--tls-key"}},
		"clients without TLS":     {from(nil, "--tls-client-ca=c.pem"), []string{"--tls-client-ca", "--tls-cert"}},
		"empty database":          {from(nil, "--database-url="), []string{"--database-url", "sqlite:PATH"}},
		"empty state folder":      {from(nil, "--state-dir="), []string{"--state-dir", "folder"}},
	} {
		_, err := config.LoadServer(c.src)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, config.ErrPrinted, name)
		for _, part := range c.want {
			require.ErrorContains(t, err, part, name)
		}
	}
}

func TestLoadServer_RateLimitOff_NeedsNoBurst(t *testing.T) {
	t.Parallel()
	_, err := config.LoadServer(from(nil, "--rate-per-second=0", "--burst=0"))
	require.NoError(t, err)
}

func TestLoadWorker_ErrorsNameTheSettingAndTheFix(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		src  config.Source
		want []string
	}{
		"no load tests":  {from(nil, "--max-load-tests=0"), []string{"--max-load-tests", "--queues"}},
		"no watches":     {from(nil, "--max-watches=-1"), []string{"--max-watches", "at least 1"}},
		"retention":      {from(nil, "--retention=0s"), []string{"--retention", "positive"}},
		"raw retention":  {from(nil, "--raw-retention=-1h"), []string{"--raw-retention", "PERFAGENT_RAW_RETENTION", "positive"}},
		"minutes":        {from(nil, "--minute-retention=1h"), []string{"--minute-retention", "--raw-retention", "48h"}},
		"hours":          {from(nil, "--hour-retention=1h"), []string{"--hour-retention", "--minute-retention", "at least"}},
		"start timeout":  {from(nil, "--engine-start-timeout=0s"), []string{"--engine-start-timeout"}},
		"stop grace":     {from(nil, "--engine-stop-grace=0s"), []string{"--engine-stop-grace"}},
		"metrics":        {from(nil, "--probe-listen=9000"), []string{"--probe-listen"}},
		"shared setting": {from(nil, "--state-dir="), []string{"--state-dir"}},
	} {
		_, err := config.LoadWorker(c.src, queues)
		require.Error(t, err, name)
		for _, part := range c.want {
			require.ErrorContains(t, err, part, name)
		}
	}
}

func TestLoad_BadFiles_AreNamedWithTheReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ content, want string }{
		"misspelt key":   {"lisden: :1", `"lisden" is no setting`},
		"nested":         {"listen:\n  port: 1", `line 2: "listen" must be one value or a list`},
		"list of maps":   {"allowed-networks:\n  - a: b", "must be one value or a list"},
		"not a mapping":  {"- listen", "name: value"},
		"not YAML":       {"\tlisten: [", "name: value"},
		"both spellings": {"log-level: info\nlog_level: debug", "both spellings"},
		"bad value":      {"request-timeout: fast", "--request-timeout"},
	} {
		file := written(t, c.content)
		_, err := config.LoadServer(from(nil, "--config", file))
		require.ErrorContains(t, err, c.want, name)
		require.ErrorContains(t, err, file, name)
	}
	_, err := config.LoadServer(from(nil, "--config", "/does/not/exist"))
	require.ErrorContains(t, err, "--config (PERFAGENT_CONFIG)")
}

func TestLoad_EmptyFileAndEmptyKeys_ChangeNothing(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "# nothing yet\n", "listen:\nlog-level: ~\n"} {
		s, err := config.LoadServer(from(nil, "--config", written(t, content)))
		require.NoError(t, err, content)
		require.Equal(t, ":8002", s.Listen, content)
	}
}
