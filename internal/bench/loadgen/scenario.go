package loadgen

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

// Roles of the processes, and what their environment tells them.
const (
	targetVariable  = "BENCH_LOADGEN_TARGET"
	streamsVariable = "BENCH_LOADGEN_STREAMS"

	roleServer    = "loadgen-server"
	roleGenerator = "loadgen-generator"
)

// Scenario is the load that both clients send.
type Scenario struct {
	Streams       int           // on their way at any time
	TokensASecond int           // of each stream
	Tokens        int           // of each answer
	Warmup        time.Duration // until all streams are there
	Window        time.Duration // measured
}

// DefaultScenario is 2,000 streams of 20 tokens a second: 40,000 events a second.
func DefaultScenario() Scenario {
	const tokens, perSecond = 160, 20
	life := tokens * time.Second / perSecond
	return Scenario{Streams: 2000, TokensASecond: perSecond, Tokens: tokens, Warmup: life + time.Second, Window: 16 * time.Second}
}

// fromEnvironment is the default scenario with the number of streams asked for.
func fromEnvironment() (Scenario, error) {
	s := DefaultScenario()
	text := os.Getenv(streamsVariable)
	if text == "" {
		return s, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 20000 {
		return s, fmt.Errorf("%s: %q must be a number of streams within 1..20000", streamsVariable, text)
	}
	s.Streams = n
	return s, nil
}

// Life is how long an answer takes.
func (s Scenario) Life() time.Duration {
	return time.Duration(s.Tokens) * time.Second / time.Duration(s.TokensASecond)
}

// Rate of requests that keeps so many streams on their way, by Little's law.
func (s Scenario) Rate() float64 { return float64(s.Streams) / s.Life().Seconds() }
