package propose

import (
	"github.com/optiinfra/performance-agent/internal/engine/dialect"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// allowChunks lets prompts be split over steps again.
func allowChunks(s scope) []idea {
	flags := s.d.Chunking.Offending(s.cfg)
	if len(flags) == 0 {
		return nil
	}
	found := s.answering(serving.BottleneckInterference, serving.BottleneckPrefillBound)
	return []idea{{
		needed:    len(found) > 0,
		published: published(1.0, 2.6, "Sarathi-Serve, up to 2.6x capacity under an objective on ITL"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyChunkedPrefill, "enable", ""), Family: serving.FamilyChunkedPrefill, Risk: serving.RiskCheap,
			Title:     "Split long prompts over several steps: chunked prefill on",
			Changes:   unsetAll(s.cfg, flags...),
			Mechanism: "A prompt that must be computed whole holds up every decoding request for its whole prefill; chunks bound the wait by the token budget.",
			WrongIf:   "prompts are short, or TTFT matters and ITL does not",
		}, "chunked prefill is switched off", serving.BottleneckInterference, serving.BottleneckPrefillBound),
	}}
}

// mixChunks lets a step hold both decodes and a chunk of a prompt, in an engine
// that otherwise computes prompts in steps of their own.
func mixChunks(s scope) []idea {
	_, stalls := s.finding(serving.BottleneckInterference)
	state, _ := s.d.Mixed.In(s.cfg, s.Snapshot.Revealed)
	drafts, _ := s.d.Draft.In(s.cfg, s.Snapshot.Revealed)
	if !stalls || !s.d.Mixed.Exists() || state == dialect.On || drafts == dialect.On {
		return nil
	}
	flag := s.d.Mixed.Enable.Flag
	return []idea{{
		needed:    true,
		published: published(0.95, 1.3, "Sarathi-Serve's mixed steps against prefill-first steps under an objective on ITL"),
		recommendation: s.withReason(serving.Recommendation{
			ID: idOf(serving.FamilyChunkedPrefill, flag, ""), Family: serving.FamilyChunkedPrefill, Risk: serving.RiskCheap,
			Title:     "Compute prompt chunks beside decodes in one step",
			Changes:   []serving.FlagChange{set(s.cfg, flag, s.d.Mixed.Enable.Value)},
			Mechanism: "A step of prompts alone gives nobody a token; a mixed step gives every decoding request one, so the gap is one step instead of all the steps of a prompt.",
			WrongIf:   "prompts are short or rare, so that steps of their own are too",
		}, "prompts are computed in steps of their own", serving.BottleneckInterference),
	}}
}

// scheduleAhead overlaps scheduling with the GPU where the version can.
func scheduleAhead(s scope) []idea {
	changes := unsetAll(s.cfg, s.d.Overlap.Offending(s.cfg)...)
	if enable := s.d.Overlap.Enable; len(changes) == 0 && enable.Flag != "" && s.forecast.modelled() && !s.settings.AsyncScheduling {
		changes = []serving.FlagChange{set(s.cfg, enable.Flag, enable.Value)}
	}
	if len(changes) == 0 {
		return nil
	}
	return []idea{{
		published: published(1.0, 1.16, "async scheduling, 12 to 16% on small models"),
		recommendation: s.withReason(serving.Recommendation{
			ID: "batching/async-scheduling", Family: serving.FamilyBatching, Risk: serving.RiskCheap,
			Title:     "Schedule the next step while the GPU computes: async scheduling on",
			Changes:   changes,
			Mechanism: "The host plans a step while the GPU still runs the one before, so host time no longer adds to every step.",
			WrongIf:   "steps are long (large models, slow GPUs): host time is then a small part",
		}, "scheduling is synchronous, and the GPU waits for the host between steps", serving.BottleneckHostOverhead),
	}}
}
