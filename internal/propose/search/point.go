package search

import (
	"math"

	"github.com/optiinfra/performance-agent/internal/propose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// point is a configuration with what the model says of it.
type point struct {
	candidate serving.Candidate
	key       string
	places    []place
	flags     map[string]string
	// at are the predictions by the model as it is and with each constant moved by
	// slopeStep; none where the fleet is not modelled.
	at []predicted
	// beside is the prediction of the present configuration, for one that the model
	// does not know in a fleet that it does.
	beside predicted
	// prior is the score, and slopes its changes when a constant grows by one unit
	// of its logarithm, as seen under one objective.
	prior  float64
	slopes []float64
}

// slopeStep is the change of a constant over which a slope is taken. It is as
// large as the doubts, since predictions bend.
const slopeStep = 0.15

// newPoint asks the model; ok is false for a configuration that is predicted not
// to start although the present one is.
func (s *Search) newPoint(c serving.Candidate) (*point, bool) {
	p := &point{candidate: c, key: c.Config.Key(), flags: flagsOf(c.Config)}
	for _, a := range s.axes {
		p.places = append(p.places, a.place(c.Config))
	}
	if !s.modelled {
		return p, true
	}
	if !s.predict(c.Config, 0).ok {
		// What the model does not know may be proposed with a figure of its own.
		p.beside = s.predict(s.problem.Fleet.Config, 0)
		return p, c.Predicted.ThroughputHigh > 0
	}
	for i := range s.tunings {
		p.at = append(p.at, s.predict(c.Config, i))
	}
	return p, true
}

// predict asks the model once for each configuration and tuning.
func (s *Search) predict(cfg serving.EngineConfig, tuning int) predicted {
	key := question{cfg.Key(), tuning}
	if a, known := s.asked[key]; known {
		return a
	}
	f := s.problem.Fleet
	a := predict(cfg, f.Hardware, s.problem.Workload, f.Replicas, f.SLOs, s.tunings[tuning])
	s.asked[key] = a
	return a
}

// question is what the model is asked.
type question struct {
	key    string
	tuning int
}

// under is the point as an objective sees it.
func (p point) under(w weights) *point {
	gpus := propose.GPUs(p.candidate.Config)
	if len(p.at) == 0 {
		p.prior = w.rate*published(p.candidate) - w.gpus*math.Log(gpus)
		if p.beside.ok {
			p.prior = w.score(p.beside.rate, p.beside.latency, gpus) + w.rate*published(p.candidate)
		}
		return &p
	}
	p.prior, p.slopes = w.score(p.at[0].rate, p.at[0].latency, gpus), nil
	for _, moved := range p.at[1:] {
		slope := 0.0
		if moved.ok {
			slope = (w.score(moved.rate, moved.latency, gpus) - p.prior) / slopeStep
		}
		p.slopes = append(p.slopes, slope)
	}
	return &p
}

// published is the logarithm of a candidate's gain by the middle of what was
// published of its parts.
func published(c serving.Candidate) float64 {
	low, high := c.Predicted.ThroughputLow, c.Predicted.ThroughputHigh
	if low <= 0 || high <= 0 {
		return 0
	}
	return (math.Log(low) + math.Log(high)) / 2
}

func flagsOf(cfg serving.EngineConfig) map[string]string {
	out := map[string]string{"model": cfg.Model}
	for _, f := range cfg.Flags {
		out[f.Name] = f.Value
	}
	return out
}

// differing lists the flags in which two points differ, in no order that matters.
func differing(a, b *point) []string {
	var out []string
	for name, v := range a.flags {
		if w, set := b.flags[name]; !set || w != v {
			out = append(out, name)
		}
	}
	for name := range b.flags {
		if _, set := a.flags[name]; !set {
			out = append(out, name)
		}
	}
	return out
}
