package scrape_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine/vllm"
	"github.com/optiinfra/performance-agent/internal/scrape"
)

// FuzzParse feeds any bytes through both formats: no panic, and whatever is
// read translates into a reading that can be stored.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "a 1\n", "a{le=\"+Inf\"} NaN\n", "# TYPE h histogram\nh_bucket{le=\"NaN\"} 1\nh_count 1\nh_sum 1\n",
		"# TYPE vllm:cache_config_info gauge\nvllm:cache_config_info{block_size=\"1e308\",num_gpu_blocks=\"1e308\"} 1\n",
		"# TYPE vllm:request_success_total counter\nvllm:request_success_total{finished_reason=\"stop\"} +Inf\n",
		"# TYPE a counter\na_total 1\n# EOF\n", "# TYPE h histogram\nh_bucket{le=\"1\"} -5\nh_bucket{le=\"+Inf\"} 1e400\n",
		"{\"a\",b=\"c\"} 1\n", "a{b=\"\\\"\\n\"} 1 1700000000000\n", "# TYPE s summary\ns{quantile=\"x\"} 1\n",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, page []byte, open bool) {
		contentType := "text/plain"
		if open {
			contentType = openMetrics
		}
		families, err := scrape.Parse(bytes.NewReader(page), contentType)
		if err != nil {
			require.ErrorIs(t, err, scrape.ErrMalformed)
			return
		}
		_, err = json.Marshal(vllm.New().Read(families))
		require.NoError(t, err)
	})
}
