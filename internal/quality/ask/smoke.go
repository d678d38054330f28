package ask

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// smokePrompt gets a few sentences from any chat model.
const smokePrompt = "Name the colors of the rainbow and say one sentence about each."

const smokeTokens = 24

// Smoke tries what every engine must be able to do, whatever its speed. A check
// that fails is a result; only an engine that cannot be reached is an error.
func (a *Asker) Smoke(ctx context.Context, target, model string) ([]serving.SmokeCheck, error) {
	url := chatURL(target)
	first, err := a.whole(ctx, url, chat(model, smokePrompt, smokeTokens))
	if err != nil && !errors.Is(err, serving.ErrPermanent) {
		return nil, err
	}
	if err == nil && strings.TrimSpace(first.Text) == "" {
		err = errors.New("the answer is empty")
	}
	checks := []serving.SmokeCheck{check(quality.SmokeAnswers, err)}
	for _, c := range []struct {
		name string
		try  func(context.Context, string, string, serving.Answer) error
	}{
		{quality.SmokeStreams, a.streams}, {quality.SmokeLength, a.cutByLength},
		{quality.SmokeStop, a.cutByString}, {quality.SmokeJSONMode, a.jsonMode},
	} {
		checks = append(checks, check(c.name, c.try(ctx, url, model, first)))
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return checks, nil
}

func check(name string, err error) serving.SmokeCheck {
	c := serving.SmokeCheck{Name: name, OK: err == nil}
	if err != nil {
		c.Detail = err.Error()
	}
	return c
}

func (a *Asker) cutByLength(ctx context.Context, url, model string, _ serving.Answer) error {
	got, err := a.whole(ctx, url, chat(model, smokePrompt, 3))
	if err == nil && got.Finish != "length" {
		err = fmt.Errorf("an answer cut at 3 tokens ends with finish reason %q, not \"length\"", got.Finish)
	}
	return err
}

// cutByString takes a word of the first answer as the stop string: greedily
// asked again, the engine comes to it.
func (a *Asker) cutByString(ctx context.Context, url, model string, first serving.Answer) error {
	words := strings.Fields(first.Text)
	if len(words) < 4 {
		return errors.New("the answer is too short to stop within")
	}
	body := chat(model, smokePrompt, smokeTokens)
	body["stop"] = []string{words[2]}
	got, err := a.whole(ctx, url, body)
	switch {
	case err != nil:
		return err
	case got.Finish != "stop":
		return fmt.Errorf("an answer that contains its stop string ends with finish reason %q, not \"stop\"", got.Finish)
	case len(strings.Fields(got.Text)) >= len(words):
		return errors.New("the answer goes on beyond its stop string")
	}
	return nil
}

func (a *Asker) jsonMode(ctx context.Context, url, model string, _ serving.Answer) error {
	body := chat(model, "Give the three primary colors as a JSON object with the key \"colors\". Answer in JSON.", 64)
	body["response_format"] = object{"type": "json_object"}
	got, err := a.whole(ctx, url, body)
	if err == nil && !json.Valid([]byte(got.Text)) {
		err = errors.New("the answer in JSON mode is not JSON")
	}
	return err
}

// streams reads an answer token by token to its end.
func (a *Asker) streams(ctx context.Context, url, model string, _ serving.Answer) error {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	body := chat(model, smokePrompt, smokeTokens)
	body["stream"] = true
	resp, err := a.post(ctx, url, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var s streamed
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data:"); ok {
			if err := s.take(strings.TrimSpace(data)); err != nil {
				return err
			}
		}
	}
	return errors.Join(lines.Err(), s.complete())
}

// streamed is what a stream has shown.
type streamed struct {
	pieces   int
	finished bool
	ended    bool
}

func (s *streamed) take(data string) error {
	if data == "[DONE]" {
		s.ended = true
		return nil
	}
	var event struct {
		Choices []struct {
			FinishReason string `json:"finish_reason"`
			Delta        struct {
				Content string `json:"content"`
			} `json:"delta"`
		} `json:"choices"`
	}
	if err := json.Unmarshal([]byte(data), &event); err != nil {
		return fmt.Errorf("an event of the stream is not JSON: %w", err)
	}
	for _, c := range event.Choices {
		if c.Delta.Content != "" {
			s.pieces++
		}
		s.finished = s.finished || c.FinishReason != ""
	}
	return nil
}

func (s *streamed) complete() error {
	switch {
	case s.pieces < 2:
		return fmt.Errorf("the stream has %d pieces of text", s.pieces)
	case !s.finished:
		return errors.New("the stream gives no finish reason")
	case !s.ended:
		return errors.New("the stream ends without [DONE]")
	}
	return nil
}
