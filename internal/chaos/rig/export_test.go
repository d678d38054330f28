package rig

import (
	"time"

	"go.temporal.io/api/history/v1"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/child"
	"github.com/optiinfra/performance-agent/internal/llmsim/fault"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// Proxy is a proxy for the tests.
type Proxy struct{ p *proxy }

// NewProxy is newProxy.
func NewProxy(network, target string) (*Proxy, error) {
	p, err := newProxy(network, target)
	return &Proxy{p}, err
}

func (p *Proxy) Address() string   { return p.p.address() }
func (p *Proxy) Set(way chaos.Way) { p.p.set(way) }
func (p *Proxy) Close()            { p.p.close() }

// Service is a service for the tests.
type Service struct{ *service }

// Keep is keep.
func Keep(name string, p *child.Process) (Service, error) {
	s, err := keep(name, p, discard{})
	return Service{s}, err
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

func (s Service) Kill(pause time.Duration) { s.kill(pause) }
func (s Service) Freeze() error            { return s.freeze() }
func (s Service) Thaw() error              { return s.thaw() }
func (s Service) Unplanned() int           { return s.endedByItself() }
func (s Service) Stop()                    { s.stop() }

// FaultFile is a file of faults for the tests.
type FaultFile struct{ *faultFile }

// NewFaultFile is newFaultFile.
func NewFaultFile(path string) FaultFile        { return FaultFile{newFaultFile(path)} }
func (f FaultFile) Plant(one fault.Fault) error { return f.plant(one) }
func (f FaultFile) Lift(one fault.Fault) error  { return f.lift(one) }

// Moments are moments for the tests.
type Moments struct{ m *moments }

// NewMoments is newMoments.
func NewMoments() Moments                              { return Moments{newMoments()} }
func (m Moments) Engines(of map[string][]int)          { m.m.engines(of) }
func (m Moments) Split(w serving.Weights)              { m.m.split(w) }
func (m Moments) Reached(at chaos.Moment) bool         { return !m.m.when(at).IsZero() }
func (m Moments) News(at chaos.Moment) <-chan struct{} { return m.m.news[at] }

// Count is count.
func Count() map[string]map[string][]int { return count() }

// Outages is outages.
func Outages(of []chaos.Blow) []chaos.Outage { return outages(of) }

// Decided is decided.
func Decided(h *history.History) *history.History { return decided(h) }
