package promql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// ErrUnavailable says that the server gave no usable answer, so nothing is known
// of the replica.
var ErrUnavailable = errors.New("prometheus does not answer")

// maxAnswerBytes bounds an answer: one sample of JSON takes about 250 bytes, and
// the largest page of one engine has some ten thousand.
const maxAnswerBytes = 32 << 20

// client speaks the HTTP API of one Prometheus server, or of what speaks like one
// (Thanos, Mimir, VictoriaMetrics).
type client struct {
	http *http.Client
	base string
}

// sample is one series of a vector: a number as of an instant.
type sample struct {
	labels map[string]string
	unix   float64
	value  float64
}

// series is one series of a matrix.
type series struct {
	labels map[string]string
	points []sample // in order of time, without labels
}

// instant evaluates an expression that gives a vector; at 0 is the server's now.
// Native histograms are left out: no engine exposes one.
func (c client) instant(ctx context.Context, expression string, at float64) ([]sample, error) {
	var data struct {
		Result []struct {
			Metric map[string]string `json:"metric"`
			Value  *point            `json:"value"`
		} `json:"result"`
	}
	if err := c.query(ctx, expression, at, "vector", &data); err != nil {
		return nil, err
	}
	var out []sample
	for _, r := range data.Result {
		if r.Value != nil {
			out = append(out, sample{labels: r.Metric, unix: r.Value.unix, value: r.Value.value})
		}
	}
	return out, nil
}

// samples evaluates a range selector: the samples as they were scraped.
func (c client) samples(ctx context.Context, expression string, at float64) ([]series, error) {
	var data struct {
		Result []struct {
			Metric map[string]string `json:"metric"`
			Values []point           `json:"values"`
		} `json:"result"`
	}
	if err := c.query(ctx, expression, at, "matrix", &data); err != nil {
		return nil, err
	}
	var out []series
	for _, r := range data.Result {
		s := series{labels: r.Metric}
		for _, p := range r.Values {
			s.points = append(s.points, sample{unix: p.unix, value: p.value})
		}
		out = append(out, s)
	}
	return out, nil
}

func (c client) query(ctx context.Context, expression string, at float64, want string, data any) error {
	form := url.Values{"query": {expression}}
	if at > 0 {
		form.Set("time", strconv.FormatFloat(at, 'f', 3, 64)) // the server counts milliseconds
	}
	var raw json.RawMessage
	if err := c.call(ctx, "/api/v1/query?"+form.Encode(), &raw); err != nil {
		return err
	}
	var kind struct {
		ResultType string `json:"resultType"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil || kind.ResultType != want {
		return fmt.Errorf("%w: the answer is a %q, not a %s", ErrUnavailable, kind.ResultType, want)
	}
	if err := json.Unmarshal(raw, data); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// types are those that the scraped pages declare, by family. A family that is
// declared in two ways by two targets is left out. Not every server has them.
func (c client) types(ctx context.Context) (map[string]string, error) {
	var declared map[string][]struct {
		Type string `json:"type"`
	}
	if err := c.call(ctx, "/api/v1/metadata", &declared); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for family, list := range declared {
		for i, d := range list {
			if i > 0 && d.Type != list[0].Type {
				delete(out, family)
				break
			}
			out[family] = d.Type
		}
	}
	return out, nil
}

// call fetches the data of an answer.
func (c client) call(ctx context.Context, path string, data any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(c.base, "/")+path, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	case len(body) > maxAnswerBytes:
		return fmt.Errorf("%w: an answer of more than %d MiB", ErrUnavailable, maxAnswerBytes>>20)
	}
	var answer struct {
		Status string          `json:"status"`
		Error  string          `json:"error"`
		Data   json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("%w: status %s and no JSON", ErrUnavailable, response.Status)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%w: status %s: %s", ErrUnavailable, response.Status, answer.Error)
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// point is a pair of a time and a number as text, [1700000000.123, "NaN"].
type point struct{ unix, value float64 }

// UnmarshalJSON reads the pair.
func (p *point) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &[]any{&p.unix, &text}); err != nil {
		return err
	}
	value, err := strconv.ParseFloat(text, 64)
	p.value = value
	return err
}
