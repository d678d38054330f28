package quality_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/quality"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestParseGolden_LinesBecomeItems(t *testing.T) {
	t.Parallel()
	set, err := quality.ParseGolden("{\"prompt\":\"2+2?\",\"pattern\":\"\\\\b4\\\\b\"}\n\n{\"id\":\"cap\",\"prompt\":\"Capital of France?\",\"expected\":\"Paris\",\"max_tokens\":8}\n")
	require.NoError(t, err)
	require.Equal(t, []serving.QualityItem{{ID: "line-1", Prompt: "2+2?", Pattern: `\b4\b`},
		{ID: "cap", Prompt: "Capital of France?", Expected: "Paris", MaxTokens: 8}}, set.Items)
	require.Regexp(t, `^sha256:[0-9a-f]{32}$`, set.ID)
	again, err := quality.ParseGolden(`{"prompt":"other"}`)
	require.NoError(t, err)
	require.NotEqual(t, set.ID, again.ID)
	require.Len(t, quality.Pick(set.Items, 1), 1)
	require.Len(t, quality.Pick(set.Items, 9), 2)
}

func TestParseGolden_MistakesAreNamedByLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                                       "no prompt",
		"{\"prompt\":":                           "line 1: not a prompt",
		"{\"prompt\":\"a\"}\n{\"prompt\":\" \"}": "line 2: prompt: must not be empty",
		`{"prompt":"a","expcted":"b"}`:           `unknown field "expcted"`,
		`{"prompt":"a","expected":"b","pattern":"c"}`:                      "not both",
		`{"prompt":"a","pattern":"("}`:                                     "line 1: pattern",
		`{"prompt":"a","max_tokens":9999}`:                                 "max_tokens",
		"{\"id\":\"x\",\"prompt\":\"a\"}\n{\"id\":\"x\",\"prompt\":\"b\"}": `"x" is given twice`,
		`{"prompt":"` + strings.Repeat("a", 17<<10) + `"}`:                 "bytes are more than",
		strings.Repeat("x", quality.MostGoldenBytes+1):                     "bytes are more than",
		strings.Repeat("{\"prompt\":\"a\"}\n", quality.MostPrompts+1):      "5001 prompts are more than 5000",
	} {
		_, err := quality.ParseGolden(in)
		require.ErrorContains(t, err, want)
	}
}

// The right answer of each built-in prompt must match its own pattern and not
// that of the next prompt of its kind, or a gate would be blind.
func TestBuiltIn_PatternsTellRightFromWrong(t *testing.T) {
	t.Parallel()
	items := quality.BuiltIn(600)
	require.Equal(t, items[:10], quality.BuiltIn(10), "the series is fixed")
	prompts, told := map[string]bool{}, 0
	for i, item := range items {
		require.NotEmpty(t, item.ID)
		prompts[item.Prompt] = true
		pattern, err := regexp.Compile(item.Pattern)
		require.NoError(t, err, item.Pattern)
		right := strings.NewReplacer(`\b`, "", "(?i)", "", "^[^0-9]*", "").Replace(item.Pattern)
		require.True(t, pattern.MatchString("The answer is "+right+"."), "%s: %s", item.Prompt, right)
		other := strings.NewReplacer(`\b`, "", "(?i)", "", "^[^0-9]*", "").Replace(items[(i+6)%len(items)].Pattern)
		if other != right && !pattern.MatchString(other) {
			told++
		}
	}
	require.Greater(t, told, 560)
	require.Greater(t, len(prompts), 550, "few prompts are asked twice")
}

// Some right answers, worked out by hand.
func TestBuiltIn_FirstQuestions(t *testing.T) {
	t.Parallel()
	for _, item := range quality.BuiltIn(6) {
		require.Regexp(t, map[string]string{"builtin-1": `^What is \d+ \+ \d+`, "builtin-2": `times`, "builtin-3": `larger`,
			"builtin-4": `series`, "builtin-5": `letter number 1 of the word "harbor"`, "builtin-6": `Repeat this code`}[item.ID], item.Prompt)
	}
	require.Equal(t, `(?i)\bh\b`, quality.BuiltIn(5)[4].Pattern)
}
