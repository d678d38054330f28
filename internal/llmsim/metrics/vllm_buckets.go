package metrics

// Buckets of vLLM 0.8.4 and later (vllm/v1/metrics/loggers.py).

func vllmFirstTokenBuckets() []float64 {
	return []float64{.001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560}
}

func vllmTokenGapBuckets() []float64 {
	return []float64{.01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80}
}

// vllmRequestBuckets serve all phases of a request, the queue included.
func vllmRequestBuckets() []float64 {
	return []float64{.3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680}
}

func vllmIterationBuckets() []float64 {
	return []float64{1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384}
}

// vllmTokenBuckets are 1, 2, 5, 10, 20, ... up to the model's length, so they change
// with --max-model-len as they do in the engine.
func vllmTokenBuckets(maxModelLen int) []float64 {
	var out []float64
	for scale := 1; ; scale *= 10 {
		for _, m := range []int{1, 2, 5} {
			if m*scale > maxModelLen {
				return out
			}
			out = append(out, float64(m*scale))
		}
	}
}

// httpBuckets are those of prometheus_fastapi_instrumentator.
func httpBuckets() []float64 {
	return []float64{.01, .025, .05, .075, .1, .25, .5, .75, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 7.5, 10, 30, 60}
}
