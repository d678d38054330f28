package sglang

import (
	"fmt"
	"slices"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// Rules of python/sglang/srt/arg_groups/speculative_hook.py.

// drafted says whether the algorithm drafts with a model, which is what the
// three numbers steer; NGRAM and the block drafts have numbers of their own.
func drafted(algorithm string) bool {
	return slices.Contains([]string{"EAGLE", "EAGLE3", "NEXTN", "STANDALONE"}, algorithm)
}

// draftNumbersTogether: SGLang chooses steps, branches and draft tokens by model
// when none is given, and asserts that none or all are.
func draftNumbersTogether(l engine.Launch) []engine.Problem {
	if !drafted(l.Text(flagAlgorithm)) {
		return nil
	}
	given, lacking := 0, ""
	for _, flag := range []string{flagSteps, flagTopK, flagDraftTokens} {
		if _, set := l.Config.Get(flag); set {
			given++
		} else if lacking == "" {
			lacking = flag
		}
	}
	if given == 0 || given == 3 {
		return nil
	}
	return engine.Breaks(lacking, "set all three or none", "%s, %s and %s belong together, %d of them is given", flagSteps, flagTopK, flagDraftTokens, given)
}

// chainLength: a chain of n steps has n + 1 tokens, the last verified one among
// them. Older versions fail, newer ones replace the number.
func chainLength(l engine.Launch) []engine.Problem {
	steps, a := l.Number(flagSteps)
	topK, b := l.Number(flagTopK)
	tokens, c := l.Number(flagDraftTokens)
	if !a || !b || !c || !drafted(l.Text(flagAlgorithm)) || topK != 1 || tokens == steps+1 {
		return nil
	}
	return engine.Breaks(flagDraftTokens, fmt.Sprintf("use %.0f", steps+1),
		"must be %s + 1 when %s is 1: %.0f with %.0f steps", flagSteps, flagTopK, tokens, steps)
}

// treeFitsPages: a draft with branches needs a backend that copies the tail of a
// page for each. An unset backend is chosen by GPU and model, so it is not
// judged.
func treeFitsPages(l engine.Launch) []engine.Problem {
	backend := l.Text(flagAttention)
	if !drafted(l.Text(flagAlgorithm)) || l.NumberOr(flagTopK, 1) <= 1 || l.NumberOr(flagPage, 1) <= 1 ||
		backend == "" || slices.Contains([]string{"flashinfer", "fa3", "triton"}, backend) {
		return nil
	}
	return engine.Breaks(flagTopK, "use 1, a page size of 1, or one of flashinfer, fa3 and triton",
		"above 1 with pages above 1 works only on flashinfer, fa3 and triton, not on %s", backend)
}

// draftHasModel: these two need a checkpoint of their own; EAGLE and NEXTN may
// use the model's prediction heads.
func draftHasModel(l engine.Launch) []engine.Problem {
	algorithm := l.Text(flagAlgorithm)
	if algorithm != "EAGLE3" && algorithm != "STANDALONE" || l.Text(flagDraftModel) != "" {
		return nil
	}
	return engine.Breaks(flagDraftModel, "name a draft that was trained for "+l.Config.Model, "%s needs a draft model", algorithm)
}

func draftStandsAlone(l engine.Launch) []engine.Problem {
	algorithm := l.Text(flagAlgorithm)
	var out []engine.Problem
	if algorithm != "" && l.SwitchedOn(flagMixedChunk) {
		out = append(out, engine.Breaks(flagMixedChunk, "remove it", "does not work with speculative decoding")...)
	}
	if algorithm == "STANDALONE" && l.SwitchedOn(flagDPAttention) {
		out = append(out, engine.Breaks(flagAlgorithm, "use EAGLE or EAGLE3", "STANDALONE does not work with %s", flagDPAttention)...)
	}
	return out
}
