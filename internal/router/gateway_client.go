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
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// clientTimeout bounds a call of our own client: a gateway answers from memory
// and one small file, so ten seconds of silence is a gateway that is gone.
const clientTimeout = 10 * time.Second

// maxAnswerBytes holds the observations of all variants at the gateway's default
// of 20,000 samples each, several times over.
const maxAnswerBytes = 64 << 20

// KindGateway is the kind of our own proxy.
const KindGateway = "gateway"

// GatewayClient speaks the admin API of package router/gateway. The base URL of
// the API is fleet.Router.Address.
type GatewayClient struct {
	client *http.Client
}

// NewGatewayClient reaches gateways through the client, nil for one of its own.
func NewGatewayClient(client *http.Client) *GatewayClient {
	if client == nil {
		// A transport of its own: the default one would honour HTTP_PROXY.
		client = &http.Client{Timeout: clientTimeout, Transport: &http.Transport{IdleConnTimeout: time.Minute}}
	}
	return &GatewayClient{client: client}
}

// Traffic reads the split in force and the pools.
func (c *GatewayClient) Traffic(ctx context.Context, fleet serving.Fleet) (serving.Traffic, error) {
	var out serving.Traffic
	err := c.call(ctx, fleet, http.MethodGet, "/admin/traffic", nil, nil, &out)
	return out, err
}

// SetWeights puts a split in force and checks that the gateway reports it.
func (c *GatewayClient) SetWeights(ctx context.Context, fleet serving.Fleet, w serving.Weights) error {
	var now serving.Traffic
	if err := c.call(ctx, fleet, http.MethodPut, "/admin/weights", nil, w, &now); err != nil {
		return err
	}
	if now.Weights.Revision == w.Revision && !now.Weights.SameSplit(w) {
		return fmt.Errorf("%w: it accepted revision %d and reports another split under it", ErrUnreachable, w.Revision)
	}
	return nil
}

// SetEndpoints makes the pool of a variant exactly the given base URLs.
func (c *GatewayClient) SetEndpoints(ctx context.Context, fleet serving.Fleet, v serving.Variant, endpoints []string) error {
	if endpoints == nil {
		endpoints = []string{} // null would be a missing field
	}
	body := struct {
		Endpoints []string `json:"endpoints"`
	}{endpoints}
	err := c.call(ctx, fleet, http.MethodPut, "/admin/variants/"+url.PathEscape(string(v)), nil, body, nil)
	var r *refusal
	if errors.As(err, &r) && r.status == http.StatusConflict {
		return fmt.Errorf("%w: %s", ErrInUse, r.detail)
	}
	return err
}

// Observe gives what ended in [sinceUnix, untilUnix), by variant.
func (c *GatewayClient) Observe(ctx context.Context, fleet serving.Fleet, sinceUnix, untilUnix float64) ([]serving.ArmObservation, error) {
	query := url.Values{
		"since_unix": {strconv.FormatFloat(sinceUnix, 'f', -1, 64)},
		"until_unix": {strconv.FormatFloat(untilUnix, 'f', -1, 64)},
	}
	var out []serving.ArmObservation
	err := c.call(ctx, fleet, http.MethodGet, "/admin/observations", query, nil, &out)
	return out, err
}

// Counters gives the running totals of each variant.
func (c *GatewayClient) Counters(ctx context.Context, fleet serving.Fleet) ([]serving.ArmCounters, error) {
	var out []serving.ArmCounters
	err := c.call(ctx, fleet, http.MethodGet, "/admin/counters", nil, nil, &out)
	return out, err
}

func (c *GatewayClient) call(ctx context.Context, fleet serving.Fleet, method, path string, query url.Values, in, out any) error {
	req, err := newRequest(ctx, fleet.Router.Address, method, path, query, in)
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
		return fmt.Errorf("%w: the answer of %s %s is not a gateway's: %w", ErrInvalid, method, req.URL, err)
	}
	return nil
}

func newRequest(ctx context.Context, address, method, path string, query url.Values, in any) (*http.Request, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("router address %q is not the base URL of a gateway's admin API", address)
	}
	u = u.JoinPath(path)
	u.RawQuery = query.Encode()
	if in == nil {
		return http.NewRequestWithContext(ctx, method, u.String(), nil)
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	return req, nil
}
