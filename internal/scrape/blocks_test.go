package scrape_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/scrape"
)

func TestParse_FamilyInSeveralBlocks_IsOne(t *testing.T) {
	t.Parallel()
	page := `# HELP a Some \x help that the decoder would not like.
# TYPE a counter
a{engine="0"} 1
# TYPE h histogram
h_bucket{le="1"} 1
h_bucket{le="+Inf"} 2
# TYPE b gauge
b 5
# HELP a Again.
# TYPE a counter
a{engine="1"} 2
a{engine="0"} 3
# TYPE h histogram
h_sum 4
h_count 2
`
	f := parse(t, page)
	a, _ := f.Lookup("a")
	require.Equal(t, engine.TypeCounter, a.Type)
	require.Len(t, a.Series, 2)
	require.InDelta(t, 3.0, a.Series[0].Value, 0, "the last of two counts")
	require.InDelta(t, 2.0, a.Series[1].Value, 0)
	require.InDelta(t, 4.0, only(t, f, "h").Histogram.Sum, 0)

	same, err := scrape.Parse(strings.NewReader(page+"# EOF\n"), openMetrics)
	require.NoError(t, err)
	require.Len(t, same, len(f))
}

func TestParse_TypeThatChanges_IsAMistake(t *testing.T) {
	t.Parallel()
	_, err := scrape.Parse(strings.NewReader("# TYPE a counter\na 1\n# TYPE a gauge\na 2\n"), "")
	var m *scrape.Mistake
	require.ErrorAs(t, err, &m)
	require.Equal(t, 3, m.Line)
	require.Contains(t, m.Cause, "TYPE")
}

func TestParse_LabelEscapes(t *testing.T) {
	t.Parallel()
	f := parse(t, `a{path="C:\\models\\x",said="\"hi\"",two="a\nb",odd="{,}=#",unicode="日本"} 1`+"\n")
	require.Equal(t, map[string]string{"path": `C:\models\x`, "said": `"hi"`, "two": "a\nb", "odd": "{,}=#", "unicode": "日本"}, only(t, f, "a").Labels)
}

// Whoever shows a mistake to a person needs the line as a number, without
// knowing this package.
func TestMistake_TellsItsLine(t *testing.T) {
	t.Parallel()
	_, err := scrape.Parse(strings.NewReader("a 1\nb{c=} 2\n"), "")
	var at interface{ AtLine() int }
	require.True(t, errors.As(err, &at))
	require.Equal(t, 2, at.AtLine())
	require.ErrorIs(t, err, scrape.ErrMalformed)
	require.ErrorContains(t, err, "line 2: ")
}
