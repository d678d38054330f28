package loadgen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Each property of the requests has its own random stream, so that the same
// seed gives the same lengths at every rate and under every arrival process.
const (
	streamGaps = iota + 1
	streamLengths
	streamGroups
	streamTurns
)

// shot is one planned request.
type shot struct {
	index  int
	at     time.Duration // from the start of the load
	prompt int           // words
	output int           // tokens
	group  int           // of prompts with the same beginning

	body  []byte        // of the request, once it is written
	think time.Duration // of a later turn: from the answer before it
	rest  []shot        // the later turns of its session
}

// schedule is an endless sequence of shots in order of time, the same for the
// same workload and seed.
type schedule struct {
	w        serving.Workload
	pace     pace
	gaps     *rand.Rand
	lengths  *rand.Rand
	groups   *rand.Rand
	turns    *rand.Rand
	perVisit float64 // mean turns of a session
	index    int
	expected float64 // requests due so far
}

func newSchedule(w serving.Workload, seed uint64) (*schedule, error) {
	if err := w.Validate(); err != nil {
		return nil, fmt.Errorf("workload.%w: %w", err, serving.ErrPermanent)
	}
	s := &schedule{
		w:        w,
		pace:     steadyPace(w.RatePerSecond),
		gaps:     rand.New(rand.NewPCG(seed, streamGaps)),
		lengths:  rand.New(rand.NewPCG(seed, streamLengths)),
		groups:   rand.New(rand.NewPCG(seed, streamGroups)),
		turns:    rand.New(rand.NewPCG(seed, streamTurns)),
		perVisit: 1,
	}
	if w.Sessions != nil {
		s.perVisit = meanOf(w.Sessions.Turns, seed)
	}
	return s, nil
}

// next is the next request, with its session's later turns where it has any: the
// arrival process then is that of sessions, slower by the mean number of turns.
func (s *schedule) next() shot {
	s.expected += gap(s.w, s.gaps) * s.perVisit
	first := s.draw(s.groups.IntN(max(1, s.w.PrefixGroups)))
	first.at = seconds(s.pace(s.expected))
	if s.w.Sessions == nil {
		return first
	}
	for range draw(s.w.Sessions.Turns, s.turns) - 1 {
		turn := s.draw(first.group)
		turn.think = seconds(s.w.Sessions.ThinkSeconds * s.turns.ExpFloat64())
		first.rest = append(first.rest, turn)
	}
	return first
}

// draw is a request of a group without a time.
func (s *schedule) draw(group int) shot {
	s.index++
	return shot{index: s.index - 1, group: group,
		prompt: draw(s.w.PromptTokens, s.lengths), output: draw(s.w.OutputTokens, s.lengths)}
}

// draw is a length of a distribution. For a log-normal one sigma^2 = ln(1 +
// cv^2), mu = ln(mean) - sigma^2/2. The limits clip it, which moves the mean when
// they are near.
func draw(l serving.Lengths, r *rand.Rand) int {
	x := 0.0
	switch l.Shape {
	case serving.ShapeFixed:
		x = l.Mean
	case serving.ShapeUniform:
		return max(1, l.Min) + r.IntN(l.Max-l.Min+1)
	case serving.ShapeEmpirical:
		x = l.Quantile(r.Float64())
	default:
		variance := math.Log1p(l.CV * l.CV)
		x = math.Exp(math.Log(l.Mean) - variance/2 + math.Sqrt(variance)*r.NormFloat64())
	}
	n := max(1, l.Min, int(math.Round(x)))
	if l.Max > 0 {
		n = min(n, l.Max)
	}
	return n
}

// meanOf is the mean of a distribution as it is drawn, rounded and clipped, from
// draws that nothing else uses.
func meanOf(l serving.Lengths, seed uint64) float64 {
	const draws = 4096
	r, sum := rand.New(rand.NewPCG(^seed, streamTurns)), 0
	for range draws {
		sum += draw(l, r)
	}
	return float64(sum) / draws
}

// take plans the warm-up and then shots until enough says so, given the time
// since the end of the warm-up of the next shot and how many were taken since.
// The window it returns ends where that next shot would have been: a rate over
// it is not biased by the last gap.
func take(s *schedule, warmup time.Duration, enough func(time.Duration, int) bool) (shots []shot, window time.Duration) {
	counted := 0
	for {
		next := s.next()
		since := next.at - warmup
		if since >= 0 {
			if enough(since, counted) {
				return shots, since
			}
			counted += 1 + len(next.rest)
		}
		shots = append(shots, next)
	}
}

func orForever(s float64) time.Duration {
	if s <= 0 {
		return math.MaxInt64
	}
	return seconds(s)
}
