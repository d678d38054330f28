package orchestrator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Registration is what an agent says of itself.
type Registration struct {
	Name         string         `json:"name"`
	Type         string         `json:"type"` // "performance"
	Host         string         `json:"host"` // where tasks reach the API
	Port         int            `json:"port"`
	Capabilities []string       `json:"capabilities"` // the types of tasks among them
	Version      string         `json:"version"`
	Metadata     map[string]any `json:"metadata"`
}

// Status is an agent's health in a heartbeat.
type Status string

// Healths of an agent.
const (
	Healthy   Status = "healthy"
	Degraded  Status = "degraded"
	Unhealthy Status = "unhealthy"
)

// ErrForgotten means that the orchestrator knows no agent of that ID any more.
var ErrForgotten = errors.New("the orchestrator knows no such agent")

const (
	// callTimeout is below the 45 s after which a silent agent counts as unhealthy.
	callTimeout = 10 * time.Second
	// defaultInterval is used where the orchestrator asks for none that makes sense.
	defaultInterval = 30 * time.Second
	// leastInterval keeps a wrong answer from making us a flood.
	leastInterval = time.Second
	// mostAnswer bounds what is read of an answer.
	mostAnswer = 64 << 10
)

// accepted is the orchestrator's answer to a registration.
type accepted struct {
	AgentID      string  `json:"agent_id"`
	HeartbeatURL string  `json:"heartbeat_url"`
	Seconds      float64 `json:"heartbeat_interval_seconds"`
}

func (a accepted) interval() time.Duration {
	if !(a.Seconds > 0 && a.Seconds <= 3600) {
		return defaultInterval
	}
	return max(leastInterval, time.Duration(a.Seconds*float64(time.Second)))
}

// client speaks the orchestrator's protocol.
type client struct {
	http  *http.Client
	base  *url.URL
	token string // bearer token; "" for none
}

func (c client) register(ctx context.Context, r Registration) (accepted, error) {
	var out accepted
	if err := c.post(ctx, c.base.JoinPath("agents", "register"), r, http.StatusCreated, &out); err != nil {
		return out, fmt.Errorf("register: %w", err)
	}
	if strings.Trim(out.AgentID, ".") == "" {
		return out, fmt.Errorf("register: the answer has no usable agent_id: %q", out.AgentID)
	}
	return out, nil
}

func (c client) heartbeat(ctx context.Context, a accepted, status Status, metadata map[string]any) error {
	beat := map[string]any{"status": status, "metadata": metadata}
	if err := c.post(ctx, c.heartbeatURL(a), beat, http.StatusOK, nil); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}

func (c client) unregister(ctx context.Context, agentID string) error {
	if err := c.post(ctx, c.agent(agentID, "unregister"), struct{}{}, http.StatusOK, nil); err != nil {
		return fmt.Errorf("unregister: %w", err)
	}
	return nil
}

// heartbeatURL is the one that was given, if it is the orchestrator's own: an
// answer must not send our heartbeats, and the token with them, elsewhere.
func (c client) heartbeatURL(a accepted) *url.URL {
	given, err := url.Parse(a.HeartbeatURL)
	if err != nil || a.HeartbeatURL == "" {
		return c.agent(a.AgentID, "heartbeat")
	}
	given = c.base.ResolveReference(given)
	if given.Scheme != c.base.Scheme || given.Host != c.base.Host {
		return c.agent(a.AgentID, "heartbeat")
	}
	return given
}

func (c client) agent(id, verb string) *url.URL {
	return c.base.JoinPath("agents", url.PathEscape(id), verb)
}

// post sends one call. Any success will do where an orchestrator answers 204
// for 200; a registration must be told its ID.
func (c client) post(ctx context.Context, to *url.URL, in any, wanted int, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("address: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("read the answer: %w", err)
	case response.StatusCode == http.StatusNotFound:
		return ErrForgotten
	case response.StatusCode/100 != wanted/100:
		return fmt.Errorf("it answered %d: %s", response.StatusCode, firstLine(answer))
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// firstLine is enough of an answer to find it in the other side's log.
func firstLine(answer []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(answer)), "\n")
	return line[:min(len(line), 200)]
}
