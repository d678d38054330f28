package loadgen

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/bench/self"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Client is how one load generator did. What it cannot measure is absent.
type Client struct {
	Name string `json:"name"`
	// CPUShare is what it used of one processor over its whole run, from the
	// system's account of the process; CPUMicrosPerEvent the same for each event.
	CPUShare          float64 `json:"cpu_share"`
	CPUMicrosPerEvent float64 `json:"cpu_micros_per_event"`
	// Server is what the server saw of it.
	Server Account `json:"server"`
	// AnswerP50Seconds and AnswerP99Seconds are of whole answers.
	AnswerP50Seconds float64 `json:"answer_p50_seconds"`
	AnswerP99Seconds float64 `json:"answer_p99_seconds"`
	Errors           int     `json:"errors"`
	// Result is all that the generator itself reports, nil of a peer.
	Result *serving.LoadResult `json:"result,omitempty"`
}

// runOurs starts the generator on one processor and reads its result.
func runOurs(ctx context.Context, target string, s Scenario) (Client, error) {
	cmd, err := self.Command(ctx, roleGenerator, targetVariable+"="+target, "GOMAXPROCS=1")
	if err != nil {
		return Client{}, err
	}
	c := Client{Name: "this generator", Result: &serving.LoadResult{}}
	out, err := c.timed(cmd, s)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(out, c.Result); err != nil {
		return c, fmt.Errorf("result of the generator: %w", err)
	}
	c.AnswerP50Seconds, c.AnswerP99Seconds = c.Result.E2E.P50Seconds, c.Result.E2E.P99Seconds
	c.Errors = c.Result.Errors
	return c, c.ask(ctx, target, s)
}

// generate is the generator's process.
func generate(ctx context.Context, w io.Writer) error {
	s, err := fromEnvironment()
	if err != nil {
		return err
	}
	spec := serving.LoadSpec{
		Workload: serving.Workload{RatePerSecond: s.Rate(), Arrival: serving.ArrivalConstant,
			PromptTokens: serving.Lengths{Mean: 32}, OutputTokens: serving.Lengths{Mean: float64(s.Tokens)}},
		WarmupSeconds: s.Warmup.Seconds(), DurationSeconds: s.Window.Seconds(), Seed: 1,
	}
	result, err := loadgen.New(loadgen.Options{}).Steady(ctx, os.Getenv(targetVariable), "bench", spec, nil)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return json.NewEncoder(w).Encode(result)
}

// runVegeta sends the same requests at the same rate, on one processor.
func runVegeta(ctx context.Context, binary, target string, s Scenario) (Client, error) {
	body, err := os.CreateTemp("", "bench-loadgen-*.json")
	if err != nil {
		return Client{}, fmt.Errorf("body for vegeta: %w", err)
	}
	defer os.Remove(body.Name())
	_, err = fmt.Fprintf(body, `{"model":"bench","messages":[{"role":"user","content":"%s"}],"max_tokens":%d,"stream":true}`,
		strings.TrimSpace(strings.Repeat("word ", 32)), s.Tokens)
	if err := errorsOf(err, body.Close()); err != nil {
		return Client{}, fmt.Errorf("body for vegeta: %w", err)
	}
	attack := exec.CommandContext(ctx, binary, "-cpus=1", "attack", "-rate="+strconv.FormatFloat(s.Rate()*8, 'f', 0, 64)+"/8s",
		"-duration="+(s.Warmup+s.Window).String(), "-timeout=120s", "-max-workers="+strconv.Itoa(4*s.Streams), "-body="+body.Name())
	attack.Stdin = strings.NewReader("POST " + target + "/v1/chat/completions\nContent-Type: application/json\n")
	attack.Env = append(os.Environ(), "GOMAXPROCS=1")
	attack.Stderr = os.Stderr
	c := Client{Name: "vegeta"}
	results, err := c.timed(attack, s)
	if err != nil {
		return c, err
	}
	report := exec.CommandContext(ctx, binary, "report", "-type=json")
	report.Stdin = bytes.NewReader(results)
	told, err := report.Output()
	if err != nil {
		return c, fmt.Errorf("report of vegeta: %w", err)
	}
	if err := c.readVegeta(told); err != nil {
		return c, err
	}
	return c, c.ask(ctx, target, s)
}

func errorsOf(list ...error) error {
	for _, err := range list {
		if err != nil {
			return err
		}
	}
	return nil
}

// readVegeta takes over what vegeta's JSON report says; its times are in
// nanoseconds.
func (c *Client) readVegeta(data []byte) error {
	var r struct {
		Latencies struct {
			P50 time.Duration `json:"50th"`
			P99 time.Duration `json:"99th"`
		} `json:"latencies"`
		Requests int     `json:"requests"`
		Success  float64 `json:"success"`
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("report of vegeta: %w", err)
	}
	c.AnswerP50Seconds, c.AnswerP99Seconds = r.Latencies.P50.Seconds(), r.Latencies.P99.Seconds()
	c.Errors = r.Requests - int(float64(r.Requests)*r.Success+0.5)
	return nil
}

// timed runs a client to its end and notes the processor time it took.
func (c *Client) timed(cmd *exec.Cmd, s Scenario) ([]byte, error) {
	began := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", c.Name, err)
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	c.CPUShare = cpu.Seconds() / time.Since(began).Seconds()
	events := s.Rate() * (s.Warmup + s.Window).Seconds() * float64(s.Tokens)
	c.CPUMicrosPerEvent = float64(cpu.Microseconds()) / events
	return out, nil
}

// ask gets the server's account of the client.
func (c *Client) ask(ctx context.Context, target string, s Scenario) error {
	url := target + "/account?rate=" + strconv.FormatFloat(s.Rate(), 'g', -1, 64)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("account of the server: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("account of the server: %w", err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&c.Server); err != nil {
		return fmt.Errorf("account of the server: %w", err)
	}
	return nil
}
