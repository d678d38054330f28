package orchestrator

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Health says how the agent is, with what a person would want to know of it.
type Health func(context.Context) (Status, map[string]any)

// Options are what a member needs.
type Options struct {
	HTTP *http.Client
	// URL is the orchestrator's, and Token what it wants to be called with.
	URL, Token string
	Self       Registration
	Health     Health
	Log        *slog.Logger
	Now        func() time.Time
}

const (
	// firstRetry doubles with each failure, up to the heartbeat's distance: two
	// heartbeats may fail before the 45 s are over.
	firstRetry = time.Second
	// leaveTimeout is what a shutdown spends on good manners.
	leaveTimeout = 5 * time.Second
)

// Member keeps this agent registered. Its methods are safe for concurrent use.
type Member struct {
	client client
	self   Registration
	health Health
	log    *slog.Logger
	now    func() time.Time

	calls    sync.Mutex // one call to the orchestrator at a time
	standing accepted   // the last registration; under calls
	failures int        // in a row; under calls

	mu    sync.Mutex
	state serving.Membership
}

// New returns a member that is not registered yet. It calls nobody.
func New(o Options) (*Member, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("orchestrator url %q: give an http or https address", o.URL)
	}
	return &Member{client: client{o.HTTP, base, o.Token}, self: o.Self, health: o.Health, log: o.Log, now: o.Now,
		state: serving.Membership{URL: base.Redacted(), Capabilities: slices.Clone(o.Self.Capabilities)}}, nil
}

// State is how the agent stands with its orchestrator.
func (m *Member) State() serving.Membership {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state
}

// Run keeps the agent registered until ctx ends, and then unregisters it.
func (m *Member) Run(ctx context.Context) {
	next := time.NewTimer(0)
	defer next.Stop()
	for ctx.Err() == nil { // select alone may beat once more after the end
		select {
		case <-ctx.Done():
		case <-next.C:
			next.Reset(m.step(ctx))
		}
	}
	m.leave(context.WithoutCancel(ctx))
}

// Register registers now, whatever was before.
func (m *Member) Register(ctx context.Context) (serving.Membership, error) {
	m.calls.Lock()
	defer m.calls.Unlock()
	err := m.register(ctx)
	return m.State(), err
}

// step does what is due, and says how long to wait for the next.
func (m *Member) step(ctx context.Context) time.Duration {
	m.calls.Lock()
	defer m.calls.Unlock()
	if !m.State().Registered {
		return m.pause(m.register(ctx))
	}
	err := m.beat(ctx)
	if errors.Is(err, ErrForgotten) {
		m.log.InfoContext(ctx, "the orchestrator has forgotten this agent: it registers again")
		return m.pause(m.register(ctx))
	}
	return m.pause(err)
}

// pause is the distance to the next heartbeat, or less after a failure.
func (m *Member) pause(err error) time.Duration {
	usual := m.standing.interval()
	if err == nil {
		m.failures = 0
		return usual
	}
	m.failures++
	return min(firstRetry<<min(m.failures-1, 10), usual)
}

func (m *Member) register(ctx context.Context) error {
	got, err := m.client.register(ctx, m.self)
	if err != nil {
		return m.failed(ctx, err)
	}
	m.standing = got
	at := m.now().UTC()
	m.note(func(s *serving.Membership) {
		s.Registered, s.AgentID, s.RegisteredAt, s.LastError = true, got.AgentID, &at, ""
		s.HeartbeatSeconds = got.interval().Seconds()
		s.Registrations++
	})
	m.log.InfoContext(ctx, "registered with the orchestrator", "agent_id", got.AgentID)
	return nil
}

func (m *Member) beat(ctx context.Context) error {
	status, metadata := m.health(ctx)
	if err := m.client.heartbeat(ctx, m.standing, status, metadata); err != nil {
		return m.failed(ctx, err)
	}
	at := m.now().UTC()
	m.note(func(s *serving.Membership) { s.LastHeartbeatAt, s.LastError = &at, "" })
	return nil
}

// failed notes an error. A registration stands until the orchestrator says that it
// knows nothing of it.
func (m *Member) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	m.log.WarnContext(ctx, "orchestrator does not take the call", "error", err)
	m.note(func(s *serving.Membership) {
		s.LastError = err.Error()
		if errors.Is(err, ErrForgotten) {
			s.Registered = false
		}
	})
	return err
}

func (m *Member) leave(ctx context.Context) {
	m.calls.Lock()
	defer m.calls.Unlock()
	if !m.State().Registered {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, leaveTimeout)
	defer cancel()
	if err := m.client.unregister(ctx, m.standing.AgentID); err != nil {
		m.log.WarnContext(ctx, "not unregistered: the orchestrator will forget this agent by itself", "error", err)
	}
	m.note(func(s *serving.Membership) { s.Registered = false })
}

func (m *Member) note(change func(*serving.Membership)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.state)
}
