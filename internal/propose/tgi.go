package propose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// admitMore raises a limit of admission that refuses requests while the engine
// has room. TGI answers 429 beyond --max-concurrent-requests, 128 by default.
func admitMore(s scope) []idea {
	_, found := s.finding(serving.BottleneckErrors)
	refused := s.Snapshot.FinishedByReason["overloaded"]
	now, known := s.d.Admission.In(s.cfg, s.Snapshot.Revealed).Get()
	if !found || refused == 0 || !s.d.Admission.Exists() {
		return nil
	}
	if !known {
		now = admissionDefault
	}
	flag, target := s.d.Admission.Spelling(s.cfg), admissionFactor*int(now)
	return []idea{{
		needed:    true,
		published: serving.Effect{ThroughputLow: 1, ThroughputHigh: admissionFactor, Basis: "bound: as many more requests as are let in"},
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyBatching, flag, count(target)), Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     fmt.Sprintf("Accept %d requests at once instead of %.0f", target, now),
			Changes:   []serving.FlagChange{set(s.cfg, flag, count(target))},
			Mechanism: "The server refuses what is beyond this number, running or waiting; a larger one lets requests wait for their turn, and fills the batch.",
			WrongIf:   "the engine is saturated: then requests wait longer than clients do, and a refusal is the better answer",
		}, fmt.Sprintf("%.0f requests were refused as overloaded", refused), serving.BottleneckErrors),
	}}
}

const (
	admissionDefault = 128
	admissionFactor  = 4
)
