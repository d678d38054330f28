package sglang

import (
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// chunkIsWholePages: a chunk ends at the end of a page. With data-parallel
// attention each group gets its part of the chunk, rounded down.
func chunkIsWholePages(l engine.Launch) []engine.Problem {
	chunk, set := l.Number(flagChunk)
	page := l.NumberOr(flagPage, 1) // a backend may force larger ones, which is not judged
	if !set || chunk <= 0 || page < 1 || l.Text(flagDisaggregation) == "decode" {
		return nil
	}
	groups := 1.0
	if l.SwitchedOn(flagDPAttention) {
		groups = max(l.NumberOr(flagData, 1), 1)
	}
	part := int(chunk) / int(groups)
	if part > 0 && part%int(page) == 0 {
		return nil
	}
	unit := int(page * groups)
	return engine.Breaks(flagChunk, fmt.Sprintf("use a multiple of %d, for example %d", unit, max(int(chunk)/unit, 1)*unit),
		"must be a multiple of %s in each of %.0f data-parallel groups: %d is none of %.0f", flagPage, groups, part, page)
}

// pagesOfBackend are the page sizes that an attention backend works with; SGLang
// replaces any other with a warning (_handle_attention_backend_compatibility).
func pagesOfBackend(backend string) []string {
	switch backend {
	case "flashmla", "hpc_ops":
		return []string{"64"}
	case "cutlass_mla":
		return []string{"128"}
	case "trtllm_mla", "cutedsl_mla", "tokenspeed_mla":
		return []string{"32", "64"}
	case "trtllm_mha":
		return []string{"16", "32", "64"}
	}
	return nil
}

func pagesFitBackend(l engine.Launch) []engine.Problem {
	page, set := l.Config.Get(flagPage)
	if !set {
		return nil
	}
	for _, flag := range []string{flagAttention, flagAttentionDecode} {
		sizes := pagesOfBackend(l.Text(flag))
		if len(sizes) > 0 && !slices.Contains(sizes, page) {
			return engine.Breaks(flagPage, "use "+strings.Join(sizes, " or ")+", or leave it away",
				"%s works with pages of %s tokens, %s would be replaced", l.Text(flag), strings.Join(sizes, " or "), page)
		}
	}
	return nil
}

func hierarchyNeedsRadix(l engine.Launch) []engine.Problem {
	if !l.SwitchedOn(flagHierarchical) || !l.SwitchedOn(flagNoRadix) {
		return nil
	}
	return engine.Breaks(flagHierarchical, "remove one of the two", "keeps what the radix cache holds, which %s switches off", flagNoRadix)
}
