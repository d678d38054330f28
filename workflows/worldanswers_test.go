package workflows_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// The world also answers prompts, keeps the answers, and has golden sets.

// Answers are those of what stable runs where it is asked, else of what staging
// runs: right, but for the share that it gets wrong.
func (w *world) Answers(_ context.Context, target, _ string, items []serving.QualityItem) ([]serving.Answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	variant := serving.Staging
	if strings.HasPrefix(target, "http://stable") {
		variant = serving.Stable
	}
	config, ok := w.running[variant]
	if !ok {
		return nil, fmt.Errorf("%s does not run", variant)
	}
	if w.mute {
		return nil, fmt.Errorf("logprobs are not allowed: %w", serving.ErrPermanent)
	}
	out := make([]serving.Answer, len(items))
	for i, item := range items {
		text := "as the baseline says to " + item.ID
		if float64(i) < w.wrong(config)*float64(len(items)) {
			text = "something else entirely, please"
		}
		out[i] = serving.Answer{Item: item.ID, Text: text, Tokens: strings.Fields(text), Finish: "stop"}
	}
	return out, nil
}

func (w *world) Smoke(context.Context, string, string) ([]serving.SmokeCheck, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	broken := w.broken(w.running[serving.Staging])
	var out []serving.SmokeCheck
	for _, name := range []string{quality.SmokeAnswers, quality.SmokeStreams} {
		out = append(out, serving.SmokeCheck{Name: name, OK: name != broken, Detail: "as told"})
	}
	return out, nil
}

func (w *world) Flush(context.Context, string, serving.EngineKind) bool { return true }

func (w *world) SaveAnswers(_ context.Context, a serving.AnswerRecord) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers[a.Key] = a
	return nil
}

// kept is the store's half of answers: world already answers under that name.
type kept struct{ *world }

func (k kept) Answers(_ context.Context, key string) (serving.AnswerRecord, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	a, ok := k.answers[key]
	if !ok {
		return a, fmt.Errorf("answers %q: %w", key, serving.ErrPermanent)
	}
	return a, nil
}

func (k kept) GoldenSet(_ context.Context, id string) (serving.GoldenSet, error) {
	return serving.GoldenSet{}, fmt.Errorf("golden set %q not found: %w", id, serving.ErrPermanent)
}
