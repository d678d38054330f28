package search

import (
	"fmt"
	"math/rand"
	"sync"

	"github.com/c-bata/goptuna"
	"github.com/c-bata/goptuna/tpe"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Settings of TPE. goptuna starts with 10 random trials, which would leave two of
// twelve; hyperopt's advice for small budgets is fewer.
const (
	tpeStartup = 4
	// tpeTries is how often a point that is not valid or was measured is drawn
	// again, at no cost.
	tpeTries = 50
)

// treeParzen is the tree-structured Parzen estimator of goptuna. A configuration
// that does not run counts as one that carries nothing.
type treeParzen struct {
	problem Problem
	study   *goptuna.Study
	told    int
	trials  []int           // of the study, by measurement
	asked   map[string]bool // keys
	valid   map[string]bool // keys
	turn    *sync.Mutex     // of the library's global random numbers
}

// tpeMaker makes strategies that share the library's global random numbers, which
// are seeded for each step, one step at a time. That needs GODEBUG=randseednop=0.
func tpeMaker() func(Problem) Strategy {
	var turn sync.Mutex
	return func(p Problem) Strategy { return newTreeParzen(p, &turn) }
}

func newTreeParzen(p Problem, turn *sync.Mutex) Strategy {
	sampler := tpe.NewSampler(tpe.SamplerOptionSeed(int64(p.Seed)), tpe.SamplerOptionNumberOfStartupTrials(tpeStartup))
	study, err := goptuna.CreateStudy("search", goptuna.StudyOptionSampler(sampler), goptuna.StudyOptionLogger(nil),
		goptuna.StudyOptionDirection(goptuna.StudyDirectionMaximize))
	if err != nil {
		panic(fmt.Sprintf("a study in memory cannot fail: %v", err))
	}
	t := &treeParzen{problem: p, study: study, asked: map[string]bool{}, valid: map[string]bool{}, turn: turn}
	for _, cfg := range p.Grid {
		t.valid[cfg.Key()] = true
	}
	return t
}

// Next tells the library what was measured and asks it for a point.
func (t *treeParzen) Next(seen []Seen) (Ask, bool) {
	t.turn.Lock()
	defer t.turn.Unlock()
	rand.Seed(int64(t.problem.Seed)*1_000_003 + int64(len(seen))) //lint:ignore SA1019 the library draws from the global source
	for ; t.told < len(seen); t.told++ {
		t.tell(t.trials[t.told], seen[t.told].Good)
	}
	if len(seen) == 0 {
		return t.begin()
	}
	for range tpeTries {
		id, cfg, err := t.suggest()
		if err != nil {
			return Ask{}, false
		}
		if key := cfg.Key(); t.valid[key] && !t.asked[key] {
			t.asked[key] = true
			t.trials = append(t.trials, id)
			return Ask{Config: cfg, Fidelity: 1}, true
		}
		t.discard(id)
	}
	return t.elsewhere()
}

// begin measures the start; where it is a point of the grid the library learns it.
func (t *treeParzen) begin() (Ask, bool) { return t.impose(t.problem.Fleet.Config), true }

// elsewhere takes any point that was not measured, since the library draws none.
func (t *treeParzen) elsewhere() (Ask, bool) {
	for _, i := range rand.Perm(len(t.problem.Grid)) {
		if cfg := t.problem.Grid[i]; !t.asked[cfg.Key()] {
			return t.impose(cfg), true
		}
	}
	return Ask{}, false
}

// impose has a configuration measured that the library did not draw.
func (t *treeParzen) impose(cfg serving.EngineConfig) Ask {
	t.asked[cfg.Key()] = true
	id := -1
	for n := range t.problem.Space.Size() {
		point := t.problem.Space.Point(n)
		if !t.problem.Space.At(point).Equal(cfg) {
			continue
		}
		internal := map[string]float64{}
		for i, a := range t.problem.Space.Axes {
			internal[a.Flag] = float64(point[i])
		}
		if t.study.EnqueueTrial(internal) == nil {
			id = t.enqueued()
		}
		break
	}
	t.trials = append(t.trials, id)
	return Ask{Config: cfg, Fidelity: 1}
}

// enqueued runs the trial that was put into the queue.
func (t *treeParzen) enqueued() int {
	trials, err := t.study.GetTrials()
	if err != nil || len(trials) == 0 {
		return -1
	}
	id := trials[len(trials)-1].ID
	if t.study.Storage.SetTrialState(id, goptuna.TrialStateRunning) != nil {
		return -1
	}
	if _, err := t.fill(id); err != nil {
		return -1
	}
	return id
}

// suggest begins a trial of the library.
func (t *treeParzen) suggest() (id int, cfg serving.EngineConfig, err error) {
	if id, err = t.study.Storage.CreateNewTrial(t.study.ID); err != nil {
		return 0, cfg, err
	}
	cfg, err = t.fill(id)
	return id, cfg, err
}

// fill asks for the place on each axis: a number where the values are ordered, a
// name otherwise.
func (t *treeParzen) fill(id int) (serving.EngineConfig, error) {
	trial := goptuna.Trial{Study: t.study, ID: id}
	point := make([]int, len(t.problem.Space.Axes))
	for i, a := range t.problem.Space.Axes {
		var err error
		if a.Ordered {
			point[i], err = trial.SuggestInt(a.Flag, 0, len(a.Values)-1)
		} else {
			var word string
			if word, err = trial.SuggestCategorical(a.Flag, a.Values); err == nil {
				point[i] = indexOf(a.Values, word)
			}
		}
		if err != nil {
			return serving.EngineConfig{}, fmt.Errorf("suggest %s: %w", a.Flag, err)
		}
	}
	return t.problem.Space.At(point), nil
}

func indexOf(list []string, word string) int {
	for i, v := range list {
		if v == word {
			return i
		}
	}
	return 0
}

func (t *treeParzen) tell(id int, rate float64) {
	if id < 0 {
		return
	}
	if t.study.Storage.SetTrialValue(id, rate) == nil {
		_ = t.study.Storage.SetTrialState(id, goptuna.TrialStateComplete)
	}
}

// discard takes a point out of what the library learns from.
func (t *treeParzen) discard(id int) {
	_ = t.study.Storage.SetTrialState(id, goptuna.TrialStateFail)
}

func (t *treeParzen) Accepts(seen []Seen) (serving.EngineConfig, bool) { return acceptBest(seen) }
