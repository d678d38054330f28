package diagnosis

import (
	"errors"
	"runtime"
	"sync"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// AskAll asks the rules about all cases, on all cores; the answers are in the
// order of the cases. A case that cannot be planted fails the whole, since a
// matrix without it would be better than the truth.
func AskAll(cases []Case, engines engine.Registry) ([]Answer, error) {
	answers, failures := make([]Answer, len(cases)), make([]error, len(cases))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				answers[i], failures[i] = Ask(cases[i], engines)
			}
		})
	}
	for i := range cases {
		next <- i
	}
	close(next)
	workers.Wait()
	return answers, errors.Join(failures...)
}
