package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// rules is a file of alerts.
type rules struct {
	Groups []group `yaml:"groups"`
}

type group struct {
	Name  string `yaml:"name"`
	Rules []rule `yaml:"rules"`
}

type rule struct {
	Alert       string            `yaml:"alert"`
	Expr        string            `yaml:"expr"`
	For         string            `yaml:"for,omitempty"`
	Labels      map[string]string `yaml:"labels,omitempty"`
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// promtool runs Debian's promtool; without it the test is skipped, unless
// PROMETHEUS_REQUIRED is set.
func promtool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	binary, err := exec.LookPath("promtool")
	if err != nil {
		require.Empty(t, os.Getenv("PROMETHEUS_REQUIRED"), "no promtool")
		t.Skip("no promtool (scripts/need prometheus installs it)")
	}
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func TestAlerts_Promtool_AcceptsAndTestsThem(t *testing.T) {
	t.Parallel()
	require.Contains(t, promtool(t, "prometheus", "check", "config", "prometheus.yml"), "is valid prometheus config file syntax")
	require.Contains(t, promtool(t, "prometheus", "test", "rules", "alerts_test.yml"), "SUCCESS")
}

func TestAlerts_Each_HasATestARunbookAndMetricsThatExist(t *testing.T) {
	t.Parallel()
	var file rules
	read(t, "prometheus/alerts.yml", &file)
	tests, err := os.ReadFile("prometheus/alerts_test.yml")
	require.NoError(t, err)
	runbook, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	names := exported(t)
	for _, r := range file.Groups[0].Rules {
		require.Contains(t, []string{"page", "ticket"}, r.Labels["severity"], r.Alert)
		require.Contains(t, string(tests), `alertname="`+r.Alert+`"`, "no test of when it fires")
		require.Contains(t, string(runbook), "### "+r.Alert+"\n", "the runbook says nothing of it")
		require.Equal(t, "docs/runbook.md#"+strings.ToLower(r.Alert), r.Annotations["runbook"])
		require.NotEmpty(t, r.Annotations["summary"], r.Alert)
		onlyExported(t, names, r.Alert, r.Expr)
	}
}

// dashboard is the part of a Grafana dashboard that is checked.
type dashboard struct {
	UID    string `json:"uid"`
	Title  string `json:"title"`
	Panels []struct {
		ID      int    `json:"id"`
		Type    string `json:"type"`
		Title   string `json:"title"`
		GridPos struct{ X, Y, W, H int }
		Targets []struct {
			Expr string `json:"expr"`
		} `json:"targets"`
	} `json:"panels"`
}

func TestDashboards_EveryQuery_ParsesAndNamesMetricsThatExist(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("grafana/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	names := exported(t)
	var all []rule
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		var d dashboard
		require.NoError(t, json.Unmarshal(content, &d), file)
		require.NotEmpty(t, d.UID)
		seen := map[int]bool{}
		for _, p := range d.Panels {
			require.False(t, seen[p.ID], "%s: panel %d twice", file, p.ID)
			seen[p.ID] = true
			require.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, "%s: %s", file, p.Title)
			require.True(t, p.Type == "row" || len(p.Targets) > 0, "%s: %s shows nothing", file, p.Title)
			for _, q := range p.Targets {
				expr := strings.NewReplacer("$__rate_interval", "5m", "$fleet", ".*").Replace(q.Expr)
				require.NotContains(t, expr, "$", "a variable that nobody sets")
				onlyExported(t, names, p.Title, expr)
				all = append(all, rule{Alert: fmt.Sprintf("Panel%d", len(all)), Expr: expr})
			}
		}
	}
	parsed(t, all)
}

// parsed has promtool read the queries, as alerts since it checks nothing else.
func parsed(t *testing.T, all []rule) {
	t.Helper()
	content, err := yaml.Marshal(rules{Groups: []group{{Name: "queries", Rules: all}}})
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "queries.yml"), content, 0o600))
	require.Contains(t, promtool(t, dir, "check", "rules", "queries.yml"), "SUCCESS")
}

var (
	quoted  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	braces  = regexp.MustCompile(`\{[^}]*\}`)
	lists   = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)`)
	spans   = regexp.MustCompile(`\[[^\]]*\]|\boffset\s+\w+`)
	words   = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*(?:\s*\()?`)
	keyword = map[string]bool{"and": true, "or": true, "unless": true, "bool": true}
)

// onlyExported fails on a metric that nothing exports. What is neither in quotes,
// braces or lists of labels, nor followed by a parenthesis, is a metric.
func onlyExported(t *testing.T, names map[string]bool, where, expr string) {
	t.Helper()
	rest := quoted.ReplaceAllString(expr, "")
	for _, drop := range []*regexp.Regexp{braces, lists, spans} {
		rest = drop.ReplaceAllString(rest, " ")
	}
	found := 0
	for _, word := range words.FindAllString(rest, -1) {
		if strings.HasSuffix(word, "(") || keyword[word] {
			continue
		}
		found++
		require.True(t, names[word], "%s asks for %s, which nothing exports", where, word)
	}
	require.NotZero(t, found, expr)
}

func TestOnlyExported_FindsAnInventedName(t *testing.T) {
	t.Parallel()
	names := exported(t)
	require.False(t, names["performance_agent_invented_total"])
	require.False(t, names["temporal_invented_total"])
	require.True(t, names["slo:sli_bad:ratio_rate5m"])
	require.True(t, names["temporal_workflow_failed_total"])
}

func TestMetrics_EachOfOurs_IsDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/metrics.md")
	require.NoError(t, err)
	for _, name := range ownMetrics(t) {
		require.Contains(t, string(page), "`"+name+"`", "docs/metrics.md does not know it")
	}
}

func TestRunbook_EveryOutcome_IsExplained(t *testing.T) {
	t.Parallel()
	runbook, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	outcomes := constants(t, "../internal/serving/verdict.go", "Outcome")
	require.Contains(t, outcomes, "infeasible_slo")
	for _, o := range outcomes {
		require.Contains(t, string(runbook), "### `"+o+"`\n")
	}
}
