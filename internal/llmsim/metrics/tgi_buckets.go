package metrics

// tgiDurationBuckets serve every family of TGI whose name ends in "duration":
// 35 of them, each half as long again as the one before (router/src/server.rs).
func tgiDurationBuckets() []float64 {
	out := make([]float64, 35)
	value := 0.0001 // seconds
	for i := range out {
		value *= 1.5
		out[i] = value
	}
	return out
}

// tgiTokenBuckets divide a limit into a hundred equal parts, so they change with
// the flags that set the limit.
func tgiTokenBuckets(limit int) []float64 {
	out := make([]float64, 100)
	for i := range out {
		out[i] = float64(limit) / 100 * float64(i+1)
	}
	return out
}

func tgiBatchBuckets() []float64 {
	out := make([]float64, 1024)
	for i := range out {
		out[i] = float64(i + 1)
	}
	return out
}
