package router

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// maxAnswerBytes holds the observations of all variants at the gateway's default
// of 20,000 samples each, several times over.
const maxAnswerBytes = 64 << 20

// jsonRouter is what the gateway and webhooks have in common: the same bodies
// under the same names, below the fleet's address.
type jsonRouter struct {
	client *http.Client
	prefix string
	// sign, when set, adds proof of who calls to a request with that body.
	sign func(fleet serving.Fleet, req *http.Request, body []byte) error
}

// Traffic reads the split in force and the pools.
func (c *jsonRouter) Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error) {
	var out serving.Traffic
	err := c.call(ctx, fleet, http.MethodGet, "/traffic", nil, nil, &out)
	return out, err
}

// SetWeights puts a split in force and checks that the router reports it.
func (c *jsonRouter) SetWeights(ctx context.Context, fleet serving.Fleet, w serving.Weights) error {
	var now serving.Traffic
	if err := c.call(ctx, fleet, http.MethodPut, "/weights", nil, w, &now); err != nil {
		return err
	}
	if now.Weights.Revision == w.Revision && !now.Weights.SameSplit(w) {
		return fmt.Errorf("%w: it accepted revision %d and reports another split under it", ErrUnreachable, w.Revision)
	}
	return nil
}

// SetEndpoints makes the pool of a variant exactly the given base URLs.
func (c *jsonRouter) SetEndpoints(ctx context.Context, fleet serving.Fleet, v serving.Variant, endpoints []string) error {
	if endpoints == nil {
		endpoints = []string{} // null would be a missing field
	}
	body := struct {
		Endpoints []string `json:"endpoints"`
	}{endpoints}
	err := c.call(ctx, fleet, http.MethodPut, "/variants/"+url.PathEscape(string(v)), nil, body, nil)
	var r *refusal
	if errors.As(err, &r) && r.status == http.StatusConflict {
		return fmt.Errorf("%w: %s", ErrInUse, r.detail)
	}
	return err
}

// Observe gives what ended in [sinceUnix, untilUnix), by variant.
func (c *jsonRouter) Observe(ctx context.Context, fleet serving.Fleet, sinceUnix, untilUnix float64) ([]serving.ArmObservation, error) {
	query := url.Values{
		"since_unix": {strconv.FormatFloat(sinceUnix, 'f', -1, 64)},
		"until_unix": {strconv.FormatFloat(untilUnix, 'f', -1, 64)},
	}
	var out []serving.ArmObservation
	err := c.call(ctx, fleet, http.MethodGet, "/observations", query, nil, &out)
	return out, orAbsent(err, ErrNoSamples)
}

// Counters gives the running totals of each variant.
func (c *jsonRouter) Counters(ctx context.Context, fleet serving.Fleet) ([]serving.ArmCounters, error) {
	var out []serving.ArmCounters
	err := c.call(ctx, fleet, http.MethodGet, "/counters", nil, nil, &out)
	return out, orAbsent(err, ErrNoCounters)
}

// orAbsent takes 501 for what it says: the router has no such measurement.
func orAbsent(err, absent error) error {
	var r *refusal
	if errors.As(err, &r) && r.status == http.StatusNotImplemented {
		return fmt.Errorf("%w: %s", absent, r.call)
	}
	return err
}

func (c *jsonRouter) call(ctx context.Context, fleet serving.Fleet, method, path string, query url.Values, in, out any) error {
	req, err := c.request(ctx, fleet, method, path, query, in)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	res, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(res.Body, maxAnswerBytes))
	if err != nil {
		return fmt.Errorf("%w: read the answer of %s %s: %w", ErrUnreachable, method, req.URL, err)
	}
	if res.StatusCode != http.StatusOK {
		return refused(req, res.StatusCode, content)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(content, out); err != nil {
		return fmt.Errorf("%w: the answer of %s %s is not a router's: %w", ErrInvalid, method, req.URL, err)
	}
	return nil
}

func (c *jsonRouter) request(ctx context.Context, fleet serving.Fleet, method, path string, query url.Values, in any) (*http.Request, error) {
	u, err := url.Parse(fleet.Router.Address)
	if err != nil || u.Host == "" {
		return nil, errors.New("the router's address is not the base URL of its API")
	}
	u = u.JoinPath(c.prefix, path)
	u.RawQuery = query.Encode()
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.sign != nil {
		err = c.sign(fleet, req, body)
	}
	return req, err
}
