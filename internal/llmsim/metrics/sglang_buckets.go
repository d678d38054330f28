package metrics

// Buckets of SGLang 0.4.6 and later (python/sglang/srt/observability).

func sglangFirstTokenBuckets() []float64 {
	return []float64{.1, .2, .4, .6, .8, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 200, 400}
}

func sglangWholeBuckets() []float64 {
	return append(sglangFirstTokenBuckets(), 600, 1200, 1800, 2400)
}

func sglangTokenGapBuckets() []float64 {
	return []float64{.002, .004, .006, .008, .01, .015, .02, .025, .03, .035, .04, .06, .08, .1, .2, .4, .6, .8, 1, 2, 4, 6, 8}
}

func sglangQueueBuckets() []float64 {
	out := []float64{0, .001, .005, .01, .05, .1, .2, .5, 1, 2, 3, 4, 5, 10, 15, 20}
	for s := 30.0; s <= 100; s += 10 {
		out = append(out, s)
	}
	for s := 200.0; s <= 1000; s += 100 {
		out = append(out, s)
	}
	return append(out, 1200, 1400, 1600, 1800, 2000, 2500, 3000)
}

// sglangStageBuckets are 30, each 1.62 times the one before.
func sglangStageBuckets() []float64 {
	out := make([]float64, 30)
	value := 0.001 // seconds
	for i := range out {
		out[i] = value
		value *= 1.62
	}
	return out
}

func sglangLengthBuckets() []float64 {
	return []float64{100, 300, 500, 700, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000,
		12500, 15000, 17500, 20000, 22500, 25000, 27500, 30000, 35000, 40000, 60000, 80000, 100000, 200000,
		300000, 400000, 600000, 800000, 1000000, 1100000}
}
