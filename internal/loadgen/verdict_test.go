package loadgen_test

import (
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/loadgen"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func sound() serving.LoadResult {
	return serving.LoadResult{RatePerSecond: 100, SentPerSecond: 100, DurationSeconds: 10, Requests: 1000}
}

func TestInvalid_ReasonsOfTheGenerator_AreTold(t *testing.T) {
	t.Parallel()
	require.Empty(t, loadgen.Invalid(sound(), loadgen.Options{}))
	for want, spoil := range map[string]func(*serving.LoadResult){
		"no request fell":                     func(r *serving.LoadResult) { r.Requests = 0 },
		"sent late: lag p99 is 50 ms":         func(r *serving.LoadResult) { r.LagP99Seconds = 0.05 },
		"short of processors (it used 98%":    func(r *serving.LoadResult) { r.WakeP99Seconds, r.CPUShare = 0.03, 0.98 },
		"delivered 50 requests/s of the 100/": func(r *serving.LoadResult) { r.SentPerSecond = 50 },
		"3 requests could not be sent by this host": func(r *serving.LoadResult) {
			r.ErrorKinds = map[string]int{loadgen.KindGenerator: 3}
		},
	} {
		r := sound()
		spoil(&r)
		require.Contains(t, loadgen.Invalid(r, loadgen.Options{}), want)
	}
}

func TestInvalid_Limits_FollowTheTightestObjective(t *testing.T) {
	t.Parallel()
	r := sound()
	r.LagP99Seconds, r.WakeP99Seconds = 0.05, 0.05
	require.Empty(t, loadgen.Invalid(r, loadgen.Options{}, objective(serving.MetricTTFT, 0.95, 1)), "50 ms turn no verdict on a second")
	require.NotEmpty(t, loadgen.Invalid(r, loadgen.Options{}, objective(serving.MetricTTFT, 0.95, 0.3)))
	require.Empty(t, loadgen.Invalid(r, loadgen.Options{MaxLag: time.Second}))
}

func TestInvalid_LastRequestsALittleLate_AreNoMissingLoad(t *testing.T) {
	t.Parallel()
	r := sound()
	r.DurationSeconds, r.Requests, r.SentPerSecond = 0.1, 10, 90 // all had left after 0.11 s
	require.Empty(t, loadgen.Invalid(r, loadgen.Options{}))
}

// Not parallel: it counts what the whole process uses.
func TestMeter_BusyProcess_IsSeen(t *testing.T) {
	end := time.Now().Add(100 * time.Millisecond)
	share, wake := loadgen.Metered(func() {
		for x := 1.0; time.Now().Before(end); {
			x = math.Sqrt(x + 1)
		}
	})
	require.Positive(t, share)
	require.LessOrEqual(t, share, 1.5, "of %d processors", runtime.GOMAXPROCS(0))
	require.GreaterOrEqual(t, wake, 0.0)
}

func TestUpperQuantile_IsTheBoundOfItsBucket(t *testing.T) {
	t.Parallel()
	bounds := []float64{0, 1, 2, 3, math.Inf(1)}
	require.Equal(t, 2.0, loadgen.UpperQuantile(bounds, []uint64{50, 50, 0, 0}, 0.99))
	require.Equal(t, 1.0, loadgen.UpperQuantile(bounds, []uint64{99, 1, 0, 0}, 0.99))
	require.Equal(t, 3.0, loadgen.UpperQuantile(bounds, []uint64{0, 0, 0, 9}, 0.99), "without an upper bound, the lower")
	require.Zero(t, loadgen.UpperQuantile(bounds, []uint64{0, 0, 0, 0}, 0.99))
}

func TestStudentT_AgreesWithTables(t *testing.T) {
	t.Parallel()
	for freedom, want := range map[float64]float64{3: 3.182, 4: 2.776, 6: 2.447, 10: 2.228, 30: 2.042, 120: 1.980} {
		require.InEpsilon(t, want, loadgen.StudentT(freedom), 0.01)
	}
}
