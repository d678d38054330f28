package perfmodel

import "math"

// Triton builds the grouped products of a mixture of experts for a class of batch
// sizes when that class first occurs, and all of the engine waits. Classes are the
// nearest of the sizes that kernels are tuned for, each once more for sizes that
// are no multiple of 8. Those that fit a captured graph are built at the start.
// Other weight formats use libraries that come compiled.

// ColdKernel says which kernels a step needs that may not have been built yet, as
// a number below 64, and how long building them takes. ok is false when all are
// built at the start.
func (m Model) ColdKernel(b Batch) (kernel int, seconds float64, ok bool) {
	if m.arch.Experts == 0 || m.settings.Weights != WeightsBF16 {
		return 0, 0, false
	}
	rows := b.Decodes + b.DraftTokens
	for _, c := range b.Prefills {
		rows += c.New
	}
	if rows <= m.settings.GraphMax {
		return 0, 0, false
	}
	kernel = 2 * tunedClass(rows)
	if rows%8 != 0 {
		kernel++
	}
	return kernel, m.consts.CompileSeconds, true
}

// tunedClass is the nearest tuned size: powers of 2 to 512, then multiples of 512
// to 2048 and of 1024 to 4096.
func tunedClass(rows int) int {
	switch {
	case rows >= 3584:
		return 20
	case rows >= 2560:
		return 19
	case rows >= 768:
		return 14 + int(math.Round(float64(rows)/512))
	}
	return int(math.Round(math.Log2(float64(rows))))
}
