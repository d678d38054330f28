package page_test

import (
	"crypto/sha256"
	"encoding/base64"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/page"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestLook_PolicyAllowsExactlyItsOwnStyleAndScript(t *testing.T) {
	t.Parallel()
	l := page.NewLook(".x{}", "go();", false)
	for _, text := range []string{string(l.Style), string(l.Script)} {
		sum := sha256.Sum256([]byte(text))
		require.Contains(t, l.Policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	require.True(t, strings.HasPrefix(l.Policy, "default-src 'none'; "))
	require.NotContains(t, l.Policy, "unsafe")
	require.NotContains(t, l.Policy, "connect-src", "a page that does not connect may not")
	require.Contains(t, page.NewLook("", "", true).Policy, "connect-src 'self'")
	require.NotEqual(t, l.Policy, page.NewLook("", "", false).Policy)
}

func TestWords_OfNumbers(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"0 ms": page.Seconds(0), "4.89 ms": page.Seconds(0.00489), "55.8 ms": page.Seconds(0.0558), "500 ms": page.Seconds(0.5),
		"1.05 s": page.Seconds(1.0549), "1\u202f200 s": page.Seconds(1200),
		"0": page.SecondsTick(0), "20 ms": page.SecondsTick(0.02), "2.5 s": page.SecondsTick(2.5),
		"6.35": page.Rate(6.349), "32.0": page.Rate(32), "3\u202f725": page.Rate(3724.97),
		"0%": page.Percent(0), "5.2%": page.Percent(0.052), "69%": page.Percent(0.688), "0.01%": page.Percent(0.0001),
		"-1\u202f234\u202f567": page.Count(-1234567),
		"9.5 s":                page.Span(9.5), "37 s": page.Span(37), "5 min 47 s": page.Span(347), "2 h": page.Span(7200), "3 d 1 h": page.Span(3*86400 + 3600),
		page.Absent:   page.Measured(serving.Unknown(), page.Rate),
		"rolled back": page.Words("rolled_back"),
	} {
		require.Equal(t, want, strings.ReplaceAll(got, "\u00a0", " "))
	}
	require.Equal(t, page.Absent, page.Span(-1))
	at := time.Date(2026, 11, 24, 14, 15, 0, 0, time.FixedZone("x", 3600))
	require.Equal(t, "24 Nov 2026, 13:15:00 UTC", page.Clock(at))
	require.Equal(t, "2026-11-24T13:15:00Z", page.ISO(at))
}

// contrast is the ratio of WCAG 2 for two colours written #rgb or #rrggbb.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		require.NoError(t, err, colour)
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

// Text must stand out from what it is written on, in the light, in the dark and
// on paper: 4.5 by WCAG AA.
func TestStyle_Contrast_IsAAInEveryScheme(t *testing.T) {
	t.Parallel()
	style := string(page.NewLook("", "", false).Style)
	blocks := regexp.MustCompile(`:root\{[^}]*\}`).FindAllString(style, -1)
	require.Len(t, blocks, 3, "light, dark and paper")
	variable := regexp.MustCompile(`--([a-z0-9-]+):(#[0-9a-f]+)`)
	light := map[string]string{}
	for _, block := range blocks {
		colours := map[string]string{}
		for k, v := range light {
			colours[k] = v
		}
		for _, m := range variable.FindAllStringSubmatch(block, -1) {
			colours[m[1]] = m[2]
		}
		if len(light) == 0 {
			light = colours
		}
		for _, pair := range [][2]string{{"ink", "paper"}, {"ink", "sheet"}, {"muted", "sheet"}, {"muted", "paper"}, {"accent", "sheet"}, {"accent", "paper"},
			{"accent-ink", "accent"}, {"good", "good-wash"}, {"warn", "warn-wash"}, {"bad", "bad-wash"}, {"ink", "warn-wash"}, {"ink", "bad-wash"}, {"ink", "calm-wash"}, {"bad", "sheet"}} {
			require.GreaterOrEqual(t, contrast(t, colours[pair[0]], colours[pair[1]]), 4.5, "%v in %s", pair, block[:40])
		}
		for _, mark := range []string{"series-0", "series-1", "series-2", "series-3"} {
			require.GreaterOrEqual(t, contrast(t, colours[mark], colours["sheet"]), 3.0, "%s: a mark in a chart", mark)
		}
	}
}
