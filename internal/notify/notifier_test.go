package notify_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/notify"
	"github.com/optiinfra/performance-agent/internal/serving"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var notice = serving.Notice{Key: "k1", Kind: serving.NoticeRolledBack, Fleet: "chat", Title: "rolled back <!channel>",
	Text: "ttft-p95 & more", At: noon, WorkflowID: "rollout:chat", Outcome: serving.OutcomeRolledBack}

// receiver records what it is sent and answers with a status.
type receiver struct {
	*httptest.Server
	headers []http.Header
	bodies  [][]byte
}

func receiving(t *testing.T, status int) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.headers, r.bodies = append(r.headers, q.Header), append(r.bodies, body)
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

func notifier(targets ...notify.Target) *notify.Notifier {
	return notify.New(http.DefaultClient, targets, "key", func() time.Time { return noon })
}

func TestSend_Webhook_IsTheNoticeSigned(t *testing.T) {
	t.Parallel()
	r := receiving(t, http.StatusNoContent)
	require.NoError(t, notifier(notify.Target{Name: "hook", Kind: notify.Webhook, URL: r.URL + "/in"}).Send(t.Context(), "hook", notice))
	var got serving.Notice
	require.NoError(t, json.Unmarshal(r.bodies[0], &got))
	require.Equal(t, notice, got)
	h := r.headers[0]
	require.Equal(t, "k1", h.Get(notify.HeaderKey))
	require.Equal(t, "1795176000", h.Get(notify.HeaderTimestamp))
	require.Equal(t, notify.Sign("key", "1795176000", r.bodies[0]), h.Get(notify.HeaderSignature))
	require.NotEqual(t, notify.Sign("other", "1795176000", r.bodies[0]), h.Get(notify.HeaderSignature))
	require.NotEqual(t, notify.Sign("key", "1795176001", r.bodies[0]), h.Get(notify.HeaderSignature))
}

func TestSend_Slack_HasTextAndBlocks_AndNobodyIsMentionedByWhatAnEnginePrinted(t *testing.T) {
	t.Parallel()
	r := receiving(t, http.StatusOK)
	long := notice
	long.Text = strings.Repeat("x", 5000)
	n := notifier(notify.Target{Name: "s", Kind: notify.Slack, URL: r.URL})
	require.NoError(t, n.Send(t.Context(), "s", notice))
	require.NoError(t, n.Send(t.Context(), "s", long))
	var got struct {
		Text   string
		Blocks []struct {
			Type string
			Text struct{ Type, Text string }
		}
	}
	require.NoError(t, json.Unmarshal(r.bodies[0], &got))
	require.Equal(t, "rolled back &lt;!channel&gt;", got.Text)
	require.Equal(t, "header", got.Blocks[0].Type)
	require.Equal(t, "ttft-p95 &amp; more", got.Blocks[1].Text.Text)
	require.NoError(t, json.Unmarshal(r.bodies[1], &got))
	require.LessOrEqual(t, len(got.Blocks[1].Text.Text), 3000)
	require.Empty(t, r.headers[0].Get(notify.HeaderSignature), "Slack knows no signature")
}

// A notice holds what engines print and people write.
func TestSecurity_Notices_AreTextAndNoMarkup(t *testing.T) {
	t.Parallel()
	r := receiving(t, http.StatusOK)
	evil := notice
	const text = `<!channel> <https://evil.example|click> <script>alert(1)</script> {{.}} "},{"`
	evil.Title, evil.Text, evil.Fleet, evil.WorkflowID = text, text, text, text
	n := notifier(notify.Target{Name: "s", Kind: notify.Slack, URL: r.URL}, notify.Target{Name: "w", Kind: notify.Webhook, URL: r.URL})
	require.NoError(t, n.Send(t.Context(), "s", evil))
	type words struct{ Type, Text string }
	var got struct {
		Text   string
		Blocks []struct {
			Text     words
			Elements []words
		}
	}
	require.NoError(t, json.Unmarshal(r.bodies[0], &got))
	require.Len(t, got.Blocks, 3, "no block of its own")
	shown := []words{{"mrkdwn", got.Text}}
	for _, b := range got.Blocks {
		shown = append(append(shown, b.Text), b.Elements...)
	}
	for _, s := range shown {
		require.False(t, s.Type == "mrkdwn" && strings.ContainsAny(s.Text, "<>"), "%+v", s)
	}
	require.Contains(t, got.Text, "{{.}}")

	evil.Key = "k\r\nX-Owned: 1"
	require.Error(t, n.Send(t.Context(), "w", evil), "nor a header of its own")
	require.Len(t, r.bodies, 1)
}

func TestSend_Refusals_AreRetriedOnlyWhereThatHelps(t *testing.T) {
	t.Parallel()
	for status, permanent := range map[int]bool{200: false, 400: true, 404: true, 408: false, 410: true, 429: false, 500: false, 503: false} {
		r := receiving(t, status)
		err := notifier(notify.Target{Name: "x", Kind: notify.Webhook, URL: r.URL + "/secret"}).Send(t.Context(), "x", notice)
		require.Equal(t, status < 300, err == nil)
		require.Equal(t, permanent, errors.Is(err, serving.ErrPermanent), "%d", status)
		if err != nil {
			require.NotContains(t, err.Error(), "secret", "the address is one")
		}
	}
}

func TestSend_ReceiverAway_SaysSoWithoutItsAddress(t *testing.T) {
	t.Parallel()
	r := receiving(t, http.StatusOK)
	address := r.URL + "/hooks/T0P-S3CRET"
	r.Close()
	err := notifier(notify.Target{Name: "x", Kind: notify.Slack, URL: address}).Send(t.Context(), "x", notice)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "S3CRET")
	require.NotErrorIs(t, err, serving.ErrPermanent)
	require.ErrorIs(t, notifier().Send(t.Context(), "gone", notice), serving.ErrPermanent)
	require.ErrorIs(t, notifier(notify.Target{Name: "x", URL: "::"}).Send(t.Context(), "x", notice), serving.ErrPermanent)
}

func TestTargets_OfAFleet_AreItsOwnAndThoseOfAll(t *testing.T) {
	t.Parallel()
	n := notifier(notify.Target{Name: "all"}, notify.Target{Name: "chat/team", Fleet: "chat"}, notify.Target{Name: "code/team", Fleet: "code"})
	require.Equal(t, []string{"all", "chat/team"}, n.Targets("chat"))
	require.Equal(t, []string{"all"}, n.Targets("other"))
}
