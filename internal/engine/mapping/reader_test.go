package mapping_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/engine/mapping"
	"github.com/optiinfra/performance-agent/internal/serving"
)

type labels = map[string]string

func running(r *serving.Reading) *serving.Measure { return &r.Running }
func usage(r *serving.Reading) *serving.Measure   { return &r.KVUsage }
func prompts(r *serving.Reading) *serving.Measure { return &r.PromptTokens }
func steps(r *serving.Reading) *serving.Measure   { return &r.EngineSteps }
func failed(r *serving.Reading) *serving.Measure  { return &r.Errors }
func ttft(r *serving.Reading) **serving.Histogram { return &r.TTFT }

func family(name, kind string, series ...engine.Series) engine.Family {
	return engine.Family{Name: name, Type: kind, Series: series}
}

func value(v float64, l labels) engine.Series { return engine.Series{Labels: l, Value: v} }

func buckets(n float64, l labels) engine.Series {
	return engine.Series{Labels: l, Value: math.NaN(), Histogram: &serving.Histogram{Bounds: []float64{1}, Counts: []float64{n}, Count: n, Sum: n / 4}}
}

func read(t mapping.Table, page ...engine.Family) serving.Reading { return t.Read(page).Reading() }

func one(q mapping.Quantity) mapping.Table {
	return mapping.Table{Engine: serving.TGI, Prefix: "x:", Quantities: []mapping.Quantity{q}}
}

func TestRead_NewestNameCounts_AndNamesAreNeverAdded(t *testing.T) {
	t.Parallel()
	table := one(mapping.Quantity{Name: "running", Field: running, Type: engine.TypeGauge, Families: []string{"x:new", "x:old"}, Why: "off"})
	r := read(table, family("x:new", engine.TypeGauge, value(3, nil)), family("x:old", engine.TypeGauge, value(5, nil)))
	require.Equal(t, serving.Known(3), r.Running)
	require.Equal(t, serving.TGI, r.Engine)
	require.Equal(t, serving.Known(5), read(table, family("x:old", engine.TypeGauge, value(5, nil))).Running)
	require.Equal(t, []serving.Missing{{Quantity: "running", Reason: "no x:new or x:old: off"}}, read(table).Missing)
}

func TestRead_DeclaredTypeDecides_UntypedNumbersAreTakenOnTrust(t *testing.T) {
	t.Parallel()
	table := one(mapping.Quantity{Name: "running", Field: running, Type: engine.TypeGauge, Families: []string{"x:new", "x:old"}})
	wrong := family("x:new", engine.TypeHistogram, buckets(1, nil))
	require.Equal(t, "x:new is a histogram here, not a gauge", read(table, wrong).Missing[0].Reason)
	require.Equal(t, serving.Known(5), read(table, wrong, family("x:old", engine.TypeUntyped, value(5, nil))).Running)
	untyped := one(mapping.Quantity{Name: "engine_steps", Field: steps, Type: engine.TypeHistogram, Families: []string{"x:h"}, Of: mapping.Observations})
	require.Contains(t, read(untyped, family("x:h", engine.TypeUntyped, value(1, nil))).Missing[0].Reason, "not a histogram")
}

func TestRead_CounterWithoutTotal_IsTheSameCounter(t *testing.T) {
	t.Parallel()
	table := one(mapping.Quantity{Name: "prompt_tokens", Field: prompts, Type: engine.TypeCounter, Families: []string{"x:prompts_total"}})
	r := read(table, family("x:prompts", engine.TypeCounter, value(7, nil)))
	require.Equal(t, serving.Known(7), r.PromptTokens)
	require.Empty(t, r.Unrecognised)
}

func TestRead_DuplicateSeries_AreNotCounted(t *testing.T) {
	t.Parallel()
	table := one(mapping.Quantity{Name: "running", Field: running, Type: engine.TypeGauge, Families: []string{"x:n"}})
	table.Keep = func(l map[string]string) bool { return l["rank"] == "" || l["rank"] == "0" }
	page := family("x:n", engine.TypeGauge, value(4, labels{"rank": "0"}), value(4, labels{"rank": "1"}), value(2, labels{}))
	require.Equal(t, serving.Known(6), read(table, page).Running)
	require.Len(t, page.Series, 3, "the page belongs to the caller")
}

func TestRead_WhereAndNoneIsZero(t *testing.T) {
	t.Parallel()
	q := mapping.Quantity{Name: "errors", Field: failed, Type: engine.TypeCounter, Families: []string{"x:http"},
		Where: func(l map[string]string) bool { return strings.HasPrefix(l["status"], "5") }}
	ok := family("x:http", engine.TypeCounter, value(9, labels{"status": "200"}))
	require.False(t, read(one(q), ok).Errors.IsKnown())
	q.NoneIsZero = true
	require.Equal(t, serving.Known(0), read(one(q), ok).Errors)
	require.False(t, read(one(q), family("x:http", engine.TypeCounter)).Errors.IsKnown(), "HELP and TYPE alone say nothing")
	ok.Series = append(ok.Series, value(2, labels{"status": "500"}), value(1, labels{"status": "503"}))
	require.Equal(t, serving.Known(3), read(one(q), ok).Errors)
}

func TestRead_Ratios_AreAveragedOverEngines(t *testing.T) {
	t.Parallel()
	table := one(mapping.Quantity{Name: "kv_usage", Field: usage, Type: engine.TypeGauge, Families: []string{"x:u"}, Combine: mapping.Mean})
	require.InDelta(t, 0.5, read(table, family("x:u", engine.TypeGauge, value(0.25, nil), value(0.75, nil))).KVUsage.Or(-1), 1e-12)
	r := read(table, family("x:u", engine.TypeGauge, value(0.25, nil), value(math.NaN(), nil)))
	require.False(t, r.KVUsage.IsKnown())
	require.Equal(t, "x:u has no number, or is incomplete", r.Missing[0].Reason)
}

func TestRead_PartsOfHistogramsAndSummaries(t *testing.T) {
	t.Parallel()
	summary := family("x:s", engine.TypeSummary, engine.Series{Histogram: &serving.Histogram{Count: 4, Sum: 12}})
	for want, of := range map[float64]func(engine.Series) serving.Measure{4: mapping.Observations, 12: mapping.Total} {
		r := read(one(mapping.Quantity{Name: "engine_steps", Field: steps, Type: engine.TypeSummary, Families: []string{"x:s"}, Of: of}), summary)
		require.Equal(t, serving.Known(want), r.EngineSteps)
	}
	cut := family("x:s", engine.TypeSummary, engine.Series{})
	for _, of := range []func(engine.Series) serving.Measure{mapping.Observations, mapping.Total} {
		require.False(t, read(one(mapping.Quantity{Name: "engine_steps", Field: steps, Type: engine.TypeSummary, Families: []string{"x:s"}, Of: of}), cut).EngineSteps.IsKnown())
	}
}

func TestRead_Alternatives_FirstThatGivesANumber_AndSaysHow(t *testing.T) {
	t.Parallel()
	table := mapping.Table{Prefix: "x:", Quantities: []mapping.Quantity{
		{Name: "running", Field: running, Type: engine.TypeGauge, Families: []string{"x:a"}, Why: "newer"},
		{Name: "running", Field: running, Type: engine.TypeCounter, Families: []string{"x:b"}, Derived: "from b"},
	}}
	r := read(table, family("x:b", engine.TypeCounter, value(2, nil)))
	require.Equal(t, serving.Known(2), r.Running)
	require.Empty(t, r.Missing)
	require.Equal(t, []serving.Derived{{Quantity: "running", How: "from b"}}, r.Derived)
	r = read(table, family("x:a", engine.TypeGauge, value(1, nil)), family("x:b", engine.TypeCounter, value(2, nil)))
	require.Equal(t, serving.Known(1), r.Running)
	require.Empty(t, r.Derived)
	require.Equal(t, []serving.Missing{{Quantity: "running", Reason: "no x:a: newer"}}, read(table).Missing, "the reason for the newest stands")
}

func TestRead_Alternatives_OneThatIsThereAndCannotBeUsed_IsTheReason(t *testing.T) {
	t.Parallel()
	table := mapping.Table{Prefix: "x:", Quantities: []mapping.Quantity{
		{Name: "running", Field: running, Type: engine.TypeGauge, Families: []string{"x:a"}, Why: "newer"},
		{Name: "running", Field: running, Type: engine.TypeGauge, Families: []string{"x:b"}},
	}}
	for want, page := range map[string]engine.Family{
		"x:b has no number, or is incomplete":  family("x:b", engine.TypeGauge, value(math.NaN(), nil)),
		"x:b is a counter here, not a gauge":   family("x:b", engine.TypeCounter, value(1, nil)),
		"x:a is a histogram here, not a gauge": family("x:a", engine.TypeHistogram, buckets(1, nil)),
	} {
		require.Equal(t, []serving.Missing{{Quantity: "running", Reason: want}}, read(table, page).Missing)
	}
}

func TestRead_Distribution_NeedsAllSeriesWithLikeBuckets(t *testing.T) {
	t.Parallel()
	table := mapping.Table{Prefix: "x:", Distributions: []mapping.Distribution{{Name: "ttft", Field: ttft, Families: []string{"x:t"},
		Where: func(l map[string]string) bool { return l["method"] != "decode" }, Derived: "so"}}}
	r := read(table, family("x:t", engine.TypeHistogram, buckets(2, nil), buckets(3, labels{"method": "prefill"}), buckets(9, labels{"method": "decode"})))
	require.InDelta(t, 5.0, r.TTFT.Count, 0)
	require.Equal(t, "so", r.Derived[0].How)
	unlike := buckets(3, nil)
	unlike.Histogram.Bounds = []float64{2}
	for reason, page := range map[string]engine.Family{
		"incomplete":        family("x:t", engine.TypeHistogram, buckets(2, nil), engine.Series{}),
		"different buckets": family("x:t", engine.TypeHistogram, buckets(2, nil), unlike),
		"has no series":     family("x:t", engine.TypeHistogram),
	} {
		r := read(table, page)
		require.Nil(t, r.TTFT)
		require.Contains(t, r.Missing[0].Reason, reason)
	}
}

func TestRead_RenamedByAnExporter_IsFoundAndReportedByItsOwnName(t *testing.T) {
	t.Parallel()
	table := one(mapping.Quantity{Name: "running", Field: running, Type: engine.TypeGauge, Families: []string{"x:n"}})
	table.Canonical = func(name string) string {
		if rest, renamed := strings.CutPrefix(name, "ray_x_"); renamed {
			return "x:" + rest
		}
		return name
	}
	r := read(table, family("ray_x_n", engine.TypeGauge, value(4, nil)), family("ray_x_new", engine.TypeGauge, value(1, nil)))
	require.Equal(t, serving.Known(4), r.Running)
	require.Equal(t, []string{"ray_x_new"}, r.Unrecognised)
	require.True(t, table.Owns("ray_x_n"))
	require.False(t, table.Owns("ray_y_n"))
}

func TestRead_Unrecognised_AreOwnFamiliesThatNoEntryKnows(t *testing.T) {
	t.Parallel()
	table := one(mapping.Quantity{Name: "prompt_tokens", Field: prompts, Type: engine.TypeCounter, Families: []string{"x:p_total"}})
	table.Others = []string{"x:part_", "x:exact"}
	table.Distributions = []mapping.Distribution{{Name: "ttft", Field: ttft, Families: []string{"x:t"}}}
	var page engine.Families
	for _, name := range []string{"python_info", "x:exact", "x:exact_not", "x:p", "x:p_created", "x:part_a", "x:t", "x:t_total"} {
		page = append(page, family(name, engine.TypeCounter))
	}
	require.Equal(t, []string{"x:exact_not", "x:t_total"}, table.Read(page).Reading().Unrecognised)
}

func TestByLabel_AddsEnginesAndSkipsWhatSaysNothing(t *testing.T) {
	t.Parallel()
	table := mapping.Table{Prefix: "x:"}
	page := engine.Families{family("x:done", engine.TypeCounter, value(1, labels{"why": "stop"}), value(2, labels{"why": "stop"}),
		value(4, labels{"why": "length"}), value(8, nil), value(math.NaN(), labels{"why": "abort"}))}
	r := table.Read(page)
	require.Equal(t, map[string]float64{"stop": 3, "length": 4}, r.ByLabel("finished_by_reason", []string{"x:done"}, "why", ""))
	require.Nil(t, r.ByLabel("errors", []string{"x:done"}, "code", ""))
	require.Equal(t, []serving.Missing{{Quantity: "errors", Reason: "x:done has no series with a code"}}, r.Reading().Missing)
}

func TestModel_FromTheEnginesOwnSeries(t *testing.T) {
	t.Parallel()
	table := mapping.Table{Prefix: "x:"}
	page := engine.Families{family("other", engine.TypeGauge, value(1, labels{"model": "no"})), family("x:n", engine.TypeGauge, value(1, nil), value(1, labels{"model": "m"}))}
	r := table.Read(page)
	r.Model("model")
	require.Equal(t, "m", r.Reading().Model)
	r = table.Read(page[:1])
	r.Model("model")
	require.Equal(t, "model", r.Reading().Missing[0].Quantity)
}

func TestExplain_BettersAReason_OnlyOfWhatIsMissing(t *testing.T) {
	t.Parallel()
	r := mapping.Table{}.Read(nil)
	r.Missing("swapped", "no %s", "x")
	r.Missing("swapped", "again")
	r.Explain("swapped", "never swaps")
	r.Explain("running", "not missing")
	require.Equal(t, []serving.Missing{{Quantity: "swapped", Reason: "never swaps"}}, r.Reading().Missing)
	r.Found("swapped", "")
	require.Nil(t, r.Reading().Missing)
}

func TestLabel_ReadsNumbersOnly(t *testing.T) {
	t.Parallel()
	s := value(1, labels{"blocks": "16", "none": "None", "nan": "NaN"})
	require.Equal(t, serving.Known(16), mapping.Label("blocks")(s))
	for _, name := range []string{"none", "nan", "absent"} {
		require.False(t, mapping.Label(name)(s).IsKnown(), name)
	}
}
