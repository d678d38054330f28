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

// replaceBitsandbytes swaps the slow conversion for the quick one, which TGI's
// own documentation calls a drop-in.
func replaceBitsandbytes(s scope) []idea {
	v, _ := s.cfg.Get(s.d.Quantization.Flag)
	if s.d.Engine != serving.TGI || v != "bitsandbytes" {
		return nil
	}
	return []idea{{
		needed:    true,
		published: published(1.3, 2.4, "bitsandbytes 43% slower than 16 bits on A100 and 59% on H200"),
		recommendation: s.withReason(serving.Recommendation{
			ID: "quantization/eetq", Family: serving.FamilyQuantization, Risk: serving.RiskNumerics,
			Title:         "Keep 8-bit weights with faster kernels: --quantize eetq instead of bitsandbytes",
			Changes:       []serving.FlagChange{set(s.cfg, s.d.Quantization.Flag, "eetq")},
			Mechanism:     "bitsandbytes rebuilds weights for every product and rules out CUDA graphs; EETQ reads the same 8 bits in the kernel of the product.",
			WrongIf:       "accuracy differs: both round to 8 bits, in different ways",
			Prerequisites: []string{"the quality gate passes"},
		}, "--quantize bitsandbytes is set", limitsOfWeights()...),
	}}
}
