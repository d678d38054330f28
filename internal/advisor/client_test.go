package advisor_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/advice"
	"github.com/optiinfra/performance-agent/internal/advisor"
	"github.com/optiinfra/performance-agent/internal/advisor/advisortest"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func prompt() advice.Prompt {
	return advice.Prompt{System: "you tune", User: `{"model":"m"}`, MaxAnswerTokens: 900,
		Schema: json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}`)}
}

func ask(t *testing.T, b advisortest.Behaviour) (*advisortest.Server, advice.Completion, error) {
	t.Helper()
	s := advisortest.Start(b)
	t.Cleanup(s.Close)
	got, err := advisor.New(advisor.Options{URL: s.URL(), Key: advisortest.Key, HTTP: http.DefaultClient}).Complete(t.Context(), prompt())
	return s, got, err
}

func failure(t *testing.T, err error) *advice.Failure {
	t.Helper()
	var f *advice.Failure
	require.ErrorAs(t, err, &f)
	require.NotContains(t, err.Error(), advisortest.Key)
	return f
}

func TestComplete_AsksInStrictSchemaMode_AndTellsWhatItTook(t *testing.T) {
	t.Parallel()
	s, got, err := ask(t, advisortest.Says(`{"a":"b"}`))
	require.NoError(t, err)
	require.Equal(t, advice.Completion{Text: `{"a":"b"}`, Model: advisor.DefaultModel, PromptTokens: 3000, CompletionTokens: 500}, got)
	require.Len(t, s.Calls(), 1)
	call := s.Calls()[0]
	require.Equal(t, advisor.DefaultModel, call.Model)
	require.Equal(t, 900, call.MaxCompletionTokens)
	require.Equal(t, advice.SchemaName, call.ResponseFormat.JSONSchema.Name)
	require.True(t, call.ResponseFormat.JSONSchema.Strict)
	require.Equal(t, "system", call.Messages[0].Role)
	require.Equal(t, `{"model":"m"}`, call.Messages[1].Content)
}

func TestComplete_EachFailure_SaysWhetherAskingAgainHelps(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		does      advisortest.Behaviour
		status    serving.ExchangeStatus
		permanent bool
		after     time.Duration
	}{
		"a limit of rate":           {advisortest.Limits(7 * time.Second), serving.ExchangeLimited, false, 7 * time.Second},
		"a limit by fractions":      {advisortest.Limits(250 * time.Millisecond), serving.ExchangeLimited, false, 250 * time.Millisecond},
		"an error of the server":    {advisortest.Fails(500, "internal_error"), serving.ExchangeFailed, false, 0},
		"a proxy's error":           {advisortest.FailsInHTML(502), serving.ExchangeFailed, false, 0},
		"a full tier":               {advisortest.Fails(498, "capacity_exceeded"), serving.ExchangeFailed, false, 0},
		"no access":                 {advisortest.Fails(403, "forbidden"), serving.ExchangeFailed, true, 0},
		"a model that is gone":      {advisortest.Fails(404, "model_not_found"), serving.ExchangeFailed, true, 0},
		"a question too long":       {advisortest.Fails(413, "request_too_large"), serving.ExchangeFailed, true, 0},
		"a broken schema at Groq's": {advisortest.Fails(400, "json_validate_failed"), serving.ExchangeMalformed, false, 0},
		"a refusal":                 {advisortest.Refuses("I cannot help with that."), serving.ExchangeRefused, true, 0},
		"an answer cut at its end":  {advisortest.CutAtLength(`{"a":`), serving.ExchangeMalformed, false, 0},
		"an empty answer":           {advisortest.Says("  "), serving.ExchangeMalformed, false, 0},
		"no choices":                {advisortest.Empty(), serving.ExchangeMalformed, false, 0},
		"a connection that breaks":  {advisortest.BreaksOff(`{"a":"b"}`), serving.ExchangeFailed, false, 0},
		"a redirect":                {advisortest.Redirects("http://127.0.0.1:1/"), serving.ExchangeFailed, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _, err := ask(t, c.does)
			f := failure(t, err)
			require.Equal(t, c.status, f.Status, f.Text)
			require.Equal(t, c.permanent, f.Permanent, f.Text)
			require.Equal(t, c.after, f.RetryAfter)
			require.NotEmpty(t, f.Text)
			require.Len(t, s.Calls(), 1, "it retries nothing itself")
		})
	}
}

func TestComplete_SlowServer_EndsWithTheContext(t *testing.T) {
	t.Parallel()
	s := advisortest.Start(advisortest.Hangs())
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := advisor.New(advisor.Options{URL: s.URL(), Key: advisortest.Key, HTTP: http.DefaultClient}).Complete(ctx, prompt())
	f := failure(t, err)
	require.Equal(t, "no answer in time", f.Text)
	require.False(t, f.Permanent)
}

func TestComplete_WrongKey_IsForGoodAndNotRepeated(t *testing.T) {
	t.Parallel()
	s := advisortest.Start(advisortest.Says("{}"))
	t.Cleanup(s.Close)
	_, err := advisor.New(advisor.Options{URL: s.URL(), Key: "gsk_wrong12345678", HTTP: http.DefaultClient}).Complete(t.Context(), prompt())
	f := failure(t, err)
	require.True(t, f.Permanent)
	require.NotContains(t, f.Error(), "gsk_wrong12345678")
}

func TestComplete_Redirect_DoesNotCarryTheKeyAway(t *testing.T) {
	t.Parallel()
	reached := make(chan string, 1)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { reached <- r.Header.Get("Authorization") }))
	t.Cleanup(elsewhere.Close)
	_, _, err := ask(t, advisortest.Redirects(elsewhere.URL))
	require.Error(t, err)
	require.Empty(t, reached)
}

func TestComplete_AnswerWithoutEnd_IsCut(t *testing.T) {
	t.Parallel()
	huge := make([]byte, 4<<20)
	for i := range huge {
		huge[i] = 'x'
	}
	_, _, err := ask(t, advisortest.Says(string(huge)))
	require.Equal(t, serving.ExchangeFailed, failure(t, err).Status)
}

func TestComplete_SchemaThatIsNotStrict_IsRefusedByTheStandIn(t *testing.T) {
	t.Parallel()
	s := advisortest.Start(advisortest.Says("{}"))
	t.Cleanup(s.Close)
	p := prompt()
	p.Schema = json.RawMessage(`{"type":"object","properties":{"a":{"type":"string"}},"required":[],"additionalProperties":false}`)
	_, err := advisor.New(advisor.Options{URL: s.URL(), Key: advisortest.Key, HTTP: http.DefaultClient}).Complete(t.Context(), p)
	require.True(t, failure(t, err).Permanent)
}

func TestNew_SaysWhomItAsks(t *testing.T) {
	t.Parallel()
	require.Equal(t, "openai/gpt-oss-20b", advisor.New(advisor.Options{HTTP: http.DefaultClient}).Model())
	require.Equal(t, "m", advisor.New(advisor.Options{HTTP: http.DefaultClient, Model: "m"}).Model())
}
