package tgi

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/engine"
)

// chunkingRelease is the first that splits long prompts over prefills, measures
// its own limits while warming up, and takes the model's whole length as default.
func chunkingRelease() engine.Version { return engine.Version{2, 4, 1} }

// chunkingCapability is the least for flashinfer and flashdecoding, the
// attention kernels that prompts can be split with; below it the launcher falls
// back to paged attention (launcher/src/main.rs, resolve_attention).
const chunkingCapability = 80

// formerDefaultTokens was the default of max_total_tokens, and one more than
// that of max_input_tokens, where the model allows more.
const formerDefaultTokens = 4096

// promptLeavesRoom: the launcher refuses max_input_tokens >= max_total_tokens.
func promptLeavesRoom(l engine.Launch) []engine.Problem {
	input, given := l.Number(flagInputTokens)
	total, limited := l.Number(flagTotalTokens)
	if !given || !limited || input < total {
		return nil
	}
	return engine.Breaks(flagInputTokens, fmt.Sprintf("use at most %.0f or raise %s", total-1, flagTotalTokens),
		"must be less than %s: %.0f >= %.0f", flagTotalTokens, input, total)
}

// totalFitsDefault is promptLeavesRoom where the total is left to its default,
// which was a number once.
func totalFitsDefault(l engine.Launch) []engine.Problem {
	input, given := l.Number(flagInputTokens)
	_, limited := l.Number(flagTotalTokens)
	if !given || limited || input < formerDefaultTokens || !before(l, chunkingRelease()) {
		return nil
	}
	return engine.Breaks(flagInputTokens, fmt.Sprintf("set %s to more than %.0f", flagTotalTokens, input),
		"must be less than %s, which is at most %d by default before 2.4.1: %.0f", flagTotalTokens, formerDefaultTokens, input)
}

// promptFitsPrefill: where prompts cannot be split, the longest must fit one
// prefill (router/src/main.rs; backends/v3/src/main.rs "support_chunking").
func promptFitsPrefill(l engine.Launch) []engine.Problem {
	input, given := l.Number(flagInputTokens)
	prefill, limited := l.Number(flagPrefillTokens)
	if !given || !limited || prefill >= input {
		return nil
	}
	fix := fmt.Sprintf("raise it to %.0f", input)
	g, known := engine.LookUpGPU(l.Hardware.GPU)
	switch {
	case known && g.Capability < chunkingCapability:
		return engine.Breaks(flagPrefillTokens, fix, "must be at least %s, since prompts cannot be split on %s: %.0f < %.0f",
			flagInputTokens, l.Hardware.GPU, prefill, input)
	case before(l, chunkingRelease()):
		return engine.Breaks(flagPrefillTokens, fix, "must be at least %s before 2.4.1: %.0f < %.0f", flagInputTokens, prefill, input)
	case !versionStated(l):
		return engine.Breaks(flagPrefillTokens, fix+", or state a version from 2.4.1 on, which splits prompts",
			"must be at least %s unless the version splits prompts: %.0f < %.0f", flagInputTokens, prefill, input)
	}
	return nil
}

// prefillFitsBatch: a prefill larger than the whole batch is refused. From 2.4.1
// the batch is what the warm-up finds, whatever the flag says.
func prefillFitsBatch(l engine.Launch) []engine.Problem {
	prefill, given := l.Number(flagPrefillTokens)
	batch, limited := l.Number(flagBatchTokens)
	if !given || !limited || prefill <= batch || versionStated(l) && !before(l, chunkingRelease()) {
		return nil
	}
	return engine.Breaks(flagPrefillTokens, fmt.Sprintf("use at most %.0f or raise %s", batch, flagBatchTokens),
		"must be at most %s: %.0f > %.0f", flagBatchTokens, prefill, batch)
}

// requestFitsBatch: the launcher refuses max_total_tokens > max_batch_total_tokens.
// With speculation a request reserves the guessed tokens too, so one that just
// fits would wait for ever (backends/v3/src/queue.rs).
func requestFitsBatch(l engine.Launch) []engine.Problem {
	total, given := l.Number(flagTotalTokens)
	batch, limited := l.Number(flagBatchTokens)
	if !given || !limited {
		return nil
	}
	guessed := l.NumberOr(flagSpeculate, 0)
	switch {
	case total > batch:
		return engine.Breaks(flagBatchTokens, fmt.Sprintf("raise it to %.0f or lower %s", total, flagTotalTokens),
			"must be at least %s: %.0f < %.0f", flagTotalTokens, batch, total)
	case total+guessed > batch:
		return engine.Breaks(flagBatchTokens, fmt.Sprintf("raise it to %.0f", total+guessed),
			"must hold %s and the %.0f tokens of %s, or the longest request is never admitted: %.0f < %.0f",
			flagTotalTokens, guessed, flagSpeculate, batch, total+guessed)
	}
	return nil
}
