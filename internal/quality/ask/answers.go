package ask

import (
	"context"
	"fmt"
	"sync"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// defaultMaxTokens bounds the answer to an item that says nothing.
const defaultMaxTokens = 32

// Answers asks every item once, a few at a time, and returns the answers in the
// items' order. The first request that fails ends it: half a transcript is none.
func (a *Asker) Answers(ctx context.Context, target, model string, items []serving.QualityItem) ([]serving.Answer, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer a.client.CloseIdleConnections()
	out := make([]serving.Answer, len(items))
	next := make(chan int)
	var first failure
	var askers sync.WaitGroup
	for range min(a.parallel, len(items)) {
		askers.Go(func() {
			for i := range next {
				answer, err := a.answer(ctx, target, model, items[i])
				if err != nil {
					first.set(err)
					stop()
				}
				out[i] = answer
			}
		})
	}
feed:
	for i := range items {
		select {
		case next <- i:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	askers.Wait()
	if err := first.err; err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

// failure keeps the first error; those after it come from stopping the rest.
type failure struct {
	once sync.Once
	err  error
}

func (f *failure) set(err error) { f.once.Do(func() { f.err = err }) }

func (a *Asker) answer(ctx context.Context, target, model string, item serving.QualityItem) (serving.Answer, error) {
	most := item.MaxTokens
	if most == 0 {
		most = defaultMaxTokens
	}
	body := chat(model, item.Prompt, most)
	body["logprobs"] = true
	answer, err := a.whole(ctx, chatURL(target), body)
	if err != nil {
		return answer, fmt.Errorf("prompt %s: %w", item.ID, err)
	}
	answer.Item = item.ID
	return answer, nil
}
