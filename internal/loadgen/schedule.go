package loadgen

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Arrival processes of a Workload.
const (
	ArrivalPoisson  = "poisson"
	ArrivalConstant = "constant"
)

// Each property of the requests has its own random stream, so that the same
// seed gives the same lengths at every rate and under every arrival process.
const (
	streamGaps = iota + 1
	streamLengths
	streamGroups
)

// shot is one planned request.
type shot struct {
	index  int
	at     time.Duration // from the start of the load
	prompt int           // words
	output int           // tokens
	group  int           // of prompts with the same beginning
}

// schedule is an endless sequence of shots in order of time, the same for the
// same workload and seed.
type schedule struct {
	w       serving.Workload
	gaps    *rand.Rand
	lengths *rand.Rand
	groups  *rand.Rand
	index   int
	at      float64 // seconds
}

func newSchedule(w serving.Workload, seed uint64) (*schedule, error) {
	if err := validateWorkload(w); err != nil {
		return nil, err
	}
	return &schedule{
		w:       w,
		gaps:    rand.New(rand.NewPCG(seed, streamGaps)),
		lengths: rand.New(rand.NewPCG(seed, streamLengths)),
		groups:  rand.New(rand.NewPCG(seed, streamGroups)),
	}, nil
}

func (s *schedule) next() shot {
	gap := 1.0
	if s.w.Arrival != ArrivalConstant {
		gap = s.gaps.ExpFloat64()
	}
	s.at += gap / s.w.RatePerSecond
	out := shot{
		index:  s.index,
		at:     seconds(s.at),
		prompt: draw(s.w.PromptTokens, s.lengths),
		output: draw(s.w.OutputTokens, s.lengths),
		group:  s.groups.IntN(max(1, s.w.PrefixGroups)),
	}
	s.index++
	return out
}

// draw is a log-normal length with the given mean and coefficient of variation:
// sigma^2 = ln(1 + cv^2), mu = ln(mean) - sigma^2/2. The limits clip it, which
// moves the mean when they are near.
func draw(l serving.Lengths, r *rand.Rand) int {
	variance := math.Log1p(l.CV * l.CV)
	x := math.Exp(math.Log(l.Mean) - variance/2 + math.Sqrt(variance)*r.NormFloat64())
	n := max(1, l.Min, int(math.Round(x)))
	if l.Max > 0 {
		n = min(n, l.Max)
	}
	return n
}

// planSteady plans a load of a fixed length: the warm-up, then the measured
// window, which ends early when MaxRequests were planned in it.
func planSteady(spec serving.LoadSpec) ([]shot, time.Duration, error) {
	if spec.DurationSeconds <= 0 && spec.MaxRequests <= 0 {
		return nil, 0, fmt.Errorf("duration_seconds: must be positive when max_requests is not given: %w", serving.ErrPermanent)
	}
	s, err := newSchedule(spec.Workload, spec.Seed)
	if err != nil {
		return nil, 0, err
	}
	shots, window := take(s, seconds(spec.WarmupSeconds), func(at time.Duration, counted int) bool {
		return spec.DurationSeconds > 0 && at >= seconds(spec.DurationSeconds) ||
			spec.MaxRequests > 0 && counted >= spec.MaxRequests
	})
	return shots, min(window, orForever(spec.DurationSeconds)), nil
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
			counted++
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

func validateWorkload(w serving.Workload) error {
	reason := ""
	switch {
	case !(w.RatePerSecond > 0):
		reason = fmt.Sprintf("rate_per_second: %g must be positive", w.RatePerSecond)
	case w.Arrival != "" && w.Arrival != ArrivalPoisson && w.Arrival != ArrivalConstant:
		reason = fmt.Sprintf("arrival: %q is unknown, use poisson or constant", w.Arrival)
	case !(w.PromptTokens.Mean >= 1) || w.PromptTokens.CV < 0:
		reason = "prompt_tokens: the mean must be at least 1 and the cv not negative"
	case !(w.OutputTokens.Mean >= 1) || w.OutputTokens.CV < 0:
		reason = "output_tokens: the mean must be at least 1 and the cv not negative"
	case w.PrefixShare < 0 || w.PrefixShare > 1:
		reason = fmt.Sprintf("prefix_share: %g must be within 0..1", w.PrefixShare)
	default:
		return nil
	}
	return fmt.Errorf("workload: %s: %w", reason, serving.ErrPermanent)
}
