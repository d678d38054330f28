package plot_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/optiinfra/performance-agent/internal/plot"
)

// wellFormed reads the whole drawing as XML and returns its words.
func wellFormed(t require.TestingT, svg string) []string {
	var words []string
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return words
		}
		require.NoError(t, err, svg)
		if text, ok := token.(xml.CharData); ok {
			words = append(words, string(text))
		}
	}
}

func ladder() plot.Chart {
	return plot.Chart{Title: "Goodput", Desc: "by rate", X: plot.Axis{Label: "sent"}, Y: plot.Axis{Label: "good"},
		Series: []plot.Series{
			{Name: "Before", Look: 0, Joined: true, Points: []plot.Point{{X: 5, Y: 5, Low: 4, High: 6, Bounded: true, Hint: "five"}, {X: 8, Y: 1, Hollow: true}}},
			{Name: "After", Look: 1, Points: []plot.Point{{X: 5, Y: 5}}},
		},
		Lines: []plot.Line{{At: 7, Label: "limit 7"}, {At: 6, Vertical: true, Quiet: true, Label: "then"}}}
}

func TestChart_ShowsSeriesLimitsAndFailures(t *testing.T) {
	t.Parallel()
	svg := ladder().SVG()
	words := wellFormed(t, svg)
	for _, w := range []string{"Before", "After", "sent", "good", "limit 7", "then", "five"} {
		require.Contains(t, words, w)
	}
	require.Equal(t, 3, strings.Count(svg, `class="whisker"`), "one bounded point: a line and two ends")
	require.Equal(t, 2, strings.Count(svg, `class="cross"`), "one point that failed")
	require.Equal(t, 1, strings.Count(svg, "<polyline"), "only one series is joined")
	require.Contains(t, svg, `class="moment"`)
	require.Contains(t, svg, `aria-label="Goodput. by rate"`)
}

func TestChart_NeedsNothingThatAStrictPolicyForbids(t *testing.T) {
	t.Parallel()
	for _, svg := range []string{ladder().SVG(), rows().SVG()} {
		require.NotRegexp(t, `style=|<script|href=|<style|on[a-z]+=`, svg)
	}
}

func TestChart_TextOfRecords_IsEscaped(t *testing.T) {
	t.Parallel()
	c := ladder()
	evil := `"><script>alert(1)</script>&`
	c.Title, c.X.Label, c.Series[0].Name, c.Lines[0].Label, c.Series[0].Points[0].Hint = evil, evil, evil, evil, evil
	svg := c.SVG()
	require.NotContains(t, svg, "<script")
	require.Contains(t, wellFormed(t, svg), evil)
}

func TestChart_NamedPlaces_StandBesideEachOther(t *testing.T) {
	t.Parallel()
	c := plot.Chart{X: plot.Axis{Names: []string{"5%", "25%"}}, Series: []plot.Series{
		{Points: []plot.Point{{X: 0, Y: 1}}}, {Points: []plot.Point{{X: 0, Y: 1}}, Look: 1}}}
	svg := c.SVG()
	require.Contains(t, wellFormed(t, svg), "25%")
	circle := regexp.MustCompile(`cx="([\d.]+)"`).FindStringSubmatch(svg)
	square := regexp.MustCompile(`rect class="mark" x="([\d.]+)"`).FindStringSubmatch(svg)
	require.NotNil(t, circle)
	require.NotNil(t, square)
	a, _ := strconv.ParseFloat(circle[1], 64)
	b, _ := strconv.ParseFloat(square[1], 64)
	require.Greater(t, b-a, 10.0)
}

func rows() plot.Rows {
	return plot.Rows{Title: "TTFT", Axis: plot.Axis{Label: "s"}, Limit: &plot.Line{At: 0.5, Label: "objective"}, Rows: []plot.Row{
		{Label: "Before", Low: 0.3, High: 0.6, Bounded: true, Note: "p95 0.4", Ticks: []plot.Tick{{Value: 0.1, Name: "p50"}, {Value: 0.4, Name: "p95", Main: true}}},
		{Label: "After", Look: 1, Low: 0.2, Bounded: true, OpenEnd: true, Ticks: []plot.Tick{{Value: 0.2, Name: "p50"}, {Value: 0.2001, Name: "p95", Main: true}}},
	}}
}

func TestRows_AnOpenEndReachesTheEdge_AndTheLimitIsDrawnWhereItFits(t *testing.T) {
	t.Parallel()
	svg := rows().SVG()
	words := wellFormed(t, svg)
	require.Subset(t, words, []string{"Before", "After", "objective", "p95 0.4"})
	bands := regexp.MustCompile(`class="band" x1="([\d.]+)" y1="[\d.]+" x2="([\d.]+)"`).FindAllStringSubmatch(svg, -1)
	require.Len(t, bands, 2)
	require.Equal(t, "424.0", bands[1][2], "the right edge of the axis")
	far := rows()
	far.Limit.At = 50
	require.NotContains(t, wellFormed(t, far.SVG()), "objective", "a limit far away would press all values into a corner")
}

func TestRows_OfNamesThatWouldTouch_TheMainOneIsWritten(t *testing.T) {
	t.Parallel()
	r := rows()
	r.Rows = r.Rows[1:]
	words := wellFormed(t, r.SVG())
	require.Contains(t, words, "p95")
	require.NotContains(t, words, "p50")
}

func TestChart_WithNothingToDraw_IsAnEmptyChart(t *testing.T) {
	t.Parallel()
	require.NotContains(t, plot.Chart{}.SVG(), "NaN")
	require.NotContains(t, plot.Rows{}.SVG(), "NaN")
	wellFormed(t, plot.Chart{}.SVG())
}

// Whatever the values are, every coordinate is a number on the canvas.
func TestChart_AnyValues_StayOnTheCanvas(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(` (?:x|y|x1|x2|y1|y2|cx|cy)="([^"]*)"`)
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.Float64Range(0, 1e9)
		var points []plot.Point
		for range rapid.IntRange(0, 6).Draw(t, "points") {
			low := value.Draw(t, "low")
			points = append(points, plot.Point{X: value.Draw(t, "x"), Y: low * 1.5, Low: low, High: low * 2, Bounded: rapid.Bool().Draw(t, "bounded"), Hollow: rapid.Bool().Draw(t, "hollow")})
		}
		c := plot.Chart{Series: []plot.Series{{Name: "a", Look: rapid.IntRange(0, 5).Draw(t, "look"), Joined: true, Points: points}}}
		for _, m := range number.FindAllStringSubmatch(c.SVG(), -1) {
			v, err := strconv.ParseFloat(m[1], 64)
			require.NoError(t, err)
			require.False(t, math.IsNaN(v) || v < -20 || v > 560, "%s", m[0])
		}
	})
}
