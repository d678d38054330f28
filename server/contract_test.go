package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/store/pgtest"
)

// exchange is how one operation is driven: with which {id} (a name in the
// contractor's book, or an ID that was seeded), and under which name the ID in the
// answer is kept.
type exchange struct{ operation, id, keep string }

// conversation drives every operation once, in an order in which each finds what
// it needs: the fleet first and its deletion last, a run's cancellation after its
// other commands, a rollout after the run has ended.
func conversation() []exchange {
	return []exchange{
		{operation: "health"}, {operation: "health-live"}, {operation: "health-ready"}, {operation: "health-detailed"},
		{operation: "version"}, {operation: "prometheus-metrics"}, {operation: "openapi"}, {operation: "docs"},
		{operation: "list-engines"}, {operation: "get-engine"}, {operation: "list-parameters"}, {operation: "validate-config"},
		{operation: "normalize-metrics"}, {operation: "preview-analysis"},
		{operation: "create-fleet"}, {operation: "list-fleets"}, {operation: "get-fleet"}, {operation: "update-fleet"},
		{operation: "get-fleet-config"}, {operation: "get-fleet-traffic"}, {operation: "probe-fleet"},
		{operation: "collect-metrics"}, {operation: "get-fleet-workload"}, {operation: "latest-metrics"}, {operation: "latency-metrics"},
		{operation: "throughput-metrics"}, {operation: "cache-metrics"}, {operation: "gpu-metrics"}, {operation: "metrics-history"},
		{operation: "metrics-trends"}, {operation: "metrics-compare"},
		{operation: "create-analysis", keep: "analysis"}, {operation: "list-analyses"}, {operation: "get-analysis", id: "analysis"},
		{operation: "recommend-all"}, {operation: "recommend-kv-cache"}, {operation: "recommend-quantization"}, {operation: "recommend-batching"},
		{operation: "recommend-parallelism"}, {operation: "list-recommendations"}, {operation: "get-recommendation", id: seededRecommendation},
		{operation: "accept-recommendation", id: seededRecommendation}, {operation: "dismiss-recommendation", id: otherRecommendation},
		{operation: "create-slo"}, {operation: "list-slos"}, {operation: "get-slo"}, {operation: "update-slo"}, {operation: "slo-status"},
		{operation: "export-slos", keep: "openslo"}, {operation: "import-slos"}, {operation: "prometheus-rules"}, {operation: "delete-slo"},
		{operation: "receive-alerts"}, {operation: "list-violations"}, {operation: "get-violation", id: seededViolation},
		{operation: "acknowledge-violation", id: seededViolation}, {operation: "resolve-violation", id: seededViolation},
		{operation: "start-monitor"}, {operation: "stop-monitor"},
		{operation: "start-loadtest", keep: "loadtest"}, {operation: "list-loadtests"}, {operation: "get-loadtest", id: "loadtest"},
		{operation: "get-loadtest-results", id: seededLoadTest}, {operation: "cancel-loadtest", id: "loadtest"},
		{operation: "create-comparison", keep: "comparison"}, {operation: "list-comparisons"}, {operation: "get-comparison", id: "comparison"},
		{operation: "start-validation"}, {operation: "list-validations"},
		{operation: "start-run", keep: "run"}, {operation: "list-runs"}, {operation: "get-run", id: "run"},
		{operation: "approve-run", id: "run"}, {operation: "reject-run", id: "run"}, {operation: "pause-run", id: "run"},
		{operation: "resume-run", id: "run"}, {operation: "rollback-run", id: "run"}, {operation: "cancel-run", id: "run"},
		{operation: "list-trials", id: seededRun}, {operation: "run-events", id: seededRun},
		{operation: "run-report", id: seededRun}, {operation: "run-report-json", id: seededRun},
		{operation: "create-schedule", keep: "schedule"}, {operation: "list-schedules"}, {operation: "get-schedule", id: "schedule"},
		{operation: "update-schedule", id: "schedule"}, {operation: "delete-schedule", id: "schedule"},
		{operation: "start-rollout", keep: "rollout"}, {operation: "list-rollouts"}, {operation: "get-rollout", id: "rollout"},
		{operation: "list-stages", id: seededRollout}, {operation: "get-slots"},
		{operation: "approve-rollout", id: "rollout"}, {operation: "reject-rollout", id: "rollout"}, {operation: "promote-rollout", id: "rollout"},
		{operation: "pause-rollout", id: "rollout"}, {operation: "resume-rollout", id: "rollout"}, {operation: "rollback-rollout", id: "rollout"},
		{operation: "start-wave", keep: "wave"}, {operation: "get-wave", id: "wave"}, {operation: "cancel-wave", id: "wave"},
		{operation: "create-key", keep: "key"}, {operation: "list-keys"}, {operation: "revoke-key", id: "key"},
		{operation: "sign-in"}, {operation: "get-session"}, {operation: "sign-out"},
		{operation: "get-overview"}, {operation: "changes"},
		{operation: "decode-payloads"}, {operation: "encode-payloads"},
		{operation: "get-orchestrator"}, {operation: "register-with-orchestrator"},
		{operation: "create-insight"}, {operation: "list-insights"}, {operation: "get-recommendation-sources"},
		{operation: "list-audit"}, {operation: "delete-fleet"},
		// Answered with what is wrong, as the protocol wants: a run would hold the fleet.
		{operation: "task"},
	}
}

// leastOperations is what the contract promises to have at least.
const leastOperations = 80

// The document is the contract: every operation in it is sent its example, and
// what a running server answers (status, headers, body) is held to the document.
// So are the answers to what is not there, malformed or unknown. A new operation
// without an entry in the conversation fails.
func TestContract_EveryOperationAnswersAsDocumented(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Temporal's dev server")
	}
	temporal := contractTemporal(t)
	t.Run("sqlite", func(t *testing.T) {
		driveContract(t, "sqlite:"+filepath.Join(t.TempDir(), "agent.db"), temporal, "sqlite")
	})
	t.Run("postgres", func(t *testing.T) {
		cluster, err := pgtest.Start()
		pgtest.Skip(t, err)
		t.Cleanup(func() { require.NoError(t, cluster.Stop()) })
		driveContract(t, cluster.Database(t, ""), temporal, "postgres")
	})
}

func driveContract(t *testing.T, database, temporal, namespace string) {
	c := newContractor(t, database, temporal, namespace)
	talk := conversation()
	var have, driven []string
	for id := range c.operations {
		have = append(have, id)
	}
	for _, e := range talk {
		driven = append(driven, e.operation)
	}
	slices.Sort(have)
	slices.Sort(driven)
	require.Equal(t, have, driven, "each operation of the document has exactly one entry in the conversation")
	require.GreaterOrEqual(t, len(have), leastOperations)
	for _, e := range talk {
		c.drive(e)
		c.requireAudited(e.operation)
		c.driveOrders(e)
		c.driveWrong(e)
		c.requireNothingAudited(e.operation)
	}
	t.Logf("%s: %d operations driven, %d exchanges held to the document", namespace, len(talk), c.exchanges)
	if os.Getenv("CONTRACT_RECORD") != "" {
		c.record(filepath.Join("api", "examples", "responses.json"))
	}
}

func TestContract_DocumentIsValidWithItsExamples(t *testing.T) {
	t.Parallel()
	s, _ := newServer(t)
	doc := readContract(t, s)
	require.NoError(t, doc.Validate(context.Background(), withExamples()...))
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || strings.HasPrefix(path, "/health") {
				continue
			}
			for kind, media := range op.RequestBody.Value.Content {
				if kind == "application/json" {
					require.NotNil(t, media.Example, "%s %s has no example of its body", method, path)
				}
			}
		}
	}
}
