package advisor

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/optiinfra/performance-agent/internal/advice"
	"github.com/optiinfra/performance-agent/internal/advisor"
	"github.com/optiinfra/performance-agent/internal/bench/diagnosis"
	"github.com/optiinfra/performance-agent/internal/engine"
)

// Settings of the evaluation against a real API.
const (
	keyVariable   = "GROQ_API_KEY"
	urlVariable   = "ADVISOR_URL"
	modelVariable = "ADVISOR_MODEL"
)

// realModel is the language model that the environment names, nil for none.
func realModel() *advisor.Client {
	key, url := os.Getenv(keyVariable), os.Getenv(urlVariable)
	if key == "" && url == "" {
		return nil
	}
	return advisor.New(advisor.Options{URL: url, Key: key, Model: os.Getenv(modelVariable), HTTP: &http.Client{Timeout: time.Minute}})
}

// What asking one case may take: the free plan answers some two questions a minute.
const (
	attempts    = 4
	longestWait = 90 * time.Second
)

// ask puts one case to a language model.
func ask(ctx context.Context, client *advisor.Client, a diagnosis.Answer, known engine.Engine) (advice.Advice, error) {
	q := advice.Question{Fleet: a.Fleet, Snapshot: a.Measured, Workload: a.Workload, Bottlenecks: a.Findings}
	prompt, err := advice.Compose(q, known)
	if err != nil {
		return advice.Advice{}, err
	}
	for range attempts {
		var got advice.Completion
		if got, err = client.Complete(ctx, prompt); err == nil {
			var reply advice.Reply
			if reply, err = advice.Parse(got.Text); err == nil {
				return advice.Vet(q, known, reply), nil
			}
		}
		var f *advice.Failure
		if errors.As(err, &f) && (f.Permanent || f.RetryAfter > longestWait) {
			break
		}
		pause := 2 * time.Second
		if f != nil {
			pause = max(pause, f.RetryAfter)
		}
		select {
		case <-ctx.Done():
			return advice.Advice{}, ctx.Err()
		case <-time.After(pause):
		}
	}
	return advice.Advice{}, err
}
