package config_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
)

func loadAdvisor(t *testing.T, args ...string) (config.Worker, error) {
	t.Helper()
	env := func(name string) (string, bool) {
		v, ok := map[string]string{"GROQ_API_KEY": "gsk_S3CRET", "PERFAGENT_ADVISOR_MODEL": "openai/gpt-oss-120b"}[name]
		return v, ok
	}
	return config.LoadWorker(config.Source{Args: args, Env: env, Output: io.Discard}, []string{"q"})
}

func TestAdvisor_WithoutKeyAndURL_NobodyIsAsked(t *testing.T) {
	t.Parallel()
	w, err := loadAdvisor(t)
	require.NoError(t, err)
	require.False(t, w.Advisor.Advised())
	require.Equal(t, "openai/gpt-oss-120b", w.Advisor.Model, "from the environment")
	require.Equal(t, 20000, w.Advisor.TokensPerRun)
	require.InDelta(t, 30, w.Advisor.CallsPerMinute, 0)
}

func TestAdvisor_KeyByReference_OrAServerOfOnesOwn(t *testing.T) {
	t.Parallel()
	w, err := loadAdvisor(t, "--advisor-key=env:GROQ_API_KEY", "--advisor-model=openai/gpt-oss-20b")
	require.NoError(t, err)
	require.True(t, w.Advisor.Advised())
	require.Equal(t, "gsk_S3CRET", w.Advisor.Key)
	require.Equal(t, "openai/gpt-oss-20b", w.Advisor.Model)
	own, err := loadAdvisor(t, "--advisor-url=http://10.0.0.5:8000/v1")
	require.NoError(t, err)
	require.True(t, own.Advisor.Advised())
}

func TestAdvisor_Mistakes_AreNamedWithoutTheKey(t *testing.T) {
	t.Parallel()
	for _, arg := range []string{"--advisor-key=gsk_S3CRET", "--advisor-key=env:NONE", "--advisor-url=api.groq.com", "--advisor-url=ftp://x/y",
		"--advisor-url=https://me:S3CRET@x/v1", "--advisor-tokens-per-run=0", "--advisor-calls-per-minute=0"} {
		_, err := loadAdvisor(t, arg)
		require.ErrorContains(t, err, "--advisor-", arg)
		require.NotContains(t, err.Error(), "S3CRET", arg)
	}
}
