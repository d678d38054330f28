package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Asker puts prompts to an engine. Smoke's checks are results, not errors; Flush
// reports whether the engine emptied its prefix cache.
type Asker interface {
	Answers(ctx context.Context, target, model string, items []serving.QualityItem) ([]serving.Answer, error)
	Smoke(ctx context.Context, target, model string) ([]serving.SmokeCheck, error)
	Flush(ctx context.Context, target string, engine serving.EngineKind) bool
}

// AnswerStore keeps prompts and answers, which are too large for a history.
// Saving is idempotent; what does not exist is a permanent error.
type AnswerStore interface {
	SaveAnswers(ctx context.Context, a serving.AnswerRecord) error
	Answers(ctx context.Context, key string) (serving.AnswerRecord, error)
	GoldenSet(ctx context.Context, id string) (serving.GoldenSet, error)
}

// Quality checks what engines answer, whatever their speed.
type Quality struct {
	asker Asker
	store AnswerStore
}

// NewQuality returns the quality activities.
func NewQuality(a Asker, s AnswerStore) *Quality { return &Quality{asker: a, store: s} }

// Server is an engine that is asked.
type Server struct {
	Target string             `json:"target"` // base URL
	Model  string             `json:"model"`
	Engine serving.EngineKind `json:"engine"`
}

// SmokeTestResult is what the engine can do, and whether its prefix cache is
// empty again.
type SmokeTestResult struct {
	Checks  []serving.SmokeCheck `json:"checks"`
	Flushed bool                 `json:"flushed"`
}

// SmokeTest tries an engine's abilities.
func (a *Quality) SmokeTest(ctx context.Context, in Server) (SmokeTestResult, error) {
	var out SmokeTestResult
	err := beating(ctx, func(ctx context.Context) (err error) {
		out.Checks, err = a.asker.Smoke(ctx, in.Target, in.Model)
		return err
	})
	if err != nil {
		return out, translate(fmt.Errorf("smoke test: %w", err))
	}
	out.Flushed = a.asker.Flush(ctx, in.Target, in.Engine)
	return out, nil
}

// CollectAnswersInput asks for the answers that candidates will be held to.
type CollectAnswersInput struct {
	Key    string                `json:"key"` // under which they are kept
	Fleet  string                `json:"fleet"`
	Server Server                `json:"server"`
	Policy serving.QualityPolicy `json:"policy"`
}

// CollectAnswersResult says what was kept.
type CollectAnswersResult struct {
	Prompts   int                      `json:"prompts"`
	Plan      serving.QualityPlan      `json:"plan"`
	Criterion serving.QualityCriterion `json:"criterion"`
	Flushed   bool                     `json:"flushed"`
}

// CollectAnswers asks the baseline and keeps its answers. Where those answers are
// themselves the reference it is asked twice, so that a candidate is not held to
// more agreement than the baseline has with itself.
func (a *Quality) CollectAnswers(ctx context.Context, in CollectAnswersInput) (CollectAnswersResult, error) {
	out := CollectAnswersResult{Plan: quality.Plan(in.Policy)}
	items, err := a.items(ctx, in.Policy, out.Plan.Prompts)
	if err != nil {
		return out, translate(err)
	}
	record := serving.AnswerRecord{Key: in.Key, Fleet: in.Fleet, At: time.Now().UTC(), Items: items}
	err = handingOver(ctx, func(ctx context.Context) (err error) {
		if record.Answers, err = a.asker.Answers(ctx, in.Server.Target, in.Server.Model, items); err != nil {
			return err
		}
		if out.Criterion = quality.CriterionOf(items, record.Answers); out.Criterion == serving.QualityAgrees {
			record.Again, err = a.asker.Answers(ctx, in.Server.Target, in.Server.Model, items)
		}
		return err
	})
	if err != nil {
		return out, translate(fmt.Errorf("collect answers: %w", err))
	}
	out.Prompts, out.Flushed = len(items), a.asker.Flush(ctx, in.Server.Target, in.Server.Engine)
	return out, translate(untilStored(ctx, func(ctx context.Context) error { return a.store.SaveAnswers(ctx, record) }))
}

func (a *Quality) items(ctx context.Context, p serving.QualityPolicy, n int) ([]serving.QualityItem, error) {
	if p.GoldenSet == "" {
		return quality.BuiltIn(n), nil
	}
	var set serving.GoldenSet
	err := untilStored(ctx, func(ctx context.Context) (err error) {
		set, err = a.store.GoldenSet(ctx, p.GoldenSet)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("golden set: %w", err)
	}
	return quality.Pick(set.Items, n), nil
}

// CompareAnswersInput is a candidate and the key of the answers it is held to.
type CompareAnswersInput struct {
	Reference string                `json:"reference"`
	Key       string                `json:"key"`
	Fleet     string                `json:"fleet"`
	Server    Server                `json:"server"`
	Policy    serving.QualityPolicy `json:"policy"`
}

// CompareAnswersResult is the verdict.
type CompareAnswersResult struct {
	Quality serving.Quality `json:"quality"`
	Flushed bool            `json:"flushed"`
}

// CompareAnswers asks a candidate what the baseline was asked, keeps its answers
// and judges them.
func (a *Quality) CompareAnswers(ctx context.Context, in CompareAnswersInput) (CompareAnswersResult, error) {
	var out CompareAnswersResult
	var reference serving.AnswerRecord
	err := untilStored(ctx, func(ctx context.Context) (err error) {
		reference, err = a.store.Answers(ctx, in.Reference)
		return err
	})
	if err != nil {
		return out, translate(fmt.Errorf("reference answers: %w", err))
	}
	record := serving.AnswerRecord{Key: in.Key, Fleet: in.Fleet, At: time.Now().UTC(), Items: reference.Items}
	err = handingOver(ctx, func(ctx context.Context) (err error) {
		record.Answers, err = a.asker.Answers(ctx, in.Server.Target, in.Server.Model, record.Items)
		return err
	})
	if err != nil {
		return out, translate(fmt.Errorf("candidate's answers: %w", err))
	}
	if err := untilStored(ctx, func(ctx context.Context) error { return a.store.SaveAnswers(ctx, record) }); err != nil {
		return out, translate(err)
	}
	out.Quality = quality.Compare(quality.Plan(in.Policy), reference, record.Answers)
	out.Flushed = a.asker.Flush(ctx, in.Server.Target, in.Server.Engine)
	return out, nil
}
