package propose

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/diagnose"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// admissionFactor is by how much a limit of admission is raised: the mean of what
// arrives beyond it is not known.
const admissionFactor = 4

// admitMore raises a limit of admission that refuses requests while the engine
// could let them wait. TGI answers 429 beyond --max-concurrent-requests, 128 by
// default; SGLang 503 beyond --max-queued-requests, none by default.
func admitMore(s scope) []idea {
	b, _ := s.finding(serving.BottleneckErrors)
	for _, e := range b.Evidence {
		if e.Name == diagnose.EvidenceAdmission {
			return s.higherAdmission(e.Threshold / float64(s.replicas()))
		}
	}
	return nil
}

func (s scope) higherAdmission(now float64) []idea {
	flag, target := s.d.Admission.Spelling(s.cfg), admissionFactor*int(now)
	return []idea{{
		needed:    true,
		published: serving.Effect{ThroughputLow: 1, ThroughputHigh: admissionFactor, Basis: "bound: as many more requests as are let in"},
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyBatching, flag, count(target)), Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     fmt.Sprintf("Accept %d requests at once instead of %.0f", target, now),
			Changes:   []serving.FlagChange{set(s.cfg, flag, count(target))},
			Mechanism: "The server refuses what is beyond this number; a larger one lets requests wait for their turn, and fills the batch.",
			WrongIf:   "the engine is saturated: then requests wait longer than clients do, and a refusal is the better answer",
		}, "requests were refused at the limit of admission", serving.BottleneckErrors),
	}}
}
