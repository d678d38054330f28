package scrape

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/llmsim/program"
	"github.com/optiinfra/performance-agent/internal/loadgen"
	reader "github.com/optiinfra/performance-agent/internal/scrape"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Page is a metrics page as an engine answers with it.
type Page struct {
	Name      string             `json:"name"`
	Engine    serving.EngineKind `json:"engine"`
	Simulated bool               `json:"simulated"`
	Text      []byte             `json:"-"`
}

// requests that a simulated engine has answered before its page is taken: series
// that appear with the first of a kind are there then.
const requests = 20

// model is one whose physics the simulated engines know.
const model = "meta-llama/Llama-3.1-8B-Instruct"

func commandLines() map[serving.EngineKind]string {
	return map[serving.EngineKind]string{
		serving.VLLM:   "vllm serve " + model + " --host 127.0.0.1 --port 0",
		serving.TGI:    "text-generation-launcher --model-id " + model + " --hostname 127.0.0.1 --port 0",
		serving.SGLang: "python -m sglang.launch_server --enable-metrics --model-path " + model + " --host 127.0.0.1 --port 0",
	}
}

// Simulated are the pages of one engine of each kind after some requests.
func Simulated(ctx context.Context) ([]Page, error) {
	var out []Page
	for _, kind := range []serving.EngineKind{serving.VLLM, serving.TGI, serving.SGLang} {
		text, err := simulate(ctx, commandLines()[kind])
		if err != nil {
			return nil, fmt.Errorf("page of a simulated %s: %w", kind, err)
		}
		out = append(out, Page{Name: "llmsim " + string(kind), Engine: kind, Simulated: true, Text: text})
	}
	return out, nil
}

// simulate runs an engine until its page could be taken.
func simulate(ctx context.Context, command string) ([]byte, error) {
	options, err := program.ParseOptions(append([]string{"-startup", "0s"}, strings.Fields(command)...), "", io.Discard)
	if err != nil {
		return nil, err
	}
	p, err := program.New(options, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	socket, err := p.Bind()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx, socket) }()
	text, err := pageAfterTraffic(ctx, "http://"+socket.Addr().String())
	stop()
	if failed := <-ended; err == nil {
		err = failed
	}
	return text, err
}

func pageAfterTraffic(ctx context.Context, base string) ([]byte, error) {
	if err := awaitReady(ctx, base); err != nil {
		return nil, err
	}
	spec := serving.LoadSpec{Workload: serving.Workload{RatePerSecond: 20, PromptTokens: serving.Lengths{Mean: 64, Min: 8},
		OutputTokens: serving.Lengths{Mean: 8, Min: 2}}, MaxRequests: requests, Seed: 1}
	if _, err := loadgen.New(loadgen.Options{MaxLag: time.Hour}).Steady(ctx, base, model, spec, nil); err != nil {
		return nil, err
	}
	return get(ctx, base+"/metrics")
}

// startLimit is how long a simulated engine may take until it serves.
const startLimit = time.Minute

func awaitReady(ctx context.Context, base string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for {
		if _, err := get(ctx, base+"/metrics"); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the engine does not serve: %w", ctx.Err())
		case <-look.C:
		}
	}
}

func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: status %s", url, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// Recorded are the pages of real engines in a folder, as far as they are whole; none
// where the folder is not there.
func Recorded(folder string, engines engine.Registry) ([]Page, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("recorded pages: %w", err)
	}
	var out []Page
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("recorded pages: %w", err)
		}
		text = append(bytes.TrimRight(text, "\n"), '\n')
		families, err := reader.Parse(bytes.NewReader(text), "")
		if err != nil {
			continue // an excerpt that stops within a family
		}
		if kind, ok := engines.Detect(families); ok {
			out = append(out, Page{Name: strings.TrimSuffix(filepath.Base(file), ".txt"), Engine: kind, Text: text})
		}
	}
	return out, nil
}
