package dialect

import "github.com/optiinfra/performance-agent/internal/serving"

// Dialect is the vocabulary of one engine's command line. A role whose flag is
// "" (or a switch without settings) does not exist in that engine.
type Dialect struct {
	Engine serving.EngineKind

	// Slots is the number of requests that run at once.
	Slots Number
	// LeastSlots is the lowest default of Slots in any version; 0: no such limit.
	LeastSlots float64
	// Ranks multiplies Slots: each data-parallel rank has slots of its own.
	Ranks Number
	// Admission is the number of requests in the server, running or waiting,
	// beyond which it refuses.
	Admission Number
	// DefaultAdmission holds where it is fixed; AdmissionHoldsRunning says that
	// running requests count, and not only those that wait.
	DefaultAdmission      float64
	AdmissionHoldsRunning bool
	// Budget is the number of prompt tokens computed in one step.
	Budget Number
	// BudgetOff is the value of Budget that leaves prompts whole; "" if none does.
	BudgetOff string
	// BudgetHoldsDecodes says that running requests draw on the budget too, so it
	// must not be below Slots.
	BudgetHoldsDecodes bool

	// MemoryShare is the part of GPU memory for weights and KV cache.
	MemoryShare Number
	// Share bounds what is sensible for it.
	Share Shares
	// KVSize states the KV cache outright, in bytes or tokens, whatever the share.
	KVSize Number
	// KVType is the number format of the KV cache; FP8 its 8-bit value.
	KVType Format
	// Quantization is the weight format chosen at load; FP8 converts while loading.
	Quantization Format
	// SlowKernels are values of Quantization that rule out faster kernels for a
	// checkpoint that declares its own format.
	SlowKernels []string

	Graphs   Switch // CUDA graphs
	Prefix   Switch // prefix caching
	Chunking Switch // prompts split over steps
	Overlap  Switch // the host schedules ahead of the GPU
	Mixed    Switch // prompt chunks and decodes share a step, where that is a choice
	Draft    Switch // speculative decoding
	// DraftDetails are flags that mean nothing without it, DraftNGram the settings
	// that speculate from the prompt, without a second model.
	DraftDetails []string
	DraftNGram   []Setting
	// Drafts is the number of tokens drafted in a step, DraftAcceptance the key
	// under which the engine shows the accepted part, where it counts neither.
	Drafts          Number
	DraftAcceptance string

	// GraphBatch is the largest batch with a captured graph: a number, or a list
	// whose greatest entry counts. DefaultGraphBatch holds where it is fixed.
	GraphBatch        Number
	DefaultGraphBatch float64

	TensorParallel Number
	// Conservativeness scales how much output admission expects of each request.
	Conservativeness Number
	// Policy is the order in which waiting requests are taken, PolicyPrefix the
	// value that takes the longest cached prefix first.
	Policy       string
	PolicyPrefix string

	// Tuning are all flags that set speed and not what is served.
	Tuning []string
}

// Shares of memory. Below Wasteful there is room that nothing uses, Usual is
// what the engine takes by itself, Greatest leaves the margin below which runs
// get slower or out of memory.
type Shares struct{ Wasteful, Usual, Greatest float64 }

// Of returns the dialect of an engine; an unknown engine has one without roles.
func Of(kind serving.EngineKind) Dialect {
	switch kind {
	case serving.VLLM:
		return vllm()
	case serving.TGI:
		return tgi()
	case serving.SGLang:
		return sglang()
	}
	return Dialect{Engine: kind}
}
