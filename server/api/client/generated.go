// Code generated from the API's contract by github.com/oapi-codegen/oapi-codegen/v2 v2.8.2 (make client). DO NOT EDIT.

package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Defines values for AlertStatus.
const (
	AlertStatusFiring   AlertStatus = "firing"
	AlertStatusResolved AlertStatus = "resolved"
)

// Defines values for HealthStatus.
const (
	HealthStatusOk          HealthStatus = "ok"
	HealthStatusUnavailable HealthStatus = "unavailable"
)

// Defines values for KeyInputRole.
const (
	KeyInputRoleAdmin    KeyInputRole = "admin"
	KeyInputRoleOperator KeyInputRole = "operator"
	KeyInputRoleViewer   KeyInputRole = "viewer"
)

// Defines values for OccurrenceViewState.
const (
	OccurrenceViewStateSkipped OccurrenceViewState = "skipped"
	OccurrenceViewStateStarted OccurrenceViewState = "started"
)

// Defines values for OverviewActivityKind.
const (
	OverviewActivityKindRollout OverviewActivityKind = "rollout"
	OverviewActivityKindRun     OverviewActivityKind = "run"
)

// Defines values for OverviewBudgetState.
const (
	OverviewBudgetStateBurning OverviewBudgetState = "burning"
	OverviewBudgetStateKept    OverviewBudgetState = "kept"
	OverviewBudgetStateNoData  OverviewBudgetState = "no-data"
	OverviewBudgetStateSpent   OverviewBudgetState = "spent"
)

// Defines values for OverviewStageState.
const (
	OverviewStageStateAhead   OverviewStageState = "ahead"
	OverviewStageStateDone    OverviewStageState = "done"
	OverviewStageStateRunning OverviewStageState = "running"
)

// Defines values for SLOReportSource.
const (
	SLOReportSourceEngine SLOReportSource = "engine"
	SLOReportSourceNone   SLOReportSource = "none"
	SLOReportSourceRouter SLOReportSource = "router"
)

// Defines values for ScheduleInputOverlap.
const (
	ScheduleInputOverlapSkip ScheduleInputOverlap = "skip"
)

// Defines values for TaskAnswerStatus.
const (
	TaskAnswerStatusCompleted TaskAnswerStatus = "completed"
	TaskAnswerStatusFailed    TaskAnswerStatus = "failed"
)

// Defines values for WorkloadViewSource.
const (
	WorkloadViewSourceGiven    WorkloadViewSource = "given"
	WorkloadViewSourceObserved WorkloadViewSource = "observed"
)

// Defines values for ListAuditParamsSort.
const (
	ListAuditParamsSortActor       ListAuditParamsSort = "actor"
	ListAuditParamsSortAt          ListAuditParamsSort = "at"
	ListAuditParamsSortMinusActor  ListAuditParamsSort = "-actor"
	ListAuditParamsSortMinusAt     ListAuditParamsSort = "-at"
	ListAuditParamsSortMinusTarget ListAuditParamsSort = "-target"
	ListAuditParamsSortTarget      ListAuditParamsSort = "target"
)

// Defines values for ListComparisonsParamsSort.
const (
	ListComparisonsParamsSortCreatedAt      ListComparisonsParamsSort = "created_at"
	ListComparisonsParamsSortFleet          ListComparisonsParamsSort = "fleet"
	ListComparisonsParamsSortMinusCreatedAt ListComparisonsParamsSort = "-created_at"
	ListComparisonsParamsSortMinusFleet     ListComparisonsParamsSort = "-fleet"
)

// Defines values for ListFleetsParamsSort.
const (
	ListFleetsParamsSortCreatedAt      ListFleetsParamsSort = "created_at"
	ListFleetsParamsSortMinusCreatedAt ListFleetsParamsSort = "-created_at"
	ListFleetsParamsSortMinusName      ListFleetsParamsSort = "-name"
	ListFleetsParamsSortName           ListFleetsParamsSort = "name"
)

// Defines values for ListAnalysesParamsSort.
const (
	ListAnalysesParamsSortCreatedAt      ListAnalysesParamsSort = "created_at"
	ListAnalysesParamsSortMinusCreatedAt ListAnalysesParamsSort = "-created_at"
)

// Defines values for ListInsightsParamsSort.
const (
	ListInsightsParamsSortCreatedAt      ListInsightsParamsSort = "created_at"
	ListInsightsParamsSortMinusCreatedAt ListInsightsParamsSort = "-created_at"
)

// Defines values for MetricsCompareParamsVariant.
const (
	MetricsCompareParamsVariantBaseline MetricsCompareParamsVariant = "baseline"
	MetricsCompareParamsVariantCanary   MetricsCompareParamsVariant = "canary"
	MetricsCompareParamsVariantStable   MetricsCompareParamsVariant = "stable"
	MetricsCompareParamsVariantStaging  MetricsCompareParamsVariant = "staging"
)

// Defines values for MetricsCompareParamsResolution.
const (
	MetricsCompareParamsResolutionAuto MetricsCompareParamsResolution = "auto"
	MetricsCompareParamsResolutionN1H  MetricsCompareParamsResolution = "1h"
	MetricsCompareParamsResolutionN1M  MetricsCompareParamsResolution = "1m"
	MetricsCompareParamsResolutionRaw  MetricsCompareParamsResolution = "raw"
)

// Defines values for MetricsHistoryParamsVariant.
const (
	MetricsHistoryParamsVariantBaseline MetricsHistoryParamsVariant = "baseline"
	MetricsHistoryParamsVariantCanary   MetricsHistoryParamsVariant = "canary"
	MetricsHistoryParamsVariantStable   MetricsHistoryParamsVariant = "stable"
	MetricsHistoryParamsVariantStaging  MetricsHistoryParamsVariant = "staging"
)

// Defines values for MetricsHistoryParamsResolution.
const (
	MetricsHistoryParamsResolutionAuto MetricsHistoryParamsResolution = "auto"
	MetricsHistoryParamsResolutionN1H  MetricsHistoryParamsResolution = "1h"
	MetricsHistoryParamsResolutionN1M  MetricsHistoryParamsResolution = "1m"
	MetricsHistoryParamsResolutionRaw  MetricsHistoryParamsResolution = "raw"
)

// Defines values for MetricsTrendsParamsVariant.
const (
	MetricsTrendsParamsVariantBaseline MetricsTrendsParamsVariant = "baseline"
	MetricsTrendsParamsVariantCanary   MetricsTrendsParamsVariant = "canary"
	MetricsTrendsParamsVariantStable   MetricsTrendsParamsVariant = "stable"
	MetricsTrendsParamsVariantStaging  MetricsTrendsParamsVariant = "staging"
)

// Defines values for MetricsTrendsParamsResolution.
const (
	MetricsTrendsParamsResolutionAuto MetricsTrendsParamsResolution = "auto"
	MetricsTrendsParamsResolutionN1H  MetricsTrendsParamsResolution = "1h"
	MetricsTrendsParamsResolutionN1M  MetricsTrendsParamsResolution = "1m"
	MetricsTrendsParamsResolutionRaw  MetricsTrendsParamsResolution = "raw"
)

// Defines values for ListRecommendationsParamsSort.
const (
	ListRecommendationsParamsSortCreatedAt      ListRecommendationsParamsSort = "created_at"
	ListRecommendationsParamsSortMinusCreatedAt ListRecommendationsParamsSort = "-created_at"
)

// Defines values for ListRecommendationsParamsStatus.
const (
	ListRecommendationsParamsStatusAccepted  ListRecommendationsParamsStatus = "accepted"
	ListRecommendationsParamsStatusDismissed ListRecommendationsParamsStatus = "dismissed"
	ListRecommendationsParamsStatusOpen      ListRecommendationsParamsStatus = "open"
)

// Defines values for ListSchedulesParamsSort.
const (
	ListSchedulesParamsSortCreatedAt      ListSchedulesParamsSort = "created_at"
	ListSchedulesParamsSortMinusCreatedAt ListSchedulesParamsSort = "-created_at"
	ListSchedulesParamsSortMinusName      ListSchedulesParamsSort = "-name"
	ListSchedulesParamsSortName           ListSchedulesParamsSort = "name"
)

// Defines values for ListValidationsParamsSort.
const (
	ListValidationsParamsSortMinusStartedAt ListValidationsParamsSort = "-started_at"
	ListValidationsParamsSortStartedAt      ListValidationsParamsSort = "started_at"
)

// Defines values for ListKeysParamsSort.
const (
	ListKeysParamsSortCreatedAt      ListKeysParamsSort = "created_at"
	ListKeysParamsSortMinusCreatedAt ListKeysParamsSort = "-created_at"
	ListKeysParamsSortMinusName      ListKeysParamsSort = "-name"
	ListKeysParamsSortName           ListKeysParamsSort = "name"
)

// Defines values for ListLoadtestsParamsSort.
const (
	ListLoadtestsParamsSortFleet          ListLoadtestsParamsSort = "fleet"
	ListLoadtestsParamsSortMinusFleet     ListLoadtestsParamsSort = "-fleet"
	ListLoadtestsParamsSortMinusStartedAt ListLoadtestsParamsSort = "-started_at"
	ListLoadtestsParamsSortStartedAt      ListLoadtestsParamsSort = "started_at"
)

// Defines values for ListRolloutsParamsSort.
const (
	ListRolloutsParamsSortFleet          ListRolloutsParamsSort = "fleet"
	ListRolloutsParamsSortMinusFleet     ListRolloutsParamsSort = "-fleet"
	ListRolloutsParamsSortMinusStartedAt ListRolloutsParamsSort = "-started_at"
	ListRolloutsParamsSortStartedAt      ListRolloutsParamsSort = "started_at"
)

// Defines values for ListRolloutsParamsOutcome.
const (
	ListRolloutsParamsOutcomeAdvised       ListRolloutsParamsOutcome = "advised"
	ListRolloutsParamsOutcomeCanceled      ListRolloutsParamsOutcome = "canceled"
	ListRolloutsParamsOutcomeFailed        ListRolloutsParamsOutcome = "failed"
	ListRolloutsParamsOutcomeInfeasibleSlo ListRolloutsParamsOutcome = "infeasible_slo"
	ListRolloutsParamsOutcomeNoImprovement ListRolloutsParamsOutcome = "no_improvement"
	ListRolloutsParamsOutcomePromoted      ListRolloutsParamsOutcome = "promoted"
	ListRolloutsParamsOutcomeRefused       ListRolloutsParamsOutcome = "refused"
	ListRolloutsParamsOutcomeRejected      ListRolloutsParamsOutcome = "rejected"
	ListRolloutsParamsOutcomeRolledBack    ListRolloutsParamsOutcome = "rolled_back"
)

// Defines values for ListRolloutsParamsOpen.
const (
	ListRolloutsParamsOpenFalse ListRolloutsParamsOpen = "false"
	ListRolloutsParamsOpenTrue  ListRolloutsParamsOpen = "true"
)

// Defines values for ListRunsParamsSort.
const (
	ListRunsParamsSortFleet          ListRunsParamsSort = "fleet"
	ListRunsParamsSortMinusFleet     ListRunsParamsSort = "-fleet"
	ListRunsParamsSortMinusStartedAt ListRunsParamsSort = "-started_at"
	ListRunsParamsSortStartedAt      ListRunsParamsSort = "started_at"
)

// Defines values for ListRunsParamsOutcome.
const (
	ListRunsParamsOutcomeAdvised       ListRunsParamsOutcome = "advised"
	ListRunsParamsOutcomeCanceled      ListRunsParamsOutcome = "canceled"
	ListRunsParamsOutcomeFailed        ListRunsParamsOutcome = "failed"
	ListRunsParamsOutcomeInfeasibleSlo ListRunsParamsOutcome = "infeasible_slo"
	ListRunsParamsOutcomeNoImprovement ListRunsParamsOutcome = "no_improvement"
	ListRunsParamsOutcomePromoted      ListRunsParamsOutcome = "promoted"
	ListRunsParamsOutcomeRefused       ListRunsParamsOutcome = "refused"
	ListRunsParamsOutcomeRejected      ListRunsParamsOutcome = "rejected"
	ListRunsParamsOutcomeRolledBack    ListRunsParamsOutcome = "rolled_back"
)

// Defines values for ListRunsParamsOpen.
const (
	ListRunsParamsOpenFalse ListRunsParamsOpen = "false"
	ListRunsParamsOpenTrue  ListRunsParamsOpen = "true"
)

// Defines values for ListViolationsParamsSort.
const (
	ListViolationsParamsSortFleet         ListViolationsParamsSort = "fleet"
	ListViolationsParamsSortMinusFleet    ListViolationsParamsSort = "-fleet"
	ListViolationsParamsSortMinusOpenedAt ListViolationsParamsSort = "-opened_at"
	ListViolationsParamsSortOpenedAt      ListViolationsParamsSort = "opened_at"
)

// Defines values for ListViolationsParamsOpen.
const (
	ListViolationsParamsOpenFalse ListViolationsParamsOpen = "false"
	ListViolationsParamsOpenTrue  ListViolationsParamsOpen = "true"
)

// Defines values for ListViolationsParamsState.
const (
	ListViolationsParamsStateAcknowledged ListViolationsParamsState = "acknowledged"
	ListViolationsParamsStateOpen         ListViolationsParamsState = "open"
	ListViolationsParamsStateResolved     ListViolationsParamsState = "resolved"
)

// Defines values for ListViolationsParamsSeverity.
const (
	ListViolationsParamsSeverityPage   ListViolationsParamsSeverity = "page"
	ListViolationsParamsSeverityTicket ListViolationsParamsSeverity = "ticket"
)

// ABPlan defines model for ABPlan.
type ABPlan struct {
	Header  string  `json:"header,omitempty,omitzero"`
	Percent int64   `json:"percent,omitempty,omitzero"`
	Seconds float64 `json:"seconds,omitempty,omitzero"`
	Value   string  `json:"value,omitempty,omitzero"`
	Winner  string  `json:"winner,omitempty,omitzero"`
}

// APIKey defines model for APIKey.
type APIKey struct {
	CreatedAt  time.Time `json:"created_at,omitempty,omitzero"`
	CreatedBy  string    `json:"created_by,omitempty,omitzero"`
	ExpiresAt  time.Time `json:"expires_at,omitempty,omitzero"`
	Fleets     []string  `json:"fleets,omitempty,omitzero"`
	ID         string    `json:"id,omitempty,omitzero"`
	LastUsedAt time.Time `json:"last_used_at,omitempty,omitzero"`
	Name       string    `json:"name,omitempty,omitzero"`
	Prefix     string    `json:"prefix,omitempty,omitzero"`
	RevokedAt  time.Time `json:"revoked_at,omitempty,omitzero"`
	RevokedBy  string    `json:"revoked_by,omitempty,omitzero"`
	Role       string    `json:"role,omitempty,omitzero"`
}

// AdapterRef defines model for AdapterRef.
type AdapterRef struct {
	Address string `json:"address,omitempty,omitzero"`
	Kind    string `json:"kind,omitempty,omitzero"`
	Secret  string `json:"secret,omitempty,omitzero"`
}

// Advice defines model for Advice.
type Advice struct {
	Change   string `json:"change,omitempty,omitzero"`
	Gates    []Gate `json:"gates,omitempty,omitzero"`
	PeakGpus int64  `json:"peak_gpus,omitempty,omitzero"`

	// Seconds null when it was not measured
	Seconds  *float64      `json:"seconds,omitempty"`
	Stages   []AdviceStage `json:"stages,omitempty,omitzero"`
	Strategy string        `json:"strategy,omitempty,omitzero"`
	Text     string        `json:"text,omitempty,omitzero"`
}

// AdviceStage defines model for AdviceStage.
type AdviceStage struct {
	ComparedWith   string  `json:"compared_with,omitempty,omitzero"`
	LeastSeconds   float64 `json:"least_seconds,omitempty,omitzero"`
	Replicas       int64   `json:"replicas,omitempty,omitzero"`
	RequestsNeeded int64   `json:"requests_needed,omitempty,omitzero"`

	// SampleSeconds null when it was not measured
	SampleSeconds *float64 `json:"sample_seconds,omitempty"`
	Seconds       float64  `json:"seconds,omitempty,omitzero"`
	ToSeeErrors   int64    `json:"to_see_errors,omitempty,omitzero"`
	ToSeeTail     int64    `json:"to_see_tail,omitempty,omitzero"`
	Weight        int64    `json:"weight,omitempty,omitzero"`
}

// AdvisorUsage defines model for AdvisorUsage.
type AdvisorUsage struct {
	Attempts         int64   `json:"attempts,omitempty,omitzero"`
	Cached           bool    `json:"cached,omitempty,omitzero"`
	CompletionTokens int64   `json:"completion_tokens,omitempty,omitzero"`
	PromptTokens     int64   `json:"prompt_tokens,omitempty,omitzero"`
	Seconds          float64 `json:"seconds,omitempty,omitzero"`
}

// Alert defines model for Alert.
type Alert struct {
	Annotations map[string]string `json:"annotations,omitempty,omitzero"`
	EndsAt      time.Time         `json:"endsAt,omitempty,omitzero"`
	Fingerprint string            `json:"fingerprint,omitempty,omitzero"`
	Labels      map[string]string `json:"labels"`
	StartsAt    time.Time         `json:"startsAt,omitempty,omitzero"`
	Status      AlertStatus       `json:"status"`
}

// AlertStatus defines model for Alert.Status.
type AlertStatus string

// AlertGroup defines model for AlertGroup.
type AlertGroup struct {
	Alerts  []Alert `json:"alerts"`
	Status  string  `json:"status,omitempty,omitzero"`
	Version string  `json:"version,omitempty,omitzero"`
}

// AlertsTaken defines model for AlertsTaken.
type AlertsTaken struct {
	Opened   int64 `json:"opened,omitempty,omitzero"`
	Repeated int64 `json:"repeated,omitempty,omitzero"`
	Resolved int64 `json:"resolved,omitempty,omitzero"`

	// Unknown Without a label fleet, or with that of none.
	Unknown int64 `json:"unknown,omitempty,omitzero"`
}

// AnalyseInput defines model for AnalyseInput.
type AnalyseInput struct {
	// Collect Measure now, even if there is a measurement.
	Collect bool `json:"collect,omitempty,omitzero"`

	// WindowSeconds Of a new measurement.
	WindowSeconds float64 `json:"window_seconds,omitempty,omitzero"`
}

// AnalysisRecord defines model for AnalysisRecord.
type AnalysisRecord struct {
	Bottlenecks     []Bottleneck     `json:"bottlenecks,omitempty,omitzero"`
	CreatedAt       time.Time        `json:"created_at,omitempty,omitzero"`
	Fleet           string           `json:"fleet,omitempty,omitzero"`
	ID              string           `json:"id,omitempty,omitzero"`
	Recommendations []Recommendation `json:"recommendations,omitempty,omitzero"`
	Snapshot        *Snapshot        `json:"snapshot,omitempty"`
}

// ArmSummary defines model for ArmSummary.
type ArmSummary struct {
	E2E *LatencySummary `json:"e2e,omitempty"`

	// EngineRequests null when it was not measured
	EngineRequests *float64        `json:"engine_requests,omitempty"`
	Failed         int64           `json:"failed,omitempty,omitzero"`
	ITL            *LatencySummary `json:"itl,omitempty"`
	Replicas       int64           `json:"replicas,omitempty,omitzero"`
	Requests       int64           `json:"requests,omitempty,omitzero"`
	TTFT           *LatencySummary `json:"ttft,omitempty"`
	Variant        string          `json:"variant,omitempty,omitzero"`
	WindowSeconds  float64         `json:"window_seconds,omitempty,omitzero"`
}

// Attainment defines model for Attainment.
type Attainment struct {
	Allowed  float64 `json:"allowed,omitempty,omitzero"`
	High     float64 `json:"high,omitempty,omitzero"`
	Low      float64 `json:"low,omitempty,omitzero"`
	Missed   int64   `json:"missed,omitempty,omitzero"`
	Name     string  `json:"name,omitempty,omitzero"`
	Requests int64   `json:"requests,omitempty,omitzero"`
}

// AuditRecord defines model for AuditRecord.
type AuditRecord struct {
	Action    string      `json:"action,omitempty,omitzero"`
	Actor     string      `json:"actor,omitempty,omitzero"`
	After     interface{} `json:"after,omitempty,omitzero"`
	At        time.Time   `json:"at,omitempty,omitzero"`
	Before    interface{} `json:"before,omitempty,omitzero"`
	ID        int64       `json:"id,omitempty,omitzero"`
	Key       string      `json:"key,omitempty,omitzero"`
	RequestID string      `json:"request_id,omitempty,omitzero"`
	Target    string      `json:"target,omitempty,omitzero"`
}

// Backend defines model for Backend.
type Backend struct {
	Endpoints []string `json:"endpoints,omitempty,omitzero"`
	InFlight  int64    `json:"in_flight,omitempty,omitzero"`
	Variant   string   `json:"variant,omitempty,omitzero"`
}

// Bottleneck defines model for Bottleneck.
type Bottleneck struct {
	Confidence float64    `json:"confidence,omitempty,omitzero"`
	Evidence   []Evidence `json:"evidence,omitempty,omitzero"`
	Families   []string   `json:"families,omitempty,omitzero"`
	Kind       string     `json:"kind,omitempty,omitzero"`
	Severity   string     `json:"severity,omitempty,omitzero"`
	Summary    string     `json:"summary,omitempty,omitzero"`
}

// Cache defines model for Cache.
type Cache struct {
	// KVCapacityTokens null when it was not measured
	KVCapacityTokens *float64 `json:"kv_capacity_tokens,omitempty"`

	// KVUsage Mean over the window, 0..1.
	KVUsage *float64 `json:"kv_usage,omitempty"`

	// KVUsageMax null when it was not measured
	KVUsageMax *float64 `json:"kv_usage_max,omitempty"`

	// Preemptions null when it was not measured
	Preemptions *float64 `json:"preemptions,omitempty"`

	// PreemptionsPerSecond null when it was not measured
	PreemptionsPerSecond *float64 `json:"preemptions_per_second,omitempty"`

	// PrefixHitRate Share of looked-up prompt tokens that were cached, 0..1.
	PrefixHitRate *float64 `json:"prefix_hit_rate,omitempty"`

	// PrefixHitTokens null when it was not measured
	PrefixHitTokens *float64 `json:"prefix_hit_tokens,omitempty"`

	// PrefixQueryTokens null when it was not measured
	PrefixQueryTokens *float64 `json:"prefix_query_tokens,omitempty"`
}

// Candidate defines model for Candidate.
type Candidate struct {
	Config          *EngineConfig `json:"config,omitempty"`
	Name            string        `json:"name,omitempty,omitzero"`
	Predicted       *Effect       `json:"predicted,omitempty"`
	Recommendations []string      `json:"recommendations,omitempty,omitzero"`
	Risk            string        `json:"risk,omitempty,omitzero"`
	Sources         []string      `json:"sources,omitempty,omitzero"`
}

// Change defines model for Change.
type Change struct {
	// Version A name for what the overview shows; equal while nothing changes.
	Version string `json:"version,omitempty,omitzero"`
}

// CheckResult defines model for CheckResult.
type CheckResult struct {
	Error   string  `json:"error,omitempty,omitzero"`
	Name    string  `json:"name,omitempty,omitzero"`
	Ok      bool    `json:"ok,omitempty,omitzero"`
	Seconds float64 `json:"seconds,omitempty,omitzero"`
}

// ColdStart defines model for ColdStart.
type ColdStart struct {
	// BaselineSeconds null when it was not measured
	BaselineSeconds *float64 `json:"baseline_seconds,omitempty"`

	// LimitSeconds null when it was not measured
	LimitSeconds *float64 `json:"limit_seconds,omitempty"`
	Reason       string   `json:"reason,omitempty,omitzero"`
	Seconds      float64  `json:"seconds,omitempty,omitzero"`
	Verdict      string   `json:"verdict,omitempty,omitzero"`
}

// CollectInput defines model for CollectInput.
type CollectInput struct {
	// WindowSeconds How long to watch. Longer windows hold more requests.
	WindowSeconds float64 `json:"window_seconds,omitempty,omitzero"`
}

// CommandInput defines model for CommandInput.
type CommandInput struct {
	// Reason For the record.
	Reason string `json:"reason,omitempty,omitzero"`
}

// CommandOutput defines model for CommandOutput.
type CommandOutput struct {
	Phase      string `json:"phase,omitempty,omitzero"`
	RunID      string `json:"run_id,omitempty,omitzero"`
	WorkflowID string `json:"workflow_id,omitempty,omitzero"`
}

// ComparedMetric defines model for ComparedMetric.
type ComparedMetric struct {
	// A null when it was not measured
	A *float64 `json:"a,omitempty"`

	// B null when it was not measured
	B       *float64 `json:"b,omitempty"`
	Better  string   `json:"better,omitempty,omitzero"`
	Finding string   `json:"finding,omitempty,omitzero"`

	// High null when it was not measured
	High *float64 `json:"high,omitempty"`

	// Low null when it was not measured
	Low    *float64 `json:"low,omitempty"`
	Method string   `json:"method,omitempty,omitzero"`
	Metric string   `json:"metric,omitempty,omitzero"`

	// P null when it was not measured
	P *float64 `json:"p,omitempty"`

	// Ratio null when it was not measured
	Ratio  *float64 `json:"ratio,omitempty"`
	Reason string   `json:"reason,omitempty,omitzero"`
	Unit   string   `json:"unit,omitempty,omitzero"`
}

// ComparedSide defines model for ComparedSide.
type ComparedSide struct {
	Config     *EngineConfig `json:"config,omitempty"`
	LoadTests  []string      `json:"load_tests,omitempty,omitzero"`
	Name       string        `json:"name,omitempty,omitzero"`
	Replicates int64         `json:"replicates,omitempty,omitzero"`
	Run        string        `json:"run,omitempty,omitzero"`
	Trials     []int64       `json:"trials,omitempty,omitzero"`
}

// Comparison defines model for Comparison.
type Comparison struct {
	E2EP95Reduction     float64 `json:"e2e_p95_reduction,omitempty,omitzero"`
	E2EP95ReductionHigh float64 `json:"e2e_p95_reduction_high,omitempty,omitzero"`
	E2EP95ReductionLow  float64 `json:"e2e_p95_reduction_low,omitempty,omitzero"`
	ThroughputRatio     float64 `json:"throughput_ratio,omitempty,omitzero"`
	ThroughputRatioHigh float64 `json:"throughput_ratio_high,omitempty,omitzero"`
	ThroughputRatioLow  float64 `json:"throughput_ratio_low,omitempty,omitzero"`
}

// ComparisonInput defines model for ComparisonInput.
type ComparisonInput struct {
	A ComparisonSideInput `json:"a"`
	B ComparisonSideInput `json:"b"`
}

// ComparisonRecord defines model for ComparisonRecord.
type ComparisonRecord struct {
	A         *ComparedSide    `json:"a,omitempty"`
	B         *ComparedSide    `json:"b,omitempty"`
	CreatedAt time.Time        `json:"created_at,omitempty,omitzero"`
	CreatedBy string           `json:"created_by,omitempty,omitzero"`
	Fleet     string           `json:"fleet,omitempty,omitzero"`
	ID        string           `json:"id,omitempty,omitzero"`
	Metrics   []ComparedMetric `json:"metrics,omitempty,omitzero"`
}

// ComparisonSideInput defines model for ComparisonSideInput.
type ComparisonSideInput struct {
	Config *EngineConfig `json:"config,omitempty"`

	// Fleet With config: whose runs are searched for trials of it.
	Fleet string `json:"fleet,omitempty,omitzero"`

	// LoadTests IDs of load tests that are completed.
	LoadTests []string `json:"load_tests,omitempty,omitzero"`

	// Name For the reader.
	//
	// Examples: before
	Name string `json:"name,omitempty,omitzero"`

	// Run ID of a run: its winner's full trials, or the trials named.
	Run string `json:"run,omitempty,omitzero"`

	// Trials Numbers of trials of the run.
	Trials []int64 `json:"trials,omitempty,omitzero"`
}

// ConfigView defines model for ConfigView.
type ConfigView struct {
	// CommandLine As the engine is started; host and port are the replica's own.
	CommandLine  []string        `json:"command_line,omitempty,omitzero"`
	Config       *EngineConfig   `json:"config,omitempty"`
	Parameters   []ParameterView `json:"parameters,omitempty,omitzero"`
	Problems     []EngineProblem `json:"problems,omitempty,omitzero"`
	UnknownFlags []string        `json:"unknown_flags,omitempty,omitzero"`
}

// Decision defines model for Decision.
type Decision struct {
	Admitted bool      `json:"admitted,omitempty,omitzero"`
	Reasons  []Reason  `json:"reasons,omitempty,omitzero"`
	Until    time.Time `json:"until,omitempty,omitzero"`
}

// Derived defines model for Derived.
type Derived struct {
	How      string `json:"how,omitempty,omitzero"`
	Quantity string `json:"quantity,omitempty,omitzero"`
}

// Drift defines model for Drift.
type Drift struct {
	AgainRPS float64 `json:"again_rps,omitempty,omitzero"`
	Bound    float64 `json:"bound,omitempty,omitzero"`
	FirstRPS float64 `json:"first_rps,omitempty,omitzero"`
	Gap      float64 `json:"gap,omitempty,omitzero"`
	Reason   string  `json:"reason,omitempty,omitzero"`
}

// EarlierPage defines model for EarlierPage.
type EarlierPage struct {
	ContentType string `json:"content_type,omitempty,omitzero"`
	Payload     string `json:"payload"`

	// TakenAt RFC 3339, before the other page's taken_at.
	TakenAt *time.Time `json:"taken_at"`
}

// Effect defines model for Effect.
type Effect struct {
	Basis          string  `json:"basis,omitempty,omitzero"`
	ThroughputHigh float64 `json:"throughput_high,omitempty,omitzero"`
	ThroughputLow  float64 `json:"throughput_low,omitempty,omitzero"`
}

// EngineCatalogue defines model for EngineCatalogue.
type EngineCatalogue struct {
	Engine     string            `json:"engine,omitempty,omitzero"`
	Parameters []EngineParameter `json:"parameters,omitempty,omitzero"`
	Versions   string            `json:"versions,omitempty,omitzero"`
}

// EngineConfig defines model for EngineConfig.
type EngineConfig struct {
	Engine  string `json:"engine,omitempty,omitzero"`
	Flags   []Flag `json:"flags,omitempty,omitzero"`
	Model   string `json:"model,omitempty,omitzero"`
	Version string `json:"version,omitempty,omitzero"`
}

// EngineParameter defines model for EngineParameter.
type EngineParameter struct {
	Aliases     []string `json:"aliases,omitempty,omitzero"`
	Default     string   `json:"default,omitempty,omitzero"`
	Description string   `json:"description,omitempty,omitzero"`
	Enum        []string `json:"enum,omitempty,omitzero"`
	Family      string   `json:"family,omitempty,omitzero"`
	Flag        string   `json:"flag,omitempty,omitzero"`
	Hardware    string   `json:"hardware,omitempty,omitzero"`

	// Max null when it was not measured
	Max          *float64 `json:"max,omitempty"`
	MaxExclusive bool     `json:"max_exclusive,omitempty,omitzero"`

	// Min null when it was not measured
	Min             *float64 `json:"min,omitempty"`
	MinExclusive    bool     `json:"min_exclusive,omitempty,omitzero"`
	Multiple        bool     `json:"multiple,omitempty,omitzero"`
	Negation        string   `json:"negation,omitempty,omitzero"`
	Removed         string   `json:"removed,omitempty,omitzero"`
	RequiresRestart bool     `json:"requires_restart,omitempty,omitzero"`
	Risk            string   `json:"risk,omitempty,omitzero"`
	Since           string   `json:"since,omitempty,omitzero"`
	Source          string   `json:"source,omitempty,omitzero"`
	Suffixes        bool     `json:"suffixes,omitempty,omitzero"`
	Type            string   `json:"type,omitempty,omitzero"`
	Unit            string   `json:"unit,omitempty,omitzero"`
}

// EngineProblem defines model for EngineProblem.
type EngineProblem struct {
	Fix  string `json:"fix,omitempty,omitzero"`
	Flag string `json:"flag,omitempty,omitzero"`
	Rule string `json:"rule,omitempty,omitzero"`
}

// EngineView defines model for EngineView.
type EngineView struct {
	Engine string `json:"engine,omitempty,omitzero"`

	// Parameters How many are known.
	Parameters int64  `json:"parameters,omitempty,omitzero"`
	Versions   string `json:"versions,omitempty,omitzero"`
}

// EventRecord defines model for EventRecord.
type EventRecord struct {
	At      time.Time              `json:"at,omitempty,omitzero"`
	Data    map[string]interface{} `json:"data,omitempty,omitzero"`
	Fleet   string                 `json:"fleet,omitempty,omitzero"`
	Key     string                 `json:"key,omitempty,omitzero"`
	Message string                 `json:"message,omitempty,omitzero"`
	RunID   string                 `json:"run_id,omitempty,omitzero"`
	Seq     int64                  `json:"seq,omitempty,omitzero"`
	Type    string                 `json:"type,omitempty,omitzero"`
}

// Evidence defines model for Evidence.
type Evidence struct {
	Name      string  `json:"name,omitempty,omitzero"`
	Observed  float64 `json:"observed,omitempty,omitzero"`
	Text      string  `json:"text,omitempty,omitzero"`
	Threshold float64 `json:"threshold,omitempty,omitzero"`
}

// Execution defines model for Execution.
type Execution struct {
	RunID      string `json:"run_id,omitempty,omitzero"`
	WorkflowID string `json:"workflow_id,omitempty,omitzero"`
}

// Experiment defines model for Experiment.
type Experiment struct {
	Cost              float64 `json:"cost,omitempty,omitzero"`
	GPUMinutes        float64 `json:"gpu_minutes,omitempty,omitzero"`
	Minutes           float64 `json:"minutes,omitempty,omitzero"`
	PlannedCost       float64 `json:"planned_cost,omitempty,omitzero"`
	PlannedGPUMinutes float64 `json:"planned_gpu_minutes,omitempty,omitzero"`
	PlannedMinutes    float64 `json:"planned_minutes,omitempty,omitzero"`
	PlannedTrials     int64   `json:"planned_trials,omitempty,omitzero"`
	Trials            int64   `json:"trials,omitempty,omitzero"`
}

// FieldProblem defines model for FieldProblem.
type FieldProblem struct {
	// Field Where, for example body.slos[0].threshold.
	Field string `json:"field,omitempty,omitzero"`

	// Fix What to write instead.
	Fix string `json:"fix,omitempty,omitzero"`

	// Message The rule that does not hold.
	Message string `json:"message,omitempty,omitzero"`
}

// Flag defines model for Flag.
type Flag struct {
	Joined bool   `json:"joined,omitempty,omitzero"`
	Name   string `json:"name,omitempty,omitzero"`
	Value  string `json:"value,omitempty,omitzero"`
}

// FlagChange defines model for FlagChange.
type FlagChange struct {
	Flag string  `json:"flag,omitempty,omitzero"`
	From *string `json:"from,omitempty"`
	To   *string `json:"to,omitempty"`
}

// Fleet defines model for Fleet.
type Fleet struct {
	Config      *EngineConfig  `json:"config,omitempty"`
	Endpoints   []string       `json:"endpoints,omitempty,omitzero"`
	Generation  int64          `json:"generation,omitempty,omitzero"`
	GPUMetrics  *GPUSource     `json:"gpu_metrics,omitempty"`
	Hardware    *Hardware      `json:"hardware,omitempty"`
	Metrics     *MetricsSource `json:"metrics,omitempty"`
	Name        string         `json:"name,omitempty,omitzero"`
	Policy      *Policy        `json:"policy,omitempty"`
	Provisioner *AdapterRef    `json:"provisioner,omitempty"`
	Quality     *QualityPolicy `json:"quality,omitempty"`
	Replicas    int64          `json:"replicas,omitempty,omitzero"`
	Router      *AdapterRef    `json:"router,omitempty"`
	Slos        []Objective    `json:"slos,omitempty,omitzero"`
	Workload    *Workload      `json:"workload,omitempty"`
}

// FleetInput defines model for FleetInput.
type FleetInput struct {
	// CommandLine The command the engine is started with.
	//
	// Examples: vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 16
	CommandLine string        `json:"command_line,omitempty,omitzero"`
	Config      *EngineConfig `json:"config,omitempty"`

	// Endpoints Base URLs of the replicas, when something else than the provisioner runs them.
	Endpoints []string `json:"endpoints,omitempty,omitzero"`

	// Engine Only needed when the command line does not tell.
	//
	// Examples: vllm
	Engine string `json:"engine,omitempty,omitzero"`

	// Generation Ignored: the server counts, and If-Match guards.
	Generation int64          `json:"generation,omitempty,omitzero"`
	GPUMetrics *GPUSource     `json:"gpu_metrics,omitempty"`
	Hardware   Hardware       `json:"hardware"`
	Metrics    *MetricsSource `json:"metrics,omitempty"`

	// Name Examples: chat
	Name        string        `json:"name"`
	Policy      *Policy       `json:"policy,omitempty"`
	Provisioner AdapterRef    `json:"provisioner"`
	Quality     *QualityInput `json:"quality,omitempty"`
	Replicas    int64         `json:"replicas"`
	Router      AdapterRef    `json:"router"`
	Slos        []Objective   `json:"slos,omitempty,omitzero"`
	Workload    *Workload     `json:"workload,omitempty"`
}

// Freeze defines model for Freeze.
type Freeze struct {
	OnlyWithin []WeeklyWindow `json:"only_within,omitempty,omitzero"`
	TimeZone   string         `json:"time_zone,omitempty,omitzero"`
	Weekly     []WeeklyWindow `json:"weekly,omitempty,omitzero"`
	Windows    []FreezeWindow `json:"windows,omitempty,omitzero"`
}

// FreezeWindow defines model for FreezeWindow.
type FreezeWindow struct {
	From time.Time `json:"from,omitempty,omitzero"`
	Name string    `json:"name,omitempty,omitzero"`
	To   time.Time `json:"to,omitempty,omitzero"`
}

// GPU defines model for GPU.
type GPU struct {
	// Derived What is a bound or was computed, and how.
	Derived []Derived `json:"derived,omitempty,omitzero"`

	// MemoryTotalBytes Sum over the fleet's GPUs.
	MemoryTotalBytes *float64 `json:"memory_total_bytes,omitempty"`

	// MemoryUsedBytes Sum over the fleet's GPUs.
	MemoryUsedBytes *float64 `json:"memory_used_bytes,omitempty"`

	// MemoryUsedRatio 0..1. Engines reserve memory for their KV cache when they start, so it says little about load.
	MemoryUsedRatio *float64 `json:"memory_used_ratio,omitempty"`

	// Missing What is not known, and why.
	Missing []Missing `json:"missing,omitempty,omitzero"`

	// Source Where the fleet's GPU figures come from: dcgm, prometheus, or nowhere.
	Source string `json:"source,omitempty,omitzero"`

	// Utilization Mean over the fleet's GPUs and the window, 0..1.
	Utilization *float64 `json:"utilization,omitempty"`
}

// GPUSource defines model for GPUSource.
type GPUSource struct {
	Addresses []string                     `json:"addresses,omitempty,omitzero"`
	Kind      string                       `json:"kind,omitempty,omitzero"`
	Labels    map[string]string            `json:"labels,omitempty,omitzero"`
	Replicas  map[string]map[string]string `json:"replicas,omitempty,omitzero"`
}

// Gate defines model for Gate.
type Gate struct {
	At             string  `json:"at,omitempty,omitzero"`
	Kind           string  `json:"kind,omitempty,omitzero"`
	OnTimeout      string  `json:"on_timeout,omitempty,omitzero"`
	TimeoutSeconds float64 `json:"timeout_seconds,omitempty,omitzero"`
	URL            string  `json:"url,omitempty,omitzero"`
}

// GateDecision defines model for GateDecision.
type GateDecision struct {
	Approved      bool    `json:"approved,omitempty,omitzero"`
	At            string  `json:"at,omitempty,omitzero"`
	AtUnix        float64 `json:"at_unix,omitempty,omitzero"`
	By            string  `json:"by,omitempty,omitzero"`
	Kind          string  `json:"kind,omitempty,omitzero"`
	Reason        string  `json:"reason,omitempty,omitzero"`
	WaitedSeconds float64 `json:"waited_seconds,omitempty,omitzero"`
	Weight        int64   `json:"weight,omitempty,omitzero"`
}

// Hardware defines model for Hardware.
type Hardware struct {
	GPU  string `json:"gpu,omitempty,omitzero"`
	Gpus int64  `json:"gpus,omitempty,omitzero"`
}

// Health defines model for Health.
type Health struct {
	Checks  []CheckResult `json:"checks,omitempty,omitzero"`
	Status  HealthStatus  `json:"status,omitempty,omitzero"`
	Version string        `json:"version,omitempty,omitzero"`
}

// HealthStatus defines model for Health.Status.
type HealthStatus string

// Histogram defines model for Histogram.
type Histogram struct {
	Bounds []float64 `json:"bounds,omitempty,omitzero"`
	Count  float64   `json:"count,omitempty,omitzero"`
	Counts []float64 `json:"counts,omitempty,omitzero"`
	Sum    float64   `json:"sum,omitempty,omitzero"`
}

// HistoryAnswer defines model for HistoryAnswer.
type HistoryAnswer struct {
	From time.Time `json:"from,omitempty,omitzero"`

	// Items Snapshots, newest first; empty where series were asked for.
	Items      []SnapshotRecord `json:"items,omitempty,omitzero"`
	NextCursor string           `json:"next_cursor,omitempty,omitzero"`

	// Resolution The one that was used.
	Resolution string `json:"resolution,omitempty,omitzero"`

	// Series One for each metric, where metric or resolution was given.
	Series  []Series  `json:"series,omitempty,omitzero"`
	To      time.Time `json:"to,omitempty,omitzero"`
	Variant string    `json:"variant,omitempty,omitzero"`
}

// Hypothesis defines model for Hypothesis.
type Hypothesis struct {
	Cause      string  `json:"cause,omitempty,omitzero"`
	Confidence float64 `json:"confidence,omitempty,omitzero"`
	Evidence   string  `json:"evidence,omitempty,omitzero"`
	Finding    string  `json:"finding,omitempty,omitzero"`
	RefutedBy  string  `json:"refuted_by,omitempty,omitzero"`
}

// Insight defines model for Insight.
type Insight struct {
	CreatedAt       time.Time        `json:"created_at,omitempty,omitzero"`
	Fleet           string           `json:"fleet,omitempty,omitzero"`
	Hypotheses      []Hypothesis     `json:"hypotheses,omitempty,omitzero"`
	ID              string           `json:"id,omitempty,omitzero"`
	Model           string           `json:"model,omitempty,omitzero"`
	Reason          string           `json:"reason,omitempty,omitzero"`
	Recommendations []Recommendation `json:"recommendations,omitempty,omitzero"`
	Refused         *Refusals        `json:"refused,omitempty"`
	RequestedBy     string           `json:"requested_by,omitempty,omitzero"`
	RunID           string           `json:"run_id,omitempty,omitzero"`
	Status          string           `json:"status,omitempty,omitzero"`
	Summary         string           `json:"summary,omitempty,omitzero"`
	Usage           *AdvisorUsage    `json:"usage,omitempty"`
}

// JudgeCheck defines model for JudgeCheck.
type JudgeCheck struct {
	Critical bool    `json:"critical,omitempty,omitzero"`
	DryRun   bool    `json:"dry_run,omitempty,omitzero"`
	High     float64 `json:"high,omitempty,omitzero"`
	Limit    float64 `json:"limit,omitempty,omitzero"`
	Low      float64 `json:"low,omitempty,omitzero"`
	Metric   string  `json:"metric,omitempty,omitzero"`
	Observed float64 `json:"observed,omitempty,omitzero"`

	// PValue null when it was not measured
	PValue    *float64 `json:"p_value,omitempty"`
	Reference float64  `json:"reference,omitempty,omitzero"`
	Samples   int64    `json:"samples,omitempty,omitzero"`
	Source    string   `json:"source,omitempty,omitzero"`
	Test      string   `json:"test,omitempty,omitzero"`
	Text      string   `json:"text,omitempty,omitzero"`
	Verdict   string   `json:"verdict,omitempty,omitzero"`
	Weight    float64  `json:"weight,omitempty,omitzero"`
}

// JudgeConfig defines model for JudgeConfig.
type JudgeConfig struct {
	Confidence            float64             `json:"confidence,omitempty,omitzero"`
	DoubtConfidence       float64             `json:"doubt_confidence,omitempty,omitzero"`
	EarlyAbortSamples     int64               `json:"early_abort_samples,omitempty,omitzero"`
	EarlyAbortSpanSeconds float64             `json:"early_abort_span_seconds,omitempty,omitzero"`
	ErrorAlpha            float64             `json:"error_alpha,omitempty,omitzero"`
	ErrorDoubtAlpha       float64             `json:"error_doubt_alpha,omitempty,omitzero"`
	FastBurnFactor        float64             `json:"fast_burn_factor,omitempty,omitzero"`
	HardAbortAlpha        float64             `json:"hard_abort_alpha,omitempty,omitzero"`
	HardAbortErrorRate    float64             `json:"hard_abort_error_rate,omitempty,omitzero"`
	HardAbortFactor       float64             `json:"hard_abort_factor,omitempty,omitzero"`
	HardAbortSamples      int64               `json:"hard_abort_samples,omitempty,omitzero"`
	HistogramEffect       float64             `json:"histogram_effect,omitempty,omitzero"`
	Looks                 *JudgeLooks         `json:"looks,omitempty"`
	MarginalScore         float64             `json:"marginal_score,omitempty,omitzero"`
	MaxLengthDrift        float64             `json:"max_length_drift,omitempty,omitzero"`
	MaxPreemptionRise     float64             `json:"max_preemption_rise,omitempty,omitzero"`
	MaxQuantileRatio      float64             `json:"max_quantile_ratio,omitempty,omitzero"`
	MaxThroughputDrop     float64             `json:"max_throughput_drop,omitempty,omitzero"`
	Metrics               []JudgeMetricPolicy `json:"metrics,omitempty,omitzero"`
	MinEffectiveShare     float64             `json:"min_effective_share,omitempty,omitzero"`
	MinErrorIncrease      float64             `json:"min_error_increase,omitempty,omitzero"`
	MinSamples            int64               `json:"min_samples,omitempty,omitzero"`
	MinWorseningSeconds   float64             `json:"min_worsening_seconds,omitempty,omitzero"`
	PassScore             float64             `json:"pass_score,omitempty,omitzero"`
	RatioQuantile         float64             `json:"ratio_quantile,omitempty,omitzero"`
	Resamples             int64               `json:"resamples,omitempty,omitzero"`
	Seed                  int64               `json:"seed,omitempty,omitzero"`
	Strict                bool                `json:"strict,omitempty,omitzero"`
	ThroughputAlpha       float64             `json:"throughput_alpha,omitempty,omitzero"`
}

// JudgeLooks defines model for JudgeLooks.
type JudgeLooks struct {
	AtSeconds    float64 `json:"at_seconds,omitempty,omitzero"`
	FirstSeconds float64 `json:"first_seconds,omitempty,omitzero"`
	LastSeconds  float64 `json:"last_seconds,omitempty,omitzero"`
	Spending     string  `json:"spending,omitempty,omitzero"`
}

// JudgeMetricPolicy defines model for JudgeMetricPolicy.
type JudgeMetricPolicy struct {
	Critical bool    `json:"critical,omitempty,omitzero"`
	DryRun   bool    `json:"dry_run,omitempty,omitzero"`
	Metric   string  `json:"metric,omitempty,omitzero"`
	Weight   float64 `json:"weight,omitempty,omitzero"`
}

// Judgement defines model for Judgement.
type Judgement struct {
	Baseline      *ArmSummary  `json:"baseline,omitempty"`
	Canary        *ArmSummary  `json:"canary,omitempty"`
	Checks        []JudgeCheck `json:"checks,omitempty,omitzero"`
	ComparedWith  string       `json:"compared_with,omitempty,omitzero"`
	Disagreements []string     `json:"disagreements,omitempty,omitzero"`
	HardAbort     bool         `json:"hard_abort,omitempty,omitzero"`
	Notes         []string     `json:"notes,omitempty,omitzero"`
	Reason        string       `json:"reason,omitempty,omitzero"`

	// Score null when it was not measured
	Score    *float64 `json:"score,omitempty"`
	Sentence string   `json:"sentence,omitempty,omitzero"`
	Verdict  string   `json:"verdict,omitempty,omitzero"`
}

// KeyInput defines model for KeyInput.
type KeyInput struct {
	// ExpiresAt When it ends, RFC 3339; absent: when it is revoked.
	ExpiresAt time.Time `json:"expires_at,omitempty,omitzero"`

	// Fleets What it is good for; absent: all fleets.
	//
	// Examples: ["chat"]
	Fleets []string `json:"fleets,omitempty,omitzero"`

	// Name Who uses it: the actor in every record, and of one key in force at a time.
	//
	// Examples: ci
	Name string       `json:"name"`
	Role KeyInputRole `json:"role"`
}

// KeyInputRole defines model for KeyInput.Role.
type KeyInputRole string

// LadderResult defines model for LadderResult.
type LadderResult struct {
	Best         *LoadResult `json:"best,omitempty"`
	Ended        string      `json:"ended,omitempty,omitzero"`
	LimitHighRPS float64     `json:"limit_high_rps,omitempty,omitzero"`
	LimitLowRPS  float64     `json:"limit_low_rps,omitempty,omitzero"`
	LimitRPS     float64     `json:"limit_rps,omitempty,omitzero"`
	MaxGoodRPS   float64     `json:"max_good_rps,omitempty,omitzero"`

	// MinBadRPS null when it was not measured
	MinBadRPS *float64     `json:"min_bad_rps,omitempty"`
	Reference *LoadResult  `json:"reference,omitempty"`
	Seconds   float64      `json:"seconds,omitempty,omitzero"`
	Steps     []LadderStep `json:"steps,omitempty,omitzero"`
}

// LadderSpec defines model for LadderSpec.
type LadderSpec struct {
	Attainment  float64     `json:"attainment,omitempty,omitzero"`
	Base        *LoadSpec   `json:"base,omitempty"`
	Confidence  float64     `json:"confidence,omitempty,omitzero"`
	MaxRate     float64     `json:"max_rate,omitempty,omitzero"`
	MaxSteps    int64       `json:"max_steps,omitempty,omitzero"`
	MinRequests int64       `json:"min_requests,omitempty,omitzero"`
	Objectives  []Objective `json:"objectives,omitempty,omitzero"`
	Rates       []float64   `json:"rates,omitempty,omitzero"`
	Resolution  float64     `json:"resolution,omitempty,omitzero"`
	Search      string      `json:"search,omitempty,omitzero"`
	StartRate   float64     `json:"start_rate,omitempty,omitzero"`
	StepSeconds float64     `json:"step_seconds,omitempty,omitzero"`
}

// LadderStep defines model for LadderStep.
type LadderStep struct {
	Attained []Attainment `json:"attained,omitempty,omitzero"`
	Breaches []Evidence   `json:"breaches,omitempty,omitzero"`
	Load     *LoadResult  `json:"load,omitempty"`
	Verdict  string       `json:"verdict,omitempty,omitzero"`
}

// Latency defines model for Latency.
type Latency struct {
	Decode  *Quantiles `json:"decode,omitempty"`
	E2E     *Quantiles `json:"e2e,omitempty"`
	ITL     *Quantiles `json:"itl,omitempty"`
	Prefill *Quantiles `json:"prefill,omitempty"`
	Queue   *Quantiles `json:"queue,omitempty"`
	Tpot    *Quantiles `json:"tpot,omitempty"`
	TTFT    *Quantiles `json:"ttft,omitempty"`
}

// LatencySummary defines model for LatencySummary.
type LatencySummary struct {
	Count          int64   `json:"count,omitempty,omitzero"`
	MeanSeconds    float64 `json:"mean_seconds,omitempty,omitzero"`
	P50Seconds     float64 `json:"p50_seconds,omitempty,omitzero"`
	P90Seconds     float64 `json:"p90_seconds,omitempty,omitzero"`
	P95HighSeconds float64 `json:"p95_high_seconds,omitempty,omitzero"`
	P95LowSeconds  float64 `json:"p95_low_seconds,omitempty,omitzero"`
	P95Seconds     float64 `json:"p95_seconds,omitempty,omitzero"`
	P99Seconds     float64 `json:"p99_seconds,omitempty,omitzero"`
}

// Lengths defines model for Lengths.
type Lengths struct {
	Cv     float64   `json:"cv,omitempty,omitzero"`
	Max    int64     `json:"max,omitempty,omitzero"`
	Mean   float64   `json:"mean,omitempty,omitzero"`
	Min    int64     `json:"min,omitempty,omitzero"`
	Points []float64 `json:"points,omitempty,omitzero"`
	Shape  string    `json:"shape,omitempty,omitzero"`
}

// LoadResult defines model for LoadResult.
type LoadResult struct {
	Abandoned             int64            `json:"abandoned,omitempty,omitzero"`
	Concurrency           int64            `json:"concurrency,omitempty,omitzero"`
	CPUShare              float64          `json:"cpu_share,omitempty,omitzero"`
	DurationSeconds       float64          `json:"duration_seconds,omitempty,omitzero"`
	E2E                   *LatencySummary  `json:"e2e,omitempty"`
	ErrorKinds            map[string]int64 `json:"error_kinds,omitempty,omitzero"`
	Errors                int64            `json:"errors,omitempty,omitzero"`
	Good                  int64            `json:"good,omitempty,omitzero"`
	GoodputRPS            float64          `json:"goodput_rps,omitempty,omitzero"`
	Invalid               string           `json:"invalid,omitempty,omitzero"`
	ITL                   *LatencySummary  `json:"itl,omitempty"`
	LagP99Seconds         float64          `json:"lag_p99_seconds,omitempty,omitzero"`
	MeanOutputTokens      float64          `json:"mean_output_tokens,omitempty,omitzero"`
	MeanPromptTokens      float64          `json:"mean_prompt_tokens,omitempty,omitzero"`
	OutputTokensPerSecond float64          `json:"output_tokens_per_second,omitempty,omitzero"`
	RatePerSecond         float64          `json:"rate_per_second,omitempty,omitzero"`
	Requests              int64            `json:"requests,omitempty,omitzero"`
	SentPerSecond         float64          `json:"sent_per_second,omitempty,omitzero"`
	Stopped               string           `json:"stopped,omitempty,omitzero"`
	TokenGaps             *LatencySummary  `json:"token_gaps,omitempty"`
	TTFT                  *LatencySummary  `json:"ttft,omitempty"`
	WakeP99Seconds        float64          `json:"wake_p99_seconds,omitempty,omitzero"`
}

// LoadSpec defines model for LoadSpec.
type LoadSpec struct {
	Concurrency           int64          `json:"concurrency,omitempty,omitzero"`
	DurationSeconds       float64        `json:"duration_seconds,omitempty,omitzero"`
	MaxRequests           int64          `json:"max_requests,omitempty,omitzero"`
	Profile               string         `json:"profile,omitempty,omitzero"`
	Protocol              string         `json:"protocol,omitempty,omitzero"`
	RampToRate            float64        `json:"ramp_to_rate,omitempty,omitzero"`
	RequestTimeoutSeconds float64        `json:"request_timeout_seconds,omitempty,omitzero"`
	Seed                  int64          `json:"seed,omitempty,omitzero"`
	Speedup               float64        `json:"speedup,omitempty,omitzero"`
	Stop                  *StopRules     `json:"stop,omitempty"`
	TextSeed              int64          `json:"text_seed,omitempty,omitzero"`
	Trace                 []TraceRequest `json:"trace,omitempty,omitzero"`
	WarmupSeconds         float64        `json:"warmup_seconds,omitempty,omitzero"`
	Workload              *Workload      `json:"workload,omitempty"`
}

// LoadTestInput defines model for LoadTestInput.
type LoadTestInput struct {
	Spec LadderSpec `json:"spec"`

	// Target Base URL; without it the fleet's stable replicas, which serve users.
	//
	// Examples: http://127.0.0.1:8001
	Target string `json:"target,omitempty,omitzero"`

	// TraceCsv Trace to replay, or to take the workload from: a header, then rows of timestamp (2006-01-02 15:04:05.9 or seconds), prompt tokens, output tokens.
	TraceCsv string `json:"trace_csv,omitempty,omitzero"`
}

// LoadTestRecord defines model for LoadTestRecord.
type LoadTestRecord struct {
	ClosedAt   time.Time     `json:"closed_at,omitempty,omitzero"`
	Fleet      string        `json:"fleet,omitempty,omitzero"`
	ID         string        `json:"id,omitempty,omitzero"`
	Phase      string        `json:"phase,omitempty,omitzero"`
	Reason     string        `json:"reason,omitempty,omitzero"`
	Result     *LadderResult `json:"result,omitempty"`
	Spec       *LadderSpec   `json:"spec,omitempty"`
	StartedAt  time.Time     `json:"started_at,omitempty,omitzero"`
	Target     string        `json:"target,omitempty,omitzero"`
	WorkflowID string        `json:"workflow_id,omitempty,omitzero"`
}

// LoadTestResult defines model for LoadTestResult.
type LoadTestResult struct {
	ID     string        `json:"id,omitempty,omitzero"`
	Phase  string        `json:"phase,omitempty,omitzero"`
	Reason string        `json:"reason,omitempty,omitzero"`
	Result *LadderResult `json:"result,omitempty"`
}

// MeasuredCache defines model for MeasuredCache.
type MeasuredCache struct {
	Fleet         string    `json:"fleet,omitempty,omitzero"`
	SnapshotID    int64     `json:"snapshot_id,omitempty,omitzero"`
	TakenAt       time.Time `json:"taken_at,omitempty,omitzero"`
	Values        *Cache    `json:"values,omitempty"`
	WindowSeconds float64   `json:"window_seconds,omitempty,omitzero"`
}

// MeasuredGPU defines model for MeasuredGPU.
type MeasuredGPU struct {
	Fleet         string    `json:"fleet,omitempty,omitzero"`
	SnapshotID    int64     `json:"snapshot_id,omitempty,omitzero"`
	TakenAt       time.Time `json:"taken_at,omitempty,omitzero"`
	Values        *GPU      `json:"values,omitempty"`
	WindowSeconds float64   `json:"window_seconds,omitempty,omitzero"`
}

// MeasuredLatency defines model for MeasuredLatency.
type MeasuredLatency struct {
	Fleet         string    `json:"fleet,omitempty,omitzero"`
	SnapshotID    int64     `json:"snapshot_id,omitempty,omitzero"`
	TakenAt       time.Time `json:"taken_at,omitempty,omitzero"`
	Values        *Latency  `json:"values,omitempty"`
	WindowSeconds float64   `json:"window_seconds,omitempty,omitzero"`
}

// MeasuredThroughput defines model for MeasuredThroughput.
type MeasuredThroughput struct {
	Fleet         string      `json:"fleet,omitempty,omitzero"`
	SnapshotID    int64       `json:"snapshot_id,omitempty,omitzero"`
	TakenAt       time.Time   `json:"taken_at,omitempty,omitzero"`
	Values        *Throughput `json:"values,omitempty"`
	WindowSeconds float64     `json:"window_seconds,omitempty,omitzero"`
}

// Membership defines model for Membership.
type Membership struct {
	AgentID                  string    `json:"agent_id,omitempty,omitzero"`
	Capabilities             []string  `json:"capabilities,omitempty,omitzero"`
	HeartbeatIntervalSeconds float64   `json:"heartbeat_interval_seconds,omitempty,omitzero"`
	LastError                string    `json:"last_error,omitempty,omitzero"`
	LastHeartbeatAt          time.Time `json:"last_heartbeat_at,omitempty,omitzero"`
	Registered               bool      `json:"registered,omitempty,omitzero"`
	RegisteredAt             time.Time `json:"registered_at,omitempty,omitzero"`
	Registrations            int64     `json:"registrations,omitempty,omitzero"`
	URL                      string    `json:"url,omitempty,omitzero"`
}

// MetricComparison defines model for MetricComparison.
type MetricComparison struct {
	Better     string           `json:"better,omitempty,omitzero"`
	Comparison *TrendComparison `json:"comparison,omitempty"`

	// Meaning What the difference means; absent where none is shown, or where the metric only describes the load.
	Meaning string `json:"meaning,omitempty,omitzero"`
	Metric  string `json:"metric,omitempty,omitzero"`

	// PointsAtLeast Points whose quantile lay beyond the last bucket and counts as its bound.
	PointsAtLeast int64 `json:"points_at_least,omitempty,omitzero"`

	// PooledAfter null when it was not measured
	PooledAfter *float64 `json:"pooled_after,omitempty"`

	// PooledBefore The metric of the whole window: a percentile of all its requests, a rate over all of its observed time.
	PooledBefore *float64 `json:"pooled_before,omitempty"`
	Unit         string   `json:"unit,omitempty,omitzero"`
}

// MetricTrend defines model for MetricTrend.
type MetricTrend struct {
	Better string `json:"better,omitempty,omitzero"`

	// Meaning What the direction means; absent where there is none, or where the metric only describes the load.
	Meaning string `json:"meaning,omitempty,omitzero"`
	Metric  string `json:"metric,omitempty,omitzero"`

	// PointsAtLeast Points whose quantile lay beyond the last bucket and counts as its bound: the true change may be greater.
	PointsAtLeast int64  `json:"points_at_least,omitempty,omitzero"`
	Trend         *Trend `json:"trend,omitempty"`
	Unit          string `json:"unit,omitempty,omitzero"`
}

// MetricsSource defines model for MetricsSource.
type MetricsSource struct {
	Address       string            `json:"address,omitempty,omitzero"`
	InstanceLabel string            `json:"instance_label,omitempty,omitzero"`
	Kind          string            `json:"kind,omitempty,omitzero"`
	Labels        map[string]string `json:"labels,omitempty,omitzero"`
}

// Missing defines model for Missing.
type Missing struct {
	Quantity string `json:"quantity,omitempty,omitzero"`
	Reason   string `json:"reason,omitempty,omitzero"`
}

// MonitorInput defines model for MonitorInput.
type MonitorInput struct {
	// TickSeconds Between looks; 5 by default.
	TickSeconds float64 `json:"tick_seconds,omitempty,omitzero"`
}

// NewKeyView defines model for NewKeyView.
type NewKeyView struct {
	CreatedAt time.Time `json:"created_at,omitempty,omitzero"`
	CreatedBy string    `json:"created_by,omitempty,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitempty,omitzero"`
	Fleets    []string  `json:"fleets,omitempty,omitzero"`
	ID        string    `json:"id,omitempty,omitzero"`

	// Key The key itself. It is kept nowhere and cannot be shown again.
	Key        string    `json:"key,omitempty,omitzero"`
	LastUsedAt time.Time `json:"last_used_at,omitempty,omitzero"`
	Name       string    `json:"name,omitempty,omitzero"`
	Prefix     string    `json:"prefix,omitempty,omitzero"`
	RevokedAt  time.Time `json:"revoked_at,omitempty,omitzero"`
	RevokedBy  string    `json:"revoked_by,omitempty,omitzero"`
	Role       string    `json:"role,omitempty,omitzero"`
}

// NormalizeInput defines model for NormalizeInput.
type NormalizeInput struct {
	// ContentType What the engine sent it as; OpenMetrics is told by it.
	//
	// Examples: application/openmetrics-text; version=1.0.0
	ContentType string       `json:"content_type,omitempty,omitzero"`
	Earlier     *EarlierPage `json:"earlier,omitempty"`

	// Engine Absent: told from the page.
	Engine string `json:"engine,omitempty,omitzero"`

	// Payload The metrics page, Prometheus text format or OpenMetrics.
	Payload string `json:"payload"`

	// TakenAt When the page was taken, RFC 3339; needed with earlier.
	TakenAt time.Time `json:"taken_at,omitempty,omitzero"`
}

// Normalized defines model for Normalized.
type Normalized struct {
	// Derived Found, but computed or a bound, and how.
	Derived []Derived `json:"derived,omitempty,omitzero"`

	// Detected Whose page it is, from the page alone; absent when it shows none or two.
	Detected string `json:"detected,omitempty,omitzero"`

	// Engine Whose page it was read as.
	Engine string `json:"engine,omitempty,omitzero"`

	// Families How many families the page has, of any program.
	Families int64 `json:"families,omitempty,omitzero"`

	// Found Quantities that the page gives.
	Found []string `json:"found,omitempty,omitzero"`

	// Missing Quantities that it does not give, and why.
	Missing  []Missing `json:"missing,omitempty,omitzero"`
	Reading  *Reading  `json:"reading,omitempty"`
	Snapshot *Snapshot `json:"snapshot,omitempty"`

	// Unknown Families of the engine that the agent does not know.
	Unknown []string `json:"unknown,omitempty,omitzero"`
}

// NoteInput defines model for NoteInput.
type NoteInput struct {
	// Note For the record.
	Note string `json:"note,omitempty,omitzero"`
}

// Objective defines model for Objective.
type Objective struct {
	Metric     string  `json:"metric,omitempty,omitzero"`
	Name       string  `json:"name,omitempty,omitzero"`
	Quantile   float64 `json:"quantile,omitempty,omitzero"`
	Target     float64 `json:"target,omitempty,omitzero"`
	Threshold  float64 `json:"threshold,omitempty,omitzero"`
	WindowDays float64 `json:"window_days,omitempty,omitzero"`
}

// OccurrenceView defines model for OccurrenceView.
type OccurrenceView struct {
	DueAt   time.Time `json:"due_at,omitempty,omitzero"`
	Outcome string    `json:"outcome,omitempty,omitzero"`
	Phase   string    `json:"phase,omitempty,omitzero"`

	// Reason Why it was skipped.
	Reason    string              `json:"reason,omitempty,omitzero"`
	RunID     string              `json:"run_id,omitempty,omitzero"`
	RunReason string              `json:"run_reason,omitempty,omitzero"`
	State     OccurrenceViewState `json:"state,omitempty,omitzero"`
}

// OccurrenceViewState defines model for OccurrenceView.State.
type OccurrenceViewState string

// OptimizeOptions defines model for OptimizeOptions.
type OptimizeOptions struct {
	ApprovalTimeoutSeconds float64        `json:"approval_timeout_seconds,omitempty,omitzero"`
	Candidates             []EngineConfig `json:"candidates,omitempty,omitzero"`
	GPUPricePerHour        float64        `json:"gpu_price_per_hour,omitempty,omitzero"`
	MaxGPUMinutes          float64        `json:"max_gpu_minutes,omitempty,omitzero"`
	MaxMinutes             float64        `json:"max_minutes,omitempty,omitzero"`
	MaxTrials              int64          `json:"max_trials,omitempty,omitzero"`
	MinEffect              float64        `json:"min_effect,omitempty,omitzero"`
	Objective              string         `json:"objective,omitempty,omitzero"`
	ObserveSeconds         float64        `json:"observe_seconds,omitempty,omitzero"`
	OverrideReason         string         `json:"override_reason,omitempty,omitzero"`
	ParallelTrials         int64          `json:"parallel_trials,omitempty,omitzero"`
	Rollout                *Plan          `json:"rollout,omitempty"`
	Trial                  *TrialPlan     `json:"trial,omitempty"`
	WithoutAdvisor         bool           `json:"without_advisor,omitempty,omitzero"`
}

// OptimizeStatus defines model for OptimizeStatus.
type OptimizeStatus struct {
	Advisor           *Insight         `json:"advisor,omitempty"`
	Bottlenecks       []Bottleneck     `json:"bottlenecks,omitempty,omitzero"`
	Candidates        []Candidate      `json:"candidates,omitempty,omitzero"`
	Experiment        *Experiment      `json:"experiment,omitempty"`
	Fleet             string           `json:"fleet,omitempty,omitzero"`
	Front             []RunSide        `json:"front,omitempty,omitzero"`
	Gain              *Comparison      `json:"gain,omitempty"`
	GenerationSeconds float64          `json:"generation_seconds,omitempty,omitzero"`
	Outcome           string           `json:"outcome,omitempty,omitzero"`
	Paused            bool             `json:"paused,omitempty,omitzero"`
	Phase             string           `json:"phase,omitempty,omitzero"`
	Reason            string           `json:"reason,omitempty,omitzero"`
	Recommendations   []Recommendation `json:"recommendations,omitempty,omitzero"`
	Rollout           *RolloutResult   `json:"rollout,omitempty"`
	RunID             string           `json:"run_id,omitempty,omitzero"`
	Searching         string           `json:"searching,omitempty,omitzero"`
	Trials            []Trial          `json:"trials,omitempty,omitzero"`
	Winner            *Candidate       `json:"winner,omitempty"`
	Workload          *Workload        `json:"workload,omitempty"`
}

// OrchestratorView defines model for OrchestratorView.
type OrchestratorView struct {
	// Configured Whether the server was given an orchestrator.
	Configured bool        `json:"configured,omitempty,omitzero"`
	Membership *Membership `json:"membership,omitempty"`
}

// Overview defines model for Overview.
type Overview struct {
	// Active Open runs and the rollouts that were started alone.
	Active []OverviewActivity `json:"active,omitempty,omitzero"`
	At     time.Time          `json:"at,omitempty,omitzero"`
	Cut    bool               `json:"cut,omitempty,omitzero"`
	Fleets []OverviewFleet    `json:"fleets,omitempty,omitzero"`

	// Recent Runs that have ended, the latest first.
	Recent []OverviewRun `json:"recent,omitempty,omitzero"`

	// Violations Open ones.
	Violations []OverviewAlert `json:"violations,omitempty,omitzero"`
}

// OverviewActivity defines model for OverviewActivity.
type OverviewActivity struct {
	// Answers The workflow answered a query just now; without an answer its phase is from the record.
	Answers bool                 `json:"answers,omitempty,omitzero"`
	Change  string               `json:"change,omitempty,omitzero"`
	Fleet   string               `json:"fleet,omitempty,omitzero"`
	ID      string               `json:"id,omitempty,omitzero"`
	Kind    OverviewActivityKind `json:"kind,omitempty,omitzero"`
	Paused  bool                 `json:"paused,omitempty,omitzero"`
	Phase   string               `json:"phase,omitempty,omitzero"`

	// Rollout ID of the rollout that the run waits for.
	Rollout      string `json:"rollout,omitempty,omitzero"`
	RolloutPhase string `json:"rollout_phase,omitempty,omitzero"`

	// Says The latest event of its story.
	Says      string          `json:"says,omitempty,omitzero"`
	Stages    []OverviewStage `json:"stages,omitempty,omitzero"`
	StartedAt time.Time       `json:"started_at,omitempty,omitzero"`
	Trials    int64           `json:"trials,omitempty,omitzero"`

	// WebUI The workflow in Temporal's Web UI.
	WebUI      string `json:"web_ui,omitempty,omitzero"`
	Weight     int64  `json:"weight,omitempty,omitzero"`
	WorkflowID string `json:"workflow_id,omitempty,omitzero"`
}

// OverviewActivityKind defines model for OverviewActivity.Kind.
type OverviewActivityKind string

// OverviewAlert defines model for OverviewAlert.
type OverviewAlert struct {
	AcknowledgedBy string    `json:"acknowledged_by,omitempty,omitzero"`
	Fleet          string    `json:"fleet,omitempty,omitzero"`
	ID             string    `json:"id,omitempty,omitzero"`
	OpenedAt       time.Time `json:"opened_at,omitempty,omitzero"`
	Reason         string    `json:"reason,omitempty,omitzero"`
	Severity       string    `json:"severity,omitempty,omitzero"`
	Slo            string    `json:"slo,omitempty,omitzero"`
	Variant        string    `json:"variant,omitempty,omitzero"`
}

// OverviewBudget defines model for OverviewBudget.
type OverviewBudget struct {
	Objective string `json:"objective,omitempty,omitzero"`

	// Remaining 1 untouched, 0 spent, negative overspent; null without counts.
	Remaining *float64 `json:"remaining,omitempty"`

	// State burning: an alert on how fast it goes fires.
	State OverviewBudgetState `json:"state,omitempty,omitzero"`
}

// OverviewBudgetState burning: an alert on how fast it goes fires.
type OverviewBudgetState string

// OverviewFleet defines model for OverviewFleet.
type OverviewFleet struct {
	Budgets  []OverviewBudget `json:"budgets,omitempty,omitzero"`
	Engine   string           `json:"engine,omitempty,omitzero"`
	GPU      string           `json:"gpu,omitempty,omitzero"`
	Model    string           `json:"model,omitempty,omitzero"`
	Name     string           `json:"name,omitempty,omitzero"`
	Replicas int64            `json:"replicas,omitempty,omitzero"`
	Status   string           `json:"status,omitempty,omitzero"`
}

// OverviewRun defines model for OverviewRun.
type OverviewRun struct {
	Fleet string `json:"fleet,omitempty,omitzero"`

	// Gain Ratio of throughputs; null without a winner.
	Gain      *float64  `json:"gain,omitempty"`
	ID        string    `json:"id,omitempty,omitzero"`
	Outcome   string    `json:"outcome,omitempty,omitzero"`
	Reason    string    `json:"reason,omitempty,omitzero"`
	Seconds   float64   `json:"seconds,omitempty,omitzero"`
	StartedAt time.Time `json:"started_at,omitempty,omitzero"`
	WebUI     string    `json:"web_ui,omitempty,omitzero"`
}

// OverviewStage defines model for OverviewStage.
type OverviewStage struct {
	State   OverviewStageState `json:"state,omitempty,omitzero"`
	Verdict string             `json:"verdict,omitempty,omitzero"`
	Weight  int64              `json:"weight,omitempty,omitzero"`
}

// OverviewStageState defines model for OverviewStage.State.
type OverviewStageState string

// PageAPIKey defines model for PageAPIKey.
type PageAPIKey struct {
	Items      []APIKey `json:"items,omitempty,omitzero"`
	NextCursor string   `json:"next_cursor,omitempty,omitzero"`
}

// PageAnalysisRecord defines model for PageAnalysisRecord.
type PageAnalysisRecord struct {
	Items      []AnalysisRecord `json:"items,omitempty,omitzero"`
	NextCursor string           `json:"next_cursor,omitempty,omitzero"`
}

// PageAuditRecord defines model for PageAuditRecord.
type PageAuditRecord struct {
	Items      []AuditRecord `json:"items,omitempty,omitzero"`
	NextCursor string        `json:"next_cursor,omitempty,omitzero"`
}

// PageComparisonRecord defines model for PageComparisonRecord.
type PageComparisonRecord struct {
	Items      []ComparisonRecord `json:"items,omitempty,omitzero"`
	NextCursor string             `json:"next_cursor,omitempty,omitzero"`
}

// PageEngineView defines model for PageEngineView.
type PageEngineView struct {
	Items      []EngineView `json:"items,omitempty,omitzero"`
	NextCursor string       `json:"next_cursor,omitempty,omitzero"`
}

// PageFleet defines model for PageFleet.
type PageFleet struct {
	Items      []Fleet `json:"items,omitempty,omitzero"`
	NextCursor string  `json:"next_cursor,omitempty,omitzero"`
}

// PageInsight defines model for PageInsight.
type PageInsight struct {
	Items      []Insight `json:"items,omitempty,omitzero"`
	NextCursor string    `json:"next_cursor,omitempty,omitzero"`
}

// PageLoadTestRecord defines model for PageLoadTestRecord.
type PageLoadTestRecord struct {
	Items      []LoadTestRecord `json:"items,omitempty,omitzero"`
	NextCursor string           `json:"next_cursor,omitempty,omitzero"`
}

// PageObjective defines model for PageObjective.
type PageObjective struct {
	Items      []Objective `json:"items,omitempty,omitzero"`
	NextCursor string      `json:"next_cursor,omitempty,omitzero"`
}

// PageRecommendationRecord defines model for PageRecommendationRecord.
type PageRecommendationRecord struct {
	Items      []RecommendationRecord `json:"items,omitempty,omitzero"`
	NextCursor string                 `json:"next_cursor,omitempty,omitzero"`
}

// PageRolloutRecord defines model for PageRolloutRecord.
type PageRolloutRecord struct {
	Items      []RolloutRecord `json:"items,omitempty,omitzero"`
	NextCursor string          `json:"next_cursor,omitempty,omitzero"`
}

// PageRunRecord defines model for PageRunRecord.
type PageRunRecord struct {
	Items      []RunRecord `json:"items,omitempty,omitzero"`
	NextCursor string      `json:"next_cursor,omitempty,omitzero"`
}

// PageScheduleView defines model for PageScheduleView.
type PageScheduleView struct {
	Items      []ScheduleView `json:"items,omitempty,omitzero"`
	NextCursor string         `json:"next_cursor,omitempty,omitzero"`
}

// PageStageRecord defines model for PageStageRecord.
type PageStageRecord struct {
	Items      []StageRecord `json:"items,omitempty,omitzero"`
	NextCursor string        `json:"next_cursor,omitempty,omitzero"`
}

// PageTrialRecord defines model for PageTrialRecord.
type PageTrialRecord struct {
	Items      []TrialRecord `json:"items,omitempty,omitzero"`
	NextCursor string        `json:"next_cursor,omitempty,omitzero"`
}

// PageValidationRecord defines model for PageValidationRecord.
type PageValidationRecord struct {
	Items      []ValidationRecord `json:"items,omitempty,omitzero"`
	NextCursor string             `json:"next_cursor,omitempty,omitzero"`
}

// PageViolationRecord defines model for PageViolationRecord.
type PageViolationRecord struct {
	Items      []ViolationRecord `json:"items,omitempty,omitzero"`
	NextCursor string            `json:"next_cursor,omitempty,omitzero"`
}

// ParameterView defines model for ParameterView.
type ParameterView struct {
	Default string `json:"default,omitempty,omitzero"`
	Family  string `json:"family,omitempty,omitzero"`
	Flag    string `json:"flag,omitempty,omitzero"`
	Meaning string `json:"meaning,omitempty,omitzero"`
	Risk    string `json:"risk,omitempty,omitzero"`
	Set     bool   `json:"set,omitempty,omitzero"`
	Unit    string `json:"unit,omitempty,omitzero"`

	// Value As set, or the catalogue's default.
	Value string `json:"value,omitempty,omitzero"`
}

// Payload defines model for Payload.
type Payload struct {
	Data []byte `json:"data,omitempty,omitzero"`

	// Metadata What Temporal knows of the data; bytes in base64.
	Metadata map[string][]byte `json:"metadata,omitempty,omitzero"`
}

// Payloads defines model for Payloads.
type Payloads struct {
	Payloads []Payload `json:"payloads"`
}

// Plan defines model for Plan.
type Plan struct {
	Ab                  *ABPlan      `json:"ab,omitempty"`
	BakeSeconds         float64      `json:"bake_seconds,omitempty,omitzero"`
	DrainSeconds        float64      `json:"drain_seconds,omitempty,omitzero"`
	Gates               []Gate       `json:"gates,omitempty,omitzero"`
	HumanTimeoutSeconds float64      `json:"human_timeout_seconds,omitempty,omitzero"`
	Judge               *JudgeConfig `json:"judge,omitempty"`
	MaxStageSeconds     float64      `json:"max_stage_seconds,omitempty,omitzero"`
	MinStageSeconds     float64      `json:"min_stage_seconds,omitempty,omitzero"`
	Strategy            string       `json:"strategy,omitempty,omitzero"`
	TickSeconds         float64      `json:"tick_seconds,omitempty,omitzero"`
	WarmupSeconds       float64      `json:"warmup_seconds,omitempty,omitzero"`
	Weights             []int64      `json:"weights,omitempty,omitzero"`
}

// Policy defines model for Policy.
type Policy struct {
	Advisory        bool     `json:"advisory,omitempty,omitzero"`
	AllowedRisks    []string `json:"allowed_risks,omitempty,omitzero"`
	Approvers       []string `json:"approvers,omitempty,omitzero"`
	AutoApprove     bool     `json:"auto_approve,omitempty,omitzero"`
	Freeze          *Freeze  `json:"freeze,omitempty"`
	LockStepGroup   string   `json:"lock_step_group,omitempty,omitzero"`
	MaxReadySeconds float64  `json:"max_ready_seconds,omitempty,omitzero"`
	OnRegression    string   `json:"on_regression,omitempty,omitzero"`
	RepairDrift     string   `json:"repair_drift,omitempty,omitzero"`
	UndoSeconds     float64  `json:"undo_seconds,omitempty,omitzero"`
}

// Preview defines model for Preview.
type Preview struct {
	Bottlenecks     []Bottleneck     `json:"bottlenecks,omitempty,omitzero"`
	Recommendations []Recommendation `json:"recommendations,omitempty,omitzero"`
	Snapshot        *Snapshot        `json:"snapshot,omitempty"`
	Workload        *Workload        `json:"workload,omitempty"`
}

// PreviewInput defines model for PreviewInput.
type PreviewInput struct {
	// CommandLine The command the engine is started with.
	//
	// Examples: vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 16
	CommandLine string        `json:"command_line,omitempty,omitzero"`
	Config      *EngineConfig `json:"config,omitempty"`

	// Engine Only needed when the command line does not tell.
	//
	// Examples: vllm
	Engine   string   `json:"engine,omitempty,omitzero"`
	Hardware Hardware `json:"hardware"`

	// Pages Instead of a snapshot: the metrics pages of each replica, with an earlier one.
	Pages    []NormalizeInput `json:"pages,omitempty,omitzero"`
	Policy   *Policy          `json:"policy,omitempty"`
	Replicas int64            `json:"replicas,omitempty,omitzero"`
	Slos     []Objective      `json:"slos,omitempty,omitzero"`
	Snapshot *Snapshot        `json:"snapshot,omitempty"`
	Workload *Workload        `json:"workload,omitempty"`
}

// Probe defines model for Probe.
type Probe struct {
	Endpoints []ProbedTarget `json:"endpoints,omitempty,omitzero"`
	Fleet     string         `json:"fleet,omitempty,omitzero"`

	// Ok Every replica answered.
	Ok bool `json:"ok,omitempty,omitzero"`
}

// ProbedTarget defines model for ProbedTarget.
type ProbedTarget struct {
	Endpoint string `json:"endpoint,omitempty,omitzero"`
	Error    string `json:"error,omitempty,omitzero"`

	// KVUsage null when it was not measured
	KVUsage *float64 `json:"kv_usage,omitempty"`

	// Missing Quantities it does not report.
	Missing []Missing `json:"missing,omitempty,omitzero"`
	Model   string    `json:"model,omitempty,omitzero"`
	Ok      bool      `json:"ok,omitempty,omitzero"`

	// Revealed Configuration that the engine shows in its metrics.
	Revealed map[string]string `json:"revealed,omitempty,omitzero"`

	// Running null when it was not measured
	Running *float64 `json:"running,omitempty"`

	// Unrecognised Metrics of the engine that the agent does not know.
	Unrecognised []string `json:"unrecognised,omitempty,omitzero"`

	// Waiting null when it was not measured
	Waiting *float64 `json:"waiting,omitempty"`
}

// Problem defines model for Problem.
type Problem struct {
	Current *Execution `json:"current,omitempty"`

	// Detail What went wrong this time, for a person.
	Detail    string         `json:"detail,omitempty,omitzero"`
	Errors    []FieldProblem `json:"errors,omitempty,omitzero"`
	Refusal   *Decision      `json:"refusal,omitempty"`
	RequestID string         `json:"request_id,omitempty,omitzero"`
	Status    int64          `json:"status,omitempty,omitzero"`

	// Title The HTTP status in words.
	Title string `json:"title,omitempty,omitzero"`

	// Type What kind of problem, stable: urn:performance-agent:<code>.
	//
	// Examples: urn:performance-agent:not-found
	Type string `json:"type,omitempty,omitzero"`
}

// Quality defines model for Quality.
type Quality struct {
	BaselineGood  int64    `json:"baseline_good,omitempty,omitzero"`
	CandidateGood int64    `json:"candidate_good,omitempty,omitzero"`
	Criterion     string   `json:"criterion,omitempty,omitzero"`
	Differs       []string `json:"differs,omitempty,omitzero"`
	ExactMatch    float64  `json:"exact_match,omitempty,omitzero"`
	Gained        int64    `json:"gained,omitempty,omitzero"`

	// LogprobShift null when it was not measured
	LogprobShift    *float64     `json:"logprob_shift,omitempty"`
	Loss            float64      `json:"loss,omitempty,omitzero"`
	LossUpper       float64      `json:"loss_upper,omitempty,omitzero"`
	Lost            int64        `json:"lost,omitempty,omitzero"`
	McnemarP        float64      `json:"mcnemar_p,omitempty,omitzero"`
	NonInferiorityP float64      `json:"non_inferiority_p,omitempty,omitzero"`
	Plan            *QualityPlan `json:"plan,omitempty"`
	Prompts         int64        `json:"prompts,omitempty,omitzero"`
	Reason          string       `json:"reason,omitempty,omitzero"`
	TokenAgreement  float64      `json:"token_agreement,omitempty,omitzero"`
	Verdict         string       `json:"verdict,omitempty,omitzero"`
}

// QualityInput defines model for QualityInput.
type QualityInput struct {
	// GoldenJsonl A set of prompts, one JSON object a line with prompt and expected (the answer) or pattern (a regular expression that it matches). It is kept, and golden_set is its ID from then on.
	GoldenJsonl string `json:"golden_jsonl,omitempty,omitzero"`

	// GoldenSet ID of a set of prompts given before; built-in prompts by default.
	GoldenSet string `json:"golden_set,omitempty,omitzero"`

	// Margin Greatest tolerated share of prompts that the candidate loses; 0.02 by default.
	//
	// Examples: 0.02
	Margin float64 `json:"margin,omitempty,omitzero"`

	// Samples How many prompts are asked; as many as the plan needs by default.
	Samples int64 `json:"samples,omitempty,omitzero"`
}

// QualityPlan defines model for QualityPlan.
type QualityPlan struct {
	Alpha       float64 `json:"alpha,omitempty,omitzero"`
	Discordance float64 `json:"discordance,omitempty,omitzero"`
	Formula     string  `json:"formula,omitempty,omitzero"`
	Margin      float64 `json:"margin,omitempty,omitzero"`
	Power       float64 `json:"power,omitempty,omitzero"`
	Prompts     int64   `json:"prompts,omitempty,omitzero"`
}

// QualityPolicy defines model for QualityPolicy.
type QualityPolicy struct {
	GoldenSet string  `json:"golden_set,omitempty,omitzero"`
	Margin    float64 `json:"margin,omitempty,omitzero"`
	Samples   int64   `json:"samples,omitempty,omitzero"`
}

// Quantiles defines model for Quantiles.
type Quantiles struct {
	AtLeast []string `json:"at_least,omitempty,omitzero"`
	Count   float64  `json:"count,omitempty,omitzero"`

	// MeanSeconds null when it was not measured
	MeanSeconds *float64 `json:"mean_seconds,omitempty"`

	// P50Seconds null when it was not measured
	P50Seconds *float64 `json:"p50_seconds,omitempty"`

	// P90Seconds null when it was not measured
	P90Seconds *float64 `json:"p90_seconds,omitempty"`

	// P95Seconds null when it was not measured
	P95Seconds *float64 `json:"p95_seconds,omitempty"`

	// P99Seconds null when it was not measured
	P99Seconds *float64 `json:"p99_seconds,omitempty"`
}

// Reading defines model for Reading.
type Reading struct {
	// AcceptedTokens null when it was not measured
	AcceptedTokens *float64   `json:"accepted_tokens,omitempty"`
	Decode         *Histogram `json:"decode,omitempty"`
	Derived        []Derived  `json:"derived,omitempty,omitzero"`

	// DraftTokens null when it was not measured
	DraftTokens *float64   `json:"draft_tokens,omitempty"`
	E2E         *Histogram `json:"e2e,omitempty"`
	Endpoint    string     `json:"endpoint,omitempty,omitzero"`
	Engine      string     `json:"engine,omitempty,omitzero"`

	// EngineSteps null when it was not measured
	EngineSteps *float64 `json:"engine_steps,omitempty"`

	// Errors null when it was not measured
	Errors           *float64           `json:"errors,omitempty"`
	FinishedByReason map[string]float64 `json:"finished_by_reason,omitempty,omitzero"`

	// GenerationTokens null when it was not measured
	GenerationTokens *float64 `json:"generation_tokens,omitempty"`

	// GPUMemoryTotalBytes null when it was not measured
	GPUMemoryTotalBytes *float64 `json:"gpu_memory_total_bytes,omitempty"`

	// GPUMemoryUsedBytes null when it was not measured
	GPUMemoryUsedBytes *float64 `json:"gpu_memory_used_bytes,omitempty"`

	// GPUUtilization null when it was not measured
	GPUUtilization *float64   `json:"gpu_utilization,omitempty"`
	ITL            *Histogram `json:"itl,omitempty"`

	// KVCapacityTokens null when it was not measured
	KVCapacityTokens *float64 `json:"kv_capacity_tokens,omitempty"`

	// KVReservedTokens null when it was not measured
	KVReservedTokens *float64 `json:"kv_reserved_tokens,omitempty"`

	// KVUsage null when it was not measured
	KVUsage       *float64   `json:"kv_usage,omitempty"`
	Missing       []Missing  `json:"missing,omitempty,omitzero"`
	Model         string     `json:"model,omitempty,omitzero"`
	OutputLengths *Histogram `json:"output_lengths,omitempty"`

	// Preemptions null when it was not measured
	Preemptions *float64   `json:"preemptions,omitempty"`
	Prefill     *Histogram `json:"prefill,omitempty"`

	// PrefixHitTokens null when it was not measured
	PrefixHitTokens *float64 `json:"prefix_hit_tokens,omitempty"`

	// PrefixQueryTokens null when it was not measured
	PrefixQueryTokens *float64 `json:"prefix_query_tokens,omitempty"`

	// ProcessStartedUnix null when it was not measured
	ProcessStartedUnix *float64   `json:"process_started_unix,omitempty"`
	PromptLengths      *Histogram `json:"prompt_lengths,omitempty"`

	// PromptTokens null when it was not measured
	PromptTokens *float64          `json:"prompt_tokens,omitempty"`
	Queue        *Histogram        `json:"queue,omitempty"`
	Revealed     map[string]string `json:"revealed,omitempty,omitzero"`

	// Running null when it was not measured
	Running *float64 `json:"running,omitempty"`

	// Swapped null when it was not measured
	Swapped      *float64   `json:"swapped,omitempty"`
	TakenUnix    float64    `json:"taken_unix,omitempty,omitzero"`
	Tpot         *Histogram `json:"tpot,omitempty"`
	TTFT         *Histogram `json:"ttft,omitempty"`
	Unrecognised []string   `json:"unrecognised,omitempty,omitzero"`
	Version      string     `json:"version,omitempty,omitzero"`

	// Waiting null when it was not measured
	Waiting *float64 `json:"waiting,omitempty"`
}

// Reason defines model for Reason.
type Reason struct {
	Kind string `json:"kind,omitempty,omitzero"`

	// Remaining null when it was not measured
	Remaining *float64  `json:"remaining,omitempty"`
	Slo       string    `json:"slo,omitempty,omitzero"`
	Text      string    `json:"text,omitempty,omitzero"`
	Until     time.Time `json:"until,omitempty,omitzero"`
}

// Recommendation defines model for Recommendation.
type Recommendation struct {
	Changes       []FlagChange `json:"changes,omitempty,omitzero"`
	Effect        *Effect      `json:"effect,omitempty"`
	Family        string       `json:"family,omitempty,omitzero"`
	For           []string     `json:"for,omitempty,omitzero"`
	ID            string       `json:"id,omitempty,omitzero"`
	Mechanism     string       `json:"mechanism,omitempty,omitzero"`
	Prerequisites []string     `json:"prerequisites,omitempty,omitzero"`
	Rationale     string       `json:"rationale,omitempty,omitzero"`
	Risk          string       `json:"risk,omitempty,omitzero"`
	Source        string       `json:"source,omitempty,omitzero"`
	Title         string       `json:"title,omitempty,omitzero"`
	Undo          string       `json:"undo,omitempty,omitzero"`
	WrongIf       string       `json:"wrong_if,omitempty,omitzero"`
}

// RecommendationRecord defines model for RecommendationRecord.
type RecommendationRecord struct {
	AnalysisID     string          `json:"analysis_id,omitempty,omitzero"`
	CreatedAt      time.Time       `json:"created_at,omitempty,omitzero"`
	DecidedAt      time.Time       `json:"decided_at,omitempty,omitzero"`
	DecidedBy      string          `json:"decided_by,omitempty,omitzero"`
	Fleet          string          `json:"fleet,omitempty,omitzero"`
	ID             string          `json:"id,omitempty,omitzero"`
	Recommendation *Recommendation `json:"recommendation,omitempty"`
	Status         string          `json:"status,omitempty,omitzero"`
}

// Refusals defines model for Refusals.
type Refusals struct {
	CapabilityCuts int64    `json:"capability_cuts,omitempty,omitzero"`
	Invalid        int64    `json:"invalid,omitempty,omitzero"`
	Pointless      int64    `json:"pointless,omitempty,omitzero"`
	Reasons        []string `json:"reasons,omitempty,omitzero"`
	Risks          int64    `json:"risks,omitempty,omitzero"`
	UnknownFlags   int64    `json:"unknown_flags,omitempty,omitzero"`
}

// ReplicaLoad defines model for ReplicaLoad.
type ReplicaLoad struct {
	Endpoint string `json:"endpoint,omitempty,omitzero"`

	// KVUsage null when it was not measured
	KVUsage *float64 `json:"kv_usage,omitempty"`

	// Requests null when it was not measured
	Requests *float64 `json:"requests,omitempty"`

	// Running null when it was not measured
	Running *float64 `json:"running,omitempty"`

	// Waiting null when it was not measured
	Waiting *float64 `json:"waiting,omitempty"`
}

// Report defines model for Report.
type Report struct {
	// Alarm Somebody must look: the way back failed.
	Alarm           bool                 `json:"alarm,omitempty,omitzero"`
	Breaches        []ReportBreach       `json:"breaches,omitempty,omitzero"`
	Budgets         []ReportBudgetDuring `json:"budgets,omitempty,omitzero"`
	Caveats         []string             `json:"caveats,omitempty,omitzero"`
	Change          *ReportChange        `json:"change,omitempty"`
	ClosedAt        time.Time            `json:"closed_at,omitempty,omitzero"`
	Compared        *ReportCompared      `json:"compared,omitempty"`
	Cost            *ReportCost          `json:"cost,omitempty"`
	Decision        *ReportDecision      `json:"decision,omitempty"`
	Findings        []Bottleneck         `json:"findings,omitempty,omitzero"`
	Fleet           string               `json:"fleet,omitempty,omitzero"`
	GeneratedAt     time.Time            `json:"generated_at,omitempty,omitzero"`
	Headline        string               `json:"headline,omitempty,omitzero"`
	Objectives      []Objective          `json:"objectives,omitempty,omitzero"`
	Outcome         string               `json:"outcome,omitempty,omitzero"`
	Phase           string               `json:"phase,omitempty,omitzero"`
	Production      string               `json:"production,omitempty,omitzero"`
	Reason          string               `json:"reason,omitempty,omitzero"`
	Recommendations []Recommendation     `json:"recommendations,omitempty,omitzero"`
	Rollout         *ReportRolloutStory  `json:"rollout,omitempty"`
	RunID           string               `json:"run_id,omitempty,omitzero"`
	Running         bool                 `json:"running,omitempty,omitzero"`
	Search          *Experiment          `json:"search,omitempty"`
	Seconds         float64              `json:"seconds,omitempty,omitzero"`
	Setting         *ReportSetting       `json:"setting,omitempty"`
	StartedAt       time.Time            `json:"started_at,omitempty,omitzero"`
	Story           []ReportLine         `json:"story,omitempty,omitzero"`
	Tried           []ReportTried        `json:"tried,omitempty,omitzero"`
	WorkflowID      string               `json:"workflow_id,omitempty,omitzero"`
	Workload        *Workload            `json:"workload,omitempty"`
}

// ReportBreach defines model for ReportBreach.
type ReportBreach struct {
	OpenedAt   time.Time `json:"opened_at,omitempty,omitzero"`
	Reason     string    `json:"reason,omitempty,omitzero"`
	ResolvedAt time.Time `json:"resolved_at,omitempty,omitzero"`
	Slo        string    `json:"slo,omitempty,omitzero"`
	Variant    string    `json:"variant,omitempty,omitzero"`
}

// ReportBudgetDuring defines model for ReportBudgetDuring.
type ReportBudgetDuring struct {
	Bad    float64 `json:"bad,omitempty,omitzero"`
	Counts string  `json:"counts,omitempty,omitzero"`
	Good   float64 `json:"good,omitempty,omitzero"`

	// Missed null when it was not measured
	Missed    *float64   `json:"missed,omitempty"`
	Objective *Objective `json:"objective,omitempty"`

	// RemainingAfter null when it was not measured
	RemainingAfter *float64 `json:"remaining_after,omitempty"`

	// RemainingBefore null when it was not measured
	RemainingBefore *float64      `json:"remaining_before,omitempty"`
	Series          []ReportSlice `json:"series,omitempty,omitzero"`
	Share           float64       `json:"share,omitempty,omitzero"`
}

// ReportChange defines model for ReportChange.
type ReportChange struct {
	CommandAfter  []string     `json:"command_after,omitempty,omitzero"`
	CommandBefore []string     `json:"command_before,omitempty,omitzero"`
	Flags         []FlagChange `json:"flags,omitempty,omitzero"`
	Shipped       bool         `json:"shipped,omitempty,omitzero"`
	Text          string       `json:"text,omitempty,omitzero"`
	Undo          *ReportUndo  `json:"undo,omitempty"`
}

// ReportCommand defines model for ReportCommand.
type ReportCommand struct {
	Line string `json:"line,omitempty,omitzero"`
	Says string `json:"says,omitempty,omitzero"`
}

// ReportCompared defines model for ReportCompared.
type ReportCompared struct {
	After      *ReportSide `json:"after,omitempty"`
	AfterName  string      `json:"after_name,omitempty,omitzero"`
	Before     *ReportSide `json:"before,omitempty"`
	BeforeName string      `json:"before_name,omitempty,omitzero"`
	Gain       *Comparison `json:"gain,omitempty"`
	Rows       []ReportRow `json:"rows,omitempty,omitzero"`

	// Won After is the run's winner, not only the best that was tried.
	Won bool `json:"won,omitempty,omitzero"`
}

// ReportCost defines model for ReportCost.
type ReportCost struct {
	AfterPerMillionTokens  float64 `json:"after_per_million_tokens,omitempty,omitzero"`
	BeforePerMillionTokens float64 `json:"before_per_million_tokens,omitempty,omitzero"`
	Known                  bool    `json:"known,omitempty,omitzero"`
	Text                   string  `json:"text,omitempty,omitzero"`
}

// ReportDecision defines model for ReportDecision.
type ReportDecision struct {
	Drift  *Drift      `json:"drift,omitempty"`
	Gain   *Comparison `json:"gain,omitempty"`
	Text   string      `json:"text,omitempty,omitzero"`
	Trial  int64       `json:"trial,omitempty,omitzero"`
	Winner string      `json:"winner,omitempty,omitzero"`
}

// ReportLatency defines model for ReportLatency.
type ReportLatency struct {
	Metric  string          `json:"metric,omitempty,omitzero"`
	Summary *LatencySummary `json:"summary,omitempty"`
}

// ReportLine defines model for ReportLine.
type ReportLine struct {
	At   time.Time `json:"at,omitempty,omitzero"`
	Text string    `json:"text,omitempty,omitzero"`
	Type string    `json:"type,omitempty,omitzero"`
}

// ReportRolloutStory defines model for ReportRolloutStory.
type ReportRolloutStory struct {
	ApprovedBy string        `json:"approved_by,omitempty,omitzero"`
	ClosedAt   time.Time     `json:"closed_at,omitempty,omitzero"`
	ID         string        `json:"id,omitempty,omitzero"`
	Outcome    string        `json:"outcome,omitempty,omitzero"`
	Phase      string        `json:"phase,omitempty,omitzero"`
	Reason     string        `json:"reason,omitempty,omitzero"`
	RestoredAt time.Time     `json:"restored_at,omitempty,omitzero"`
	Stages     []ReportStage `json:"stages,omitempty,omitzero"`
	StartedAt  time.Time     `json:"started_at,omitempty,omitzero"`
	Violation  *Violation    `json:"violation,omitempty"`
	WorkflowID string        `json:"workflow_id,omitempty,omitzero"`
}

// ReportRow defines model for ReportRow.
type ReportRow struct {
	// After null when it was not measured
	After *float64 `json:"after,omitempty"`

	// AfterHigh null when it was not measured
	AfterHigh *float64 `json:"after_high,omitempty"`

	// AfterLow null when it was not measured
	AfterLow *float64 `json:"after_low,omitempty"`

	// Before null when it was not measured
	Before *float64 `json:"before,omitempty"`

	// BeforeHigh null when it was not measured
	BeforeHigh *float64 `json:"before_high,omitempty"`

	// BeforeLow null when it was not measured
	BeforeLow    *float64 `json:"before_low,omitempty"`
	Kind         string   `json:"kind,omitempty,omitzero"`
	LessIsBetter bool     `json:"less_is_better,omitempty,omitzero"`
	Name         string   `json:"name,omitempty,omitzero"`

	// Ratio null when it was not measured
	Ratio *float64 `json:"ratio,omitempty"`
}

// ReportRung defines model for ReportRung.
type ReportRung struct {
	E2E        *LatencySummary `json:"e2e,omitempty"`
	GoodputRPS float64         `json:"goodput_rps,omitempty,omitzero"`
	ITL        *LatencySummary `json:"itl,omitempty"`
	RateRPS    float64         `json:"rate_rps,omitempty,omitzero"`
	TTFT       *LatencySummary `json:"ttft,omitempty"`
	Verdict    string          `json:"verdict,omitempty,omitzero"`
	Why        string          `json:"why,omitempty,omitzero"`
}

// ReportSetting defines model for ReportSetting.
type ReportSetting struct {
	Engine string `json:"engine,omitempty,omitzero"`
	GPU    string `json:"gpu,omitempty,omitzero"`

	// Gpus Per replica.
	Gpus     int64  `json:"gpus,omitempty,omitzero"`
	Model    string `json:"model,omitempty,omitzero"`
	Replicas int64  `json:"replicas,omitempty,omitzero"`

	// Simulated The engines call themselves simulated: no figure is of a real GPU.
	Simulated bool   `json:"simulated,omitempty,omitzero"`
	Version   string `json:"version,omitempty,omitzero"`
}

// ReportSide defines model for ReportSide.
type ReportSide struct {
	// EstimateHighRPS null when it was not measured
	EstimateHighRPS *float64 `json:"estimate_high_rps,omitempty"`

	// EstimateLowRPS null when it was not measured
	EstimateLowRPS *float64 `json:"estimate_low_rps,omitempty"`

	// EstimateRPS null when it was not measured
	EstimateRPS *float64 `json:"estimate_rps,omitempty"`

	// FailsAtRPS null when it was not measured
	FailsAtRPS            *float64        `json:"fails_at_rps,omitempty"`
	HighestRateRPS        float64         `json:"highest_rate_rps,omitempty,omitzero"`
	Latencies             []ReportLatency `json:"latencies,omitempty,omitzero"`
	OutputTokensPerSecond float64         `json:"output_tokens_per_second,omitempty,omitzero"`
	ReadySeconds          float64         `json:"ready_seconds,omitempty,omitzero"`

	// ReferenceRateRPS Today's rate, at which the latencies are.
	ReferenceRateRPS float64 `json:"reference_rate_rps,omitempty,omitzero"`

	// Requests Behind the latencies.
	Requests int64        `json:"requests,omitempty,omitzero"`
	Rungs    []ReportRung `json:"rungs,omitempty,omitzero"`
	Trial    int64        `json:"trial,omitempty,omitzero"`
}

// ReportSlice defines model for ReportSlice.
type ReportSlice struct {
	AtSeconds float64 `json:"at_seconds,omitempty,omitzero"`
	Bad       float64 `json:"bad,omitempty,omitzero"`
	Good      float64 `json:"good,omitempty,omitzero"`
	Seconds   float64 `json:"seconds,omitempty,omitzero"`
}

// ReportStage defines model for ReportStage.
type ReportStage struct {
	Canary       *ArmSummary  `json:"canary,omitempty"`
	Checks       []JudgeCheck `json:"checks,omitempty,omitzero"`
	ComparedWith string       `json:"compared_with,omitempty,omitzero"`
	HardAbort    bool         `json:"hard_abort,omitempty,omitzero"`
	Notes        []string     `json:"notes,omitempty,omitzero"`
	Other        *ArmSummary  `json:"other,omitempty"`
	Seconds      float64      `json:"seconds,omitempty,omitzero"`
	Sentence     string       `json:"sentence,omitempty,omitzero"`
	StartedAt    time.Time    `json:"started_at,omitempty,omitzero"`
	Verdict      string       `json:"verdict,omitempty,omitzero"`
	Weight       int64        `json:"weight,omitempty,omitzero"`
}

// ReportTried defines model for ReportTried.
type ReportTried struct {
	// Change The changes in a line.
	Change  string       `json:"change,omitempty,omitzero"`
	Changes []FlagChange `json:"changes,omitempty,omitzero"`

	// E2EP95Seconds null when it was not measured
	E2EP95Seconds *float64 `json:"e2e_p95_seconds,omitempty"`

	// FailsAtRPS null when it was not measured
	FailsAtRPS     *float64 `json:"fails_at_rps,omitempty"`
	HighestRateRPS float64  `json:"highest_rate_rps,omitempty,omitzero"`

	// ITLP95Seconds null when it was not measured
	ITLP95Seconds *float64 `json:"itl_p95_seconds,omitempty"`
	Means         string   `json:"means,omitempty,omitzero"`
	Name          string   `json:"name,omitempty,omitzero"`
	Number        int64    `json:"number,omitempty,omitzero"`
	Purpose       string   `json:"purpose,omitempty,omitzero"`
	Quality       string   `json:"quality,omitempty,omitzero"`
	QualityReason string   `json:"quality_reason,omitempty,omitzero"`

	// Ratio Of the highest rates: this trial's over the present configuration's.
	Ratio   *float64 `json:"ratio,omitempty"`
	Seconds float64  `json:"seconds,omitempty,omitzero"`
	Status  string   `json:"status,omitempty,omitzero"`

	// TTFTP95Seconds null when it was not measured
	TTFTP95Seconds *float64 `json:"ttft_p95_seconds,omitempty"`
	Verdict        string   `json:"verdict,omitempty,omitzero"`
	Why            string   `json:"why,omitempty,omitzero"`
	Winner         bool     `json:"winner,omitempty,omitzero"`
}

// ReportUndo defines model for ReportUndo.
type ReportUndo struct {
	Commands []ReportCommand `json:"commands,omitempty,omitzero"`
	Text     string          `json:"text,omitempty,omitzero"`
}

// RolloutInput defines model for RolloutInput.
type RolloutInput struct {
	// ApprovalTimeoutSeconds 0 is the workflow's default of 24 hours.
	ApprovalTimeoutSeconds float64 `json:"approval_timeout_seconds,omitempty,omitzero"`

	// Changes Changes to the fleet's present configuration; to null takes a flag away.
	Changes []FlagChange `json:"changes,omitempty,omitzero"`

	// CommandLine The command the engine is started with.
	//
	// Examples: vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 16
	CommandLine string        `json:"command_line,omitempty,omitzero"`
	Config      *EngineConfig `json:"config,omitempty"`

	// OverrideReason Why it may begin although an error budget is spent or changes are frozen; kept in the audit log.
	OverrideReason string `json:"override_reason,omitempty,omitzero"`
	Plan           *Plan  `json:"plan,omitempty"`

	// RequireApproval Wait for approve before production is touched. By default what the fleet's policy says.
	RequireApproval bool `json:"require_approval,omitempty,omitzero"`

	// SkipQuality Ship a change that answers depend on without a trial that passed the quality gate and without comparing answers in staging first. Needs skip_quality_reason.
	SkipQuality bool `json:"skip_quality,omitempty,omitzero"`

	// SkipQualityReason Why, for the audit log and the rollout's record.
	SkipQualityReason string `json:"skip_quality_reason,omitempty,omitzero"`
}

// RolloutPlan defines model for RolloutPlan.
type RolloutPlan struct {
	// LeastSeconds null when it was not measured
	LeastSeconds      *float64 `json:"least_seconds,omitempty"`
	MostExtraReplicas int64    `json:"most_extra_replicas,omitempty,omitzero"`

	// PromoteSeconds null when it was not measured
	PromoteSeconds *float64 `json:"promote_seconds,omitempty"`

	// ReadySeconds null when it was not measured
	ReadySeconds *float64 `json:"ready_seconds,omitempty"`

	// RestoreSeconds null when it was not measured
	RestoreSeconds *float64 `json:"restore_seconds,omitempty"`

	// StableReadySeconds null when it was not measured
	StableReadySeconds *float64    `json:"stable_ready_seconds,omitempty"`
	Stages             []StagePlan `json:"stages,omitempty,omitzero"`
}

// RolloutRecord defines model for RolloutRecord.
type RolloutRecord struct {
	ApprovedBy string        `json:"approved_by,omitempty,omitzero"`
	ClosedAt   time.Time     `json:"closed_at,omitempty,omitzero"`
	Fleet      string        `json:"fleet,omitempty,omitzero"`
	From       *EngineConfig `json:"from,omitempty"`
	ID         string        `json:"id,omitempty,omitzero"`
	Outcome    string        `json:"outcome,omitempty,omitzero"`
	Phase      string        `json:"phase,omitempty,omitzero"`
	Plan       *RolloutPlan  `json:"plan,omitempty"`
	Reason     string        `json:"reason,omitempty,omitzero"`
	RestoredAt time.Time     `json:"restored_at,omitempty,omitzero"`
	RunID      string        `json:"run_id,omitempty,omitzero"`
	StartedAt  time.Time     `json:"started_at,omitempty,omitzero"`
	To         *EngineConfig `json:"to,omitempty"`
	UpdatedAt  time.Time     `json:"updated_at,omitempty,omitzero"`
	Vetting    *Vetting      `json:"vetting,omitempty"`
	Violation  *Violation    `json:"violation,omitempty"`
	Weight     int64         `json:"weight,omitempty,omitzero"`
	WorkflowID string        `json:"workflow_id,omitempty,omitzero"`
}

// RolloutResult defines model for RolloutResult.
type RolloutResult struct {
	Advice       *Advice        `json:"advice,omitempty"`
	Gates        []GateDecision `json:"gates,omitempty,omitzero"`
	Outcome      string         `json:"outcome,omitempty,omitzero"`
	Reason       string         `json:"reason,omitempty,omitzero"`
	RestoredUnix float64        `json:"restored_unix,omitempty,omitzero"`
	RunID        string         `json:"run_id,omitempty,omitzero"`
	Stages       []StageResult  `json:"stages,omitempty,omitzero"`
	Violation    *Violation     `json:"violation,omitempty"`
	WorkflowID   string         `json:"workflow_id,omitempty,omitzero"`
}

// RolloutStatus defines model for RolloutStatus.
type RolloutStatus struct {
	Advice    *Advice        `json:"advice,omitempty"`
	Behind    string         `json:"behind,omitempty,omitzero"`
	Fleet     string         `json:"fleet,omitempty,omitzero"`
	From      *EngineConfig  `json:"from,omitempty"`
	Gates     []GateDecision `json:"gates,omitempty,omitzero"`
	Outcome   string         `json:"outcome,omitempty,omitzero"`
	Paused    bool           `json:"paused,omitempty,omitzero"`
	Phase     string         `json:"phase,omitempty,omitzero"`
	Plan      *RolloutPlan   `json:"plan,omitempty"`
	Reason    string         `json:"reason,omitempty,omitzero"`
	Slot      *SlotRequest   `json:"slot,omitempty"`
	Stages    []StageResult  `json:"stages,omitempty,omitzero"`
	To        *EngineConfig  `json:"to,omitempty"`
	Vetting   *Vetting       `json:"vetting,omitempty"`
	Violation *Violation     `json:"violation,omitempty"`
	Weight    int64          `json:"weight,omitempty,omitzero"`
}

// RolloutView defines model for RolloutView.
type RolloutView struct {
	ApprovedBy string         `json:"approved_by,omitempty,omitzero"`
	ClosedAt   time.Time      `json:"closed_at,omitempty,omitzero"`
	Fleet      string         `json:"fleet,omitempty,omitzero"`
	From       *EngineConfig  `json:"from,omitempty"`
	ID         string         `json:"id,omitempty,omitzero"`
	Live       *RolloutStatus `json:"live,omitempty"`
	Outcome    string         `json:"outcome,omitempty,omitzero"`

	// Partial The store does not answer: this is only what the workflow says of itself.
	Partial    bool          `json:"partial,omitempty,omitzero"`
	Phase      string        `json:"phase,omitempty,omitzero"`
	Plan       *RolloutPlan  `json:"plan,omitempty"`
	Reason     string        `json:"reason,omitempty,omitzero"`
	RestoredAt time.Time     `json:"restored_at,omitempty,omitzero"`
	RunID      string        `json:"run_id,omitempty,omitzero"`
	StartedAt  time.Time     `json:"started_at,omitempty,omitzero"`
	To         *EngineConfig `json:"to,omitempty"`
	UpdatedAt  time.Time     `json:"updated_at,omitempty,omitzero"`
	Vetting    *Vetting      `json:"vetting,omitempty"`
	Violation  *Violation    `json:"violation,omitempty"`
	Weight     int64         `json:"weight,omitempty,omitzero"`
	WorkflowID string        `json:"workflow_id,omitempty,omitzero"`
}

// RouteRule defines model for RouteRule.
type RouteRule struct {
	Header  string `json:"header,omitempty,omitzero"`
	Value   string `json:"value,omitempty,omitzero"`
	Variant string `json:"variant,omitempty,omitzero"`
}

// RunRecord defines model for RunRecord.
type RunRecord struct {
	Advisor     *Insight               `json:"advisor,omitempty"`
	Baseline    *RunSide               `json:"baseline,omitempty"`
	ClosedAt    time.Time              `json:"closed_at,omitempty,omitzero"`
	Drift       *Drift                 `json:"drift,omitempty"`
	Experiment  *Experiment            `json:"experiment,omitempty"`
	Findings    []Bottleneck           `json:"findings,omitempty,omitzero"`
	Fleet       string                 `json:"fleet,omitempty,omitzero"`
	Front       []RunSide              `json:"front,omitempty,omitzero"`
	Gain        *Comparison            `json:"gain,omitempty"`
	ID          string                 `json:"id,omitempty,omitzero"`
	Outcome     string                 `json:"outcome,omitempty,omitzero"`
	Phase       string                 `json:"phase,omitempty,omitzero"`
	Reason      string                 `json:"reason,omitempty,omitzero"`
	RequestedBy string                 `json:"requested_by,omitempty,omitzero"`
	RolloutID   string                 `json:"rollout_id,omitempty,omitzero"`
	Sources     []SourceScore          `json:"sources,omitempty,omitzero"`
	StartedAt   time.Time              `json:"started_at,omitempty,omitzero"`
	Times       map[string]interface{} `json:"times,omitempty,omitzero"`
	UpdatedAt   time.Time              `json:"updated_at,omitempty,omitzero"`
	Winner      *RunSide               `json:"winner,omitempty"`
	WorkflowID  string                 `json:"workflow_id,omitempty,omitzero"`
	Workload    *Workload              `json:"workload,omitempty"`
}

// RunSide defines model for RunSide.
type RunSide struct {
	Config                *EngineConfig `json:"config,omitempty"`
	CostPerMillionTokens  float64       `json:"cost_per_million_tokens,omitempty,omitzero"`
	E2EP95Seconds         float64       `json:"e2e_p95_seconds,omitempty,omitzero"`
	GoodputRPS            float64       `json:"goodput_rps,omitempty,omitzero"`
	ITLP95Seconds         float64       `json:"itl_p95_seconds,omitempty,omitzero"`
	Name                  string        `json:"name,omitempty,omitzero"`
	OutputTokensPerSecond float64       `json:"output_tokens_per_second,omitempty,omitzero"`
	ReadySeconds          float64       `json:"ready_seconds,omitempty,omitzero"`
	TTFTP95Seconds        float64       `json:"ttft_p95_seconds,omitempty,omitzero"`
}

// RunView defines model for RunView.
type RunView struct {
	Advisor    *Insight        `json:"advisor,omitempty"`
	Baseline   *RunSide        `json:"baseline,omitempty"`
	ClosedAt   time.Time       `json:"closed_at,omitempty,omitzero"`
	Drift      *Drift          `json:"drift,omitempty"`
	Experiment *Experiment     `json:"experiment,omitempty"`
	Findings   []Bottleneck    `json:"findings,omitempty,omitzero"`
	Fleet      string          `json:"fleet,omitempty,omitzero"`
	Front      []RunSide       `json:"front,omitempty,omitzero"`
	Gain       *Comparison     `json:"gain,omitempty"`
	ID         string          `json:"id,omitempty,omitzero"`
	Live       *OptimizeStatus `json:"live,omitempty"`
	Outcome    string          `json:"outcome,omitempty,omitzero"`

	// Partial The store does not answer: this is only what the workflow says of itself.
	Partial     bool                   `json:"partial,omitempty,omitzero"`
	Phase       string                 `json:"phase,omitempty,omitzero"`
	Reason      string                 `json:"reason,omitempty,omitzero"`
	RequestedBy string                 `json:"requested_by,omitempty,omitzero"`
	RolloutID   string                 `json:"rollout_id,omitempty,omitzero"`
	Sources     []SourceScore          `json:"sources,omitempty,omitzero"`
	StartedAt   time.Time              `json:"started_at,omitempty,omitzero"`
	Times       map[string]interface{} `json:"times,omitempty,omitzero"`
	UpdatedAt   time.Time              `json:"updated_at,omitempty,omitzero"`
	Winner      *RunSide               `json:"winner,omitempty"`
	WorkflowID  string                 `json:"workflow_id,omitempty,omitzero"`
	Workload    *Workload              `json:"workload,omitempty"`
}

// SLOReport defines model for SLOReport.
type SLOReport struct {
	// Budgets Each objective over its whole window, by what the monitor counted of stable. Without traffic, or before the fleet was watched, there is no data.
	Budgets []SloReport `json:"budgets,omitempty,omitzero"`
	Fleet   string      `json:"fleet,omitempty,omitzero"`

	// Source Who saw the requests: the router's last minute, or else the engines' latest measurement.
	Source   SLOReportSource `json:"source,omitempty,omitzero"`
	Statuses []SloStatus     `json:"statuses,omitempty,omitzero"`
	TakenAt  time.Time       `json:"taken_at,omitempty,omitzero"`

	// Trial The canary and its baseline on short windows, while they have traffic.
	Trial []SloReport `json:"trial,omitempty,omitzero"`
}

// SLOReportSource Who saw the requests: the router's last minute, or else the engines' latest measurement.
type SLOReportSource string

// ScheduleInput defines model for ScheduleInput.
type ScheduleInput struct {
	// CatchUpSeconds How late a run may still begin after Temporal, a worker or the store was away; 600 by default.
	CatchUpSeconds int64 `json:"catch_up_seconds,omitempty,omitzero"`

	// Cron Minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly.
	//
	// Examples: 0 3 * * 1-5
	Cron string `json:"cron,omitempty,omitzero"`

	// EndAt Nothing is due from then on.
	EndAt time.Time `json:"end_at,omitempty,omitzero"`

	// IntervalSeconds Instead of cron; counted from 1970-01-01T00:00:00Z, so 3600 is on the hour.
	IntervalSeconds int64 `json:"interval_seconds,omitempty,omitzero"`

	// JitterSeconds Each time is put off at random by at most so much.
	JitterSeconds int64 `json:"jitter_seconds,omitempty,omitzero"`

	// Name Unique among the fleet's schedules.
	//
	// Examples: nightly
	Name string `json:"name"`

	// Overlap A time that comes while a run or a rollout works on the fleet is skipped and recorded; there is no other policy.
	Overlap ScheduleInputOverlap `json:"overlap,omitempty,omitzero"`

	// PauseReason Why it is paused, for others.
	PauseReason string `json:"pause_reason,omitempty,omitzero"`

	// Paused true pauses, false resumes; a run that is under way goes on.
	Paused bool             `json:"paused,omitempty,omitzero"`
	Run    *OptimizeOptions `json:"run,omitempty"`

	// StartAt Nothing is due before.
	StartAt time.Time `json:"start_at,omitempty,omitzero"`

	// TimeZone IANA name in which cron is read; UTC by default.
	//
	// Examples: Europe/Berlin
	TimeZone string `json:"time_zone,omitempty,omitzero"`
}

// ScheduleInputOverlap A time that comes while a run or a rollout works on the fleet is skipped and recorded; there is no other policy.
type ScheduleInputOverlap string

// ScheduleView defines model for ScheduleView.
type ScheduleView struct {
	// CatchUpSeconds How late a run may still begin after Temporal, a worker or the store was away; 600 by default.
	CatchUpSeconds int64     `json:"catch_up_seconds,omitempty,omitzero"`
	CreatedAt      time.Time `json:"created_at,omitempty,omitzero"`
	CreatedBy      string    `json:"created_by,omitempty,omitzero"`

	// Cron Minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly.
	//
	// Examples: 0 3 * * 1-5
	Cron string `json:"cron,omitempty,omitzero"`

	// EndAt Nothing is due from then on.
	EndAt      time.Time `json:"end_at,omitempty,omitzero"`
	Fleet      string    `json:"fleet,omitempty,omitzero"`
	Generation int64     `json:"generation,omitempty,omitzero"`
	ID         string    `json:"id,omitempty,omitzero"`

	// IntervalSeconds Instead of cron; counted from 1970-01-01T00:00:00Z, so 3600 is on the hour.
	IntervalSeconds int64 `json:"interval_seconds,omitempty,omitzero"`

	// JitterSeconds Each time is put off at random by at most so much.
	JitterSeconds int64 `json:"jitter_seconds,omitempty,omitzero"`

	// Last The last five times, the latest first.
	Last []OccurrenceView `json:"last,omitempty,omitzero"`

	// Missed Times that came while Temporal was away for longer than catch_up_seconds.
	Missed int64  `json:"missed,omitempty,omitzero"`
	Name   string `json:"name,omitempty,omitzero"`

	// NextTimes The next five; none while it is paused.
	NextTimes []time.Time `json:"next_times,omitempty,omitzero"`
	Overlap   string      `json:"overlap,omitempty,omitzero"`

	// Partial Temporal does not answer: next_times is not known.
	Partial     bool             `json:"partial,omitempty,omitzero"`
	PauseReason string           `json:"pause_reason,omitempty,omitzero"`
	Paused      bool             `json:"paused,omitempty,omitzero"`
	PausedAt    time.Time        `json:"paused_at,omitempty,omitzero"`
	PausedBy    string           `json:"paused_by,omitempty,omitzero"`
	Run         *OptimizeOptions `json:"run,omitempty"`

	// StartAt Nothing is due before.
	StartAt time.Time `json:"start_at,omitempty,omitzero"`

	// TimeZone IANA name in which cron is read; UTC by default.
	//
	// Examples: Europe/Berlin
	TimeZone  string    `json:"time_zone,omitempty,omitzero"`
	UpdatedAt time.Time `json:"updated_at,omitempty,omitzero"`
}

// Series defines model for Series.
type Series struct {
	// Better In which direction the metric improves.
	Better string `json:"better,omitempty,omitzero"`
	Metric string `json:"metric,omitempty,omitzero"`

	// Points In the order of time. A stretch without a snapshot has no point; one in which the metric was not measured is null. Nothing is interpolated.
	Points []SeriesPoint `json:"points,omitempty,omitzero"`
	Unit   string        `json:"unit,omitempty,omitzero"`
}

// SeriesPoint defines model for SeriesPoint.
type SeriesPoint struct {
	// At Beginning of the stretch, or when the snapshot was taken.
	At time.Time `json:"at,omitempty,omitzero"`

	// AtLeast The quantile lies beyond the last bucket: the true value is greater.
	AtLeast bool `json:"at_least,omitempty,omitzero"`

	// Max Greatest level in the stretch, of gauges.
	Max float64 `json:"max,omitempty,omitzero"`

	// ObservedSeconds How long the snapshots' windows are together.
	ObservedSeconds float64 `json:"observed_seconds,omitempty,omitzero"`
	Snapshots       int64   `json:"snapshots,omitempty,omitzero"`

	// Value null when it was not measured
	Value *float64 `json:"value,omitempty"`
}

// SessionInput defines model for SessionInput.
type SessionInput struct {
	// Key An API key.
	Key string `json:"key"`
}

// SessionView defines model for SessionView.
type SessionView struct {
	// Fleets Those the credential is good for; absent: all.
	Fleets []string `json:"fleets,omitempty,omitzero"`

	// Name The actor in records.
	Name string `json:"name,omitempty,omitzero"`
	Role string `json:"role,omitempty,omitzero"`
}

// Sessions defines model for Sessions.
type Sessions struct {
	ThinkSeconds float64  `json:"think_seconds,omitempty,omitzero"`
	Turns        *Lengths `json:"turns,omitempty"`
}

// Share defines model for Share.
type Share struct {
	Percent int64  `json:"percent,omitempty,omitzero"`
	Variant string `json:"variant,omitempty,omitzero"`
}

// SloAlert defines model for SloAlert.
type SloAlert struct {
	Firing bool `json:"firing,omitempty,omitzero"`

	// LongBurn null when it was not measured
	LongBurn *float64 `json:"long_burn,omitempty"`
	Pair     *SloPair `json:"pair,omitempty"`

	// ShortBurn null when it was not measured
	ShortBurn *float64 `json:"short_burn,omitempty"`
}

// SloBudgetStatus defines model for SloBudgetStatus.
type SloBudgetStatus struct {
	Allowed float64 `json:"allowed,omitempty,omitzero"`
	Bad     float64 `json:"bad,omitempty,omitzero"`

	// Compliance null when it was not measured
	Compliance     *float64 `json:"compliance,omitempty"`
	CoveredSeconds float64  `json:"covered_seconds,omitempty,omitzero"`
	Good           float64  `json:"good,omitempty,omitzero"`
	NoData         bool     `json:"no_data,omitempty,omitzero"`

	// Remaining null when it was not measured
	Remaining *float64 `json:"remaining,omitempty"`
}

// SloPair defines model for SloPair.
type SloPair struct {
	Factor       float64 `json:"factor,omitempty,omitzero"`
	LongSeconds  float64 `json:"long_seconds,omitempty,omitzero"`
	MinEvents    float64 `json:"min_events,omitempty,omitzero"`
	Name         string  `json:"name,omitempty,omitzero"`
	Severity     string  `json:"severity,omitempty,omitzero"`
	ShortSeconds float64 `json:"short_seconds,omitempty,omitzero"`
}

// SloReport defines model for SloReport.
type SloReport struct {
	Alerts      []SloAlert       `json:"alerts,omitempty,omitzero"`
	Budget      *SloBudgetStatus `json:"budget,omitempty"`
	BudgetShare float64          `json:"budget_share,omitempty,omitzero"`
	Burns       []SloWindowBurn  `json:"burns,omitempty,omitzero"`
	Counts      string           `json:"counts,omitempty,omitzero"`

	// ExhaustedInSeconds null when it was not measured
	ExhaustedInSeconds *float64   `json:"exhausted_in_seconds,omitempty"`
	Objective          *Objective `json:"objective,omitempty"`
	PeriodSeconds      float64    `json:"period_seconds,omitempty,omitzero"`

	// RecoversUnix null when it was not measured
	RecoversUnix *float64 `json:"recovers_unix,omitempty"`
	Variant      string   `json:"variant,omitempty,omitzero"`
}

// SloStatus defines model for SloStatus.
type SloStatus struct {
	// BeganUnix null when it was not measured
	BeganUnix *float64   `json:"began_unix,omitempty"`
	Breached  bool       `json:"breached,omitempty,omitzero"`
	Fleet     string     `json:"fleet,omitempty,omitzero"`
	Hard      bool       `json:"hard,omitempty,omitzero"`
	NoData    bool       `json:"no_data,omitempty,omitzero"`
	Objective *Objective `json:"objective,omitempty"`

	// Observed null when it was not measured
	Observed *float64 `json:"observed,omitempty"`
	Running  int64    `json:"running,omitempty,omitzero"`
	Samples  int64    `json:"samples,omitempty,omitzero"`
	Sure     bool     `json:"sure,omitempty,omitzero"`
	Variant  string   `json:"variant,omitempty,omitzero"`
}

// SloWindowBurn defines model for SloWindowBurn.
type SloWindowBurn struct {
	Bad float64 `json:"bad,omitempty,omitzero"`

	// Burn null when it was not measured
	Burn          *float64 `json:"burn,omitempty"`
	Good          float64  `json:"good,omitempty,omitzero"`
	WindowSeconds float64  `json:"window_seconds,omitempty,omitzero"`
}

// SlotRequest defines model for SlotRequest.
type SlotRequest struct {
	AskedUnix  float64 `json:"asked_unix,omitempty,omitzero"`
	Behind     string  `json:"behind,omitempty,omitzero"`
	Fleet      string  `json:"fleet,omitempty,omitzero"`
	Group      string  `json:"group,omitempty,omitzero"`
	Limit      int64   `json:"limit,omitempty,omitzero"`
	RunID      string  `json:"run_id,omitempty,omitzero"`
	WorkflowID string  `json:"workflow_id,omitempty,omitzero"`
}

// Slots defines model for Slots.
type Slots struct {
	Holders []SlotRequest `json:"holders,omitempty,omitzero"`
	Limit   int64         `json:"limit,omitempty,omitzero"`
	Waiting []SlotRequest `json:"waiting,omitempty,omitzero"`
}

// SmokeCheck defines model for SmokeCheck.
type SmokeCheck struct {
	Detail string `json:"detail,omitempty,omitzero"`
	Name   string `json:"name,omitempty,omitzero"`
	Ok     bool   `json:"ok,omitempty,omitzero"`
}

// Snapshot defines model for Snapshot.
type Snapshot struct {
	// AcceptedTokens null when it was not measured
	AcceptedTokens *float64   `json:"accepted_tokens,omitempty"`
	Decode         *Histogram `json:"decode,omitempty"`
	Derived        []Derived  `json:"derived,omitempty,omitzero"`

	// DraftTokens null when it was not measured
	DraftTokens *float64   `json:"draft_tokens,omitempty"`
	E2E         *Histogram `json:"e2e,omitempty"`
	EndUnix     float64    `json:"end_unix,omitempty,omitzero"`
	Engine      string     `json:"engine,omitempty,omitzero"`

	// EngineSteps null when it was not measured
	EngineSteps *float64 `json:"engine_steps,omitempty"`

	// Errors null when it was not measured
	Errors           *float64           `json:"errors,omitempty"`
	FinishedByReason map[string]float64 `json:"finished_by_reason,omitempty,omitzero"`
	Fleet            string             `json:"fleet,omitempty,omitzero"`

	// GenerationTokens null when it was not measured
	GenerationTokens *float64 `json:"generation_tokens,omitempty"`

	// GPUMemoryTotalBytes null when it was not measured
	GPUMemoryTotalBytes *float64 `json:"gpu_memory_total_bytes,omitempty"`

	// GPUMemoryUsedBytes null when it was not measured
	GPUMemoryUsedBytes *float64 `json:"gpu_memory_used_bytes,omitempty"`

	// GPUUtilization null when it was not measured
	GPUUtilization *float64   `json:"gpu_utilization,omitempty"`
	ITL            *Histogram `json:"itl,omitempty"`

	// KVCapacityTokens null when it was not measured
	KVCapacityTokens *float64 `json:"kv_capacity_tokens,omitempty"`

	// KVReservedTokens null when it was not measured
	KVReservedTokens *float64 `json:"kv_reserved_tokens,omitempty"`

	// KVUsage null when it was not measured
	KVUsage *float64 `json:"kv_usage,omitempty"`

	// KVUsageMax null when it was not measured
	KVUsageMax    *float64      `json:"kv_usage_max,omitempty"`
	Missing       []Missing     `json:"missing,omitempty,omitzero"`
	Model         string        `json:"model,omitempty,omitzero"`
	OutputLengths *Histogram    `json:"output_lengths,omitempty"`
	PerReplica    []ReplicaLoad `json:"per_replica,omitempty,omitzero"`

	// Preemptions null when it was not measured
	Preemptions *float64   `json:"preemptions,omitempty"`
	Prefill     *Histogram `json:"prefill,omitempty"`

	// PrefixHitTokens null when it was not measured
	PrefixHitTokens *float64 `json:"prefix_hit_tokens,omitempty"`

	// PrefixQueryTokens null when it was not measured
	PrefixQueryTokens *float64   `json:"prefix_query_tokens,omitempty"`
	PromptLengths     *Histogram `json:"prompt_lengths,omitempty"`

	// PromptTokens null when it was not measured
	PromptTokens *float64          `json:"prompt_tokens,omitempty"`
	Queue        *Histogram        `json:"queue,omitempty"`
	Replicas     int64             `json:"replicas,omitempty,omitzero"`
	Revealed     map[string]string `json:"revealed,omitempty,omitzero"`

	// Running null when it was not measured
	Running *float64   `json:"running,omitempty"`
	Tpot    *Histogram `json:"tpot,omitempty"`
	TTFT    *Histogram `json:"ttft,omitempty"`
	Variant string     `json:"variant,omitempty,omitzero"`
	Version string     `json:"version,omitempty,omitzero"`

	// Waiting null when it was not measured
	Waiting       *float64 `json:"waiting,omitempty"`
	WindowSeconds float64  `json:"window_seconds,omitempty,omitzero"`
}

// SnapshotRecord defines model for SnapshotRecord.
type SnapshotRecord struct {
	Fleet    string    `json:"fleet,omitempty,omitzero"`
	ID       int64     `json:"id,omitempty,omitzero"`
	Snapshot *Snapshot `json:"snapshot,omitempty"`
	TakenAt  time.Time `json:"taken_at,omitempty,omitzero"`
	Variant  string    `json:"variant,omitempty,omitzero"`
}

// SourceScore defines model for SourceScore.
type SourceScore struct {
	Better   int64  `json:"better,omitempty,omitzero"`
	Proposed int64  `json:"proposed,omitempty,omitzero"`
	Source   string `json:"source,omitempty,omitzero"`
	Tried    int64  `json:"tried,omitempty,omitzero"`
	Won      int64  `json:"won,omitempty,omitzero"`
}

// SourceView defines model for SourceView.
type SourceView struct {
	Better int64 `json:"better,omitempty,omitzero"`

	// HitRate Share of the tried candidates that beat the best measured before them; null while none was tried.
	HitRate  *float64 `json:"hit_rate,omitempty"`
	Proposed int64    `json:"proposed,omitempty,omitzero"`
	Source   string   `json:"source,omitempty,omitzero"`
	Tried    int64    `json:"tried,omitempty,omitzero"`
	Won      int64    `json:"won,omitempty,omitzero"`
}

// SourcesView defines model for SourcesView.
type SourcesView struct {
	Fleet string `json:"fleet,omitempty,omitzero"`

	// Runs Runs that are counted, the latest.
	Runs    int64        `json:"runs,omitempty,omitzero"`
	Sources []SourceView `json:"sources,omitempty,omitzero"`
}

// StagePlan defines model for StagePlan.
type StagePlan struct {
	BaselineReplicas int64   `json:"baseline_replicas,omitempty,omitzero"`
	CanaryReplicas   int64   `json:"canary_replicas,omitempty,omitzero"`
	MaxSoakSeconds   float64 `json:"max_soak_seconds,omitempty,omitzero"`
	MinSoakSeconds   float64 `json:"min_soak_seconds,omitempty,omitzero"`

	// StartSeconds null when it was not measured
	StartSeconds *float64 `json:"start_seconds,omitempty"`
	Weight       int64    `json:"weight,omitempty,omitzero"`
}

// StageRecord defines model for StageRecord.
type StageRecord struct {
	EndedAt   time.Time  `json:"ended_at,omitempty,omitzero"`
	Fleet     string     `json:"fleet,omitempty,omitzero"`
	Index     int64      `json:"index,omitempty,omitzero"`
	Judgement *Judgement `json:"judgement,omitempty"`
	RolloutID string     `json:"rollout_id,omitempty,omitzero"`
	StartedAt time.Time  `json:"started_at,omitempty,omitzero"`
	Weight    int64      `json:"weight,omitempty,omitzero"`
}

// StageResult defines model for StageResult.
type StageResult struct {
	EndedUnix   float64    `json:"ended_unix,omitempty,omitzero"`
	Index       int64      `json:"index,omitempty,omitzero"`
	Judgement   *Judgement `json:"judgement,omitempty"`
	Judgements  int64      `json:"judgements,omitempty,omitzero"`
	NeedsHuman  bool       `json:"needs_human,omitempty,omitzero"`
	StartedUnix float64    `json:"started_unix,omitempty,omitzero"`
	Weight      int64      `json:"weight,omitempty,omitzero"`
}

// StopRules defines model for StopRules.
type StopRules struct {
	MaxErrorRate   float64 `json:"max_error_rate,omitempty,omitzero"`
	MaxErrors      int64   `json:"max_errors,omitempty,omitzero"`
	OverSaturation bool    `json:"over_saturation,omitempty,omitzero"`
}

// TaskAnswer defines model for TaskAnswer.
type TaskAnswer struct {
	Error string `json:"error,omitempty,omitzero"`

	// ExecutionTimeMs Of the run once it has ended, else of this call.
	ExecutionTimeMs int64            `json:"execution_time_ms,omitempty,omitzero"`
	Result          *TaskResult      `json:"result,omitempty"`
	Status          TaskAnswerStatus `json:"status,omitempty,omitzero"`
	TaskID          string           `json:"task_id,omitempty,omitzero"`
}

// TaskAnswerStatus defines model for TaskAnswer.Status.
type TaskAnswerStatus string

// TaskParameters defines model for TaskParameters.
type TaskParameters struct {
	// Fleet Name of the fleet.
	//
	// Examples: chat
	Fleet   string           `json:"fleet,omitempty,omitzero"`
	Options *OptimizeOptions `json:"options,omitempty"`
}

// TaskRequest defines model for TaskRequest.
type TaskRequest struct {
	Parameters *TaskParameters `json:"parameters,omitempty"`

	// Priority Taken, and without effect: a fleet has one run at a time.
	Priority interface{} `json:"priority,omitempty,omitzero"`
	TaskID   string      `json:"task_id,omitempty,omitzero"`

	// TaskType Examples: tune_inference
	TaskType string `json:"task_type,omitempty,omitzero"`

	// TimeoutSeconds How long the orchestrator waits for the answer; 300 by default. The run goes on beyond it.
	TimeoutSeconds float64 `json:"timeout_seconds,omitempty,omitzero"`
}

// TaskResult defines model for TaskResult.
type TaskResult struct {
	Changes    []FlagChange `json:"changes,omitempty,omitzero"`
	Fleet      string       `json:"fleet,omitempty,omitzero"`
	Gain       *Comparison  `json:"gain,omitempty"`
	Outcome    string       `json:"outcome,omitempty,omitzero"`
	Phase      string       `json:"phase,omitempty,omitzero"`
	Reason     string       `json:"reason,omitempty,omitzero"`
	RunID      string       `json:"run_id,omitempty,omitzero"`
	WorkflowID string       `json:"workflow_id,omitempty,omitzero"`
}

// Throughput defines model for Throughput.
type Throughput struct {
	// ErrorsPerSecond null when it was not measured
	ErrorsPerSecond  *float64           `json:"errors_per_second,omitempty"`
	FinishedByReason map[string]float64 `json:"finished_by_reason,omitempty,omitzero"`

	// GenerationTokensPerSecond null when it was not measured
	GenerationTokensPerSecond *float64 `json:"generation_tokens_per_second,omitempty"`

	// PromptTokensPerSecond null when it was not measured
	PromptTokensPerSecond *float64 `json:"prompt_tokens_per_second,omitempty"`
	Replicas              int64    `json:"replicas,omitempty,omitzero"`

	// RequestsPerSecond null when it was not measured
	RequestsPerSecond *float64 `json:"requests_per_second,omitempty"`

	// Running null when it was not measured
	Running *float64 `json:"running,omitempty"`

	// Waiting null when it was not measured
	Waiting *float64 `json:"waiting,omitempty"`
}

// TraceRequest defines model for TraceRequest.
type TraceRequest struct {
	At     float64 `json:"at,omitempty,omitzero"`
	Output int64   `json:"output,omitempty,omitzero"`
	Prompt int64   `json:"prompt,omitempty,omitzero"`
}

// Traffic defines model for Traffic.
type Traffic struct {
	Backends []Backend `json:"backends,omitempty,omitzero"`
	Weights  *Weights  `json:"weights,omitempty"`
}

// Trend defines model for Trend.
type Trend struct {
	// Change null when it was not measured
	Change       *float64           `json:"change,omitempty"`
	ChangePoints []TrendChangePoint `json:"change_points,omitempty,omitzero"`
	Confidence   float64            `json:"confidence,omitempty,omitzero"`
	Direction    string             `json:"direction,omitempty,omitzero"`
	FirstUnix    float64            `json:"first_unix,omitempty,omitzero"`
	Gaps         *TrendGaps         `json:"gaps,omitempty"`
	LastUnix     float64            `json:"last_unix,omitempty,omitzero"`

	// Median null when it was not measured
	Median *float64 `json:"median,omitempty"`

	// PValue null when it was not measured
	PValue *float64 `json:"p_value,omitempty"`

	// PValueIndependent null when it was not measured
	PValueIndependent *float64 `json:"p_value_independent,omitempty"`
	Points            int64    `json:"points,omitempty,omitzero"`
	Reason            string   `json:"reason,omitempty,omitzero"`

	// RelativeChange null when it was not measured
	RelativeChange *float64 `json:"relative_change,omitempty"`
	Shape          string   `json:"shape,omitempty,omitzero"`

	// SlopePerDay null when it was not measured
	SlopePerDay *float64 `json:"slope_per_day,omitempty"`

	// SlopePerHour null when it was not measured
	SlopePerHour *float64 `json:"slope_per_hour,omitempty"`

	// SlopePerHourHigh null when it was not measured
	SlopePerHourHigh *float64 `json:"slope_per_hour_high,omitempty"`

	// SlopePerHourLow null when it was not measured
	SlopePerHourLow *float64 `json:"slope_per_hour_low,omitempty"`

	// Tau null when it was not measured
	Tau               *float64 `json:"tau,omitempty"`
	Used              int64    `json:"used,omitempty,omitzero"`
	VarianceInflation float64  `json:"variance_inflation,omitempty,omitzero"`
}

// TrendChangePoint defines model for TrendChangePoint.
type TrendChangePoint struct {
	After        float64 `json:"after,omitempty,omitzero"`
	AtUnix       float64 `json:"at_unix,omitempty,omitzero"`
	Before       float64 `json:"before,omitempty,omitzero"`
	Difference   float64 `json:"difference,omitempty,omitzero"`
	PValue       float64 `json:"p_value,omitempty,omitzero"`
	PointsAfter  int64   `json:"points_after,omitempty,omitzero"`
	PointsBefore int64   `json:"points_before,omitempty,omitzero"`

	// RelativeChange null when it was not measured
	RelativeChange *float64 `json:"relative_change,omitempty"`
}

// TrendComparison defines model for TrendComparison.
type TrendComparison struct {
	After      *TrendWindow `json:"after,omitempty"`
	Before     *TrendWindow `json:"before,omitempty"`
	Confidence float64      `json:"confidence,omitempty,omitzero"`

	// Difference null when it was not measured
	Difference *float64 `json:"difference,omitempty"`

	// DifferenceHigh null when it was not measured
	DifferenceHigh *float64 `json:"difference_high,omitempty"`

	// DifferenceLow null when it was not measured
	DifferenceLow *float64 `json:"difference_low,omitempty"`
	Direction     string   `json:"direction,omitempty,omitzero"`

	// Greater null when it was not measured
	Greater *float64 `json:"greater,omitempty"`

	// PValue null when it was not measured
	PValue *float64 `json:"p_value,omitempty"`
	Reason string   `json:"reason,omitempty,omitzero"`

	// RelativeChange null when it was not measured
	RelativeChange    *float64 `json:"relative_change,omitempty"`
	VarianceInflation float64  `json:"variance_inflation,omitempty,omitzero"`
}

// TrendGaps defines model for TrendGaps.
type TrendGaps struct {
	Count          int64   `json:"count,omitempty,omitzero"`
	LongestSeconds float64 `json:"longest_seconds,omitempty,omitzero"`
}

// TrendWindow defines model for TrendWindow.
type TrendWindow struct {
	FirstUnix float64 `json:"first_unix,omitempty,omitzero"`

	// Greatest null when it was not measured
	Greatest *float64 `json:"greatest,omitempty"`
	LastUnix float64  `json:"last_unix,omitempty,omitzero"`

	// Least null when it was not measured
	Least *float64 `json:"least,omitempty"`

	// Median null when it was not measured
	Median *float64 `json:"median,omitempty"`

	// P10 null when it was not measured
	P10 *float64 `json:"p10,omitempty"`

	// P90 null when it was not measured
	P90    *float64 `json:"p90,omitempty"`
	Points int64    `json:"points,omitempty,omitzero"`
}

// Trends defines model for Trends.
type Trends struct {
	Fleet string    `json:"fleet,omitempty,omitzero"`
	From  time.Time `json:"from,omitempty,omitzero"`

	// Resolution Of the points that were used.
	Resolution string        `json:"resolution,omitempty,omitzero"`
	To         time.Time     `json:"to,omitempty,omitzero"`
	Trends     []MetricTrend `json:"trends,omitempty,omitzero"`
	Variant    string        `json:"variant,omitempty,omitzero"`
}

// Trial defines model for Trial.
type Trial struct {
	CacheFlushed   bool          `json:"cache_flushed,omitempty,omitzero"`
	Candidate      *Candidate    `json:"candidate,omitempty"`
	ColdStart      *ColdStart    `json:"cold_start,omitempty"`
	Fidelity       float64       `json:"fidelity,omitempty,omitzero"`
	Number         int64         `json:"number,omitempty,omitzero"`
	Purpose        string        `json:"purpose,omitempty,omitzero"`
	Quality        *Quality      `json:"quality,omitempty"`
	ReadySeconds   float64       `json:"ready_seconds,omitempty,omitzero"`
	Reason         string        `json:"reason,omitempty,omitzero"`
	Result         *LadderResult `json:"result,omitempty"`
	Smoke          []SmokeCheck  `json:"smoke,omitempty,omitzero"`
	StagingSeconds float64       `json:"staging_seconds,omitempty,omitzero"`
	Status         string        `json:"status,omitempty,omitzero"`
	Why            string        `json:"why,omitempty,omitzero"`
}

// TrialPlan defines model for TrialPlan.
type TrialPlan struct {
	MaxRate        float64 `json:"max_rate,omitempty,omitzero"`
	MaxSteps       int64   `json:"max_steps,omitempty,omitzero"`
	MinRequests    int64   `json:"min_requests,omitempty,omitzero"`
	Resolution     float64 `json:"resolution,omitempty,omitzero"`
	ScreenFidelity float64 `json:"screen_fidelity,omitempty,omitzero"`
	StepSeconds    float64 `json:"step_seconds,omitempty,omitzero"`
	WarmupSeconds  float64 `json:"warmup_seconds,omitempty,omitzero"`
}

// TrialRecord defines model for TrialRecord.
type TrialRecord struct {
	Fleet     string    `json:"fleet,omitempty,omitzero"`
	RunID     string    `json:"run_id,omitempty,omitzero"`
	Trial     *Trial    `json:"trial,omitempty"`
	UpdatedAt time.Time `json:"updated_at,omitempty,omitzero"`
}

// ValidateAnswer defines model for ValidateAnswer.
type ValidateAnswer struct {
	Config   *EngineConfig   `json:"config,omitempty"`
	Problems []EngineProblem `json:"problems,omitempty,omitzero"`

	// UnknownFlags Not in the catalogue: passed on as written, never judged.
	UnknownFlags []string `json:"unknown_flags,omitempty,omitzero"`
	Valid        bool     `json:"valid,omitempty,omitzero"`
}

// ValidateInput defines model for ValidateInput.
type ValidateInput struct {
	// CommandLine The command the engine is started with.
	//
	// Examples: vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 16
	CommandLine string        `json:"command_line,omitempty,omitzero"`
	Config      *EngineConfig `json:"config,omitempty"`
	Hardware    *Hardware     `json:"hardware,omitempty"`
}

// ValidationInput defines model for ValidationInput.
type ValidationInput struct {
	// Candidate Base URL of the server whose answers are checked.
	//
	// Examples: http://127.0.0.1:8001
	Candidate string `json:"candidate"`

	// Model Model name of the candidate, where it is not the fleet's.
	Model   string        `json:"model,omitempty,omitzero"`
	Quality *QualityInput `json:"quality,omitempty"`

	// Reference Base URL of the server they are held to; without it a stable replica of the fleet, which serves users and gets some hundred short prompts more.
	Reference string `json:"reference,omitempty,omitzero"`
}

// ValidationRecord defines model for ValidationRecord.
type ValidationRecord struct {
	Candidate  string         `json:"candidate,omitempty,omitzero"`
	ClosedAt   time.Time      `json:"closed_at,omitempty,omitzero"`
	Fleet      string         `json:"fleet,omitempty,omitzero"`
	ID         string         `json:"id,omitempty,omitzero"`
	Phase      string         `json:"phase,omitempty,omitzero"`
	Policy     *QualityPolicy `json:"policy,omitempty"`
	Quality    *Quality       `json:"quality,omitempty"`
	Reason     string         `json:"reason,omitempty,omitzero"`
	Reference  string         `json:"reference,omitempty,omitzero"`
	Smoke      []SmokeCheck   `json:"smoke,omitempty,omitzero"`
	StartedAt  time.Time      `json:"started_at,omitempty,omitzero"`
	WorkflowID string         `json:"workflow_id,omitempty,omitzero"`
}

// Version defines model for Version.
type Version struct {
	Version string `json:"version,omitempty,omitzero"`
}

// Vetting defines model for Vetting.
type Vetting struct {
	Basis        string     `json:"basis,omitempty,omitzero"`
	ColdStart    *ColdStart `json:"cold_start,omitempty"`
	Quality      *Quality   `json:"quality,omitempty"`
	Reason       string     `json:"reason,omitempty,omitzero"`
	Risk         string     `json:"risk,omitempty,omitzero"`
	RunID        string     `json:"run_id,omitempty,omitzero"`
	Trial        int64      `json:"trial,omitempty,omitzero"`
	ValidationID string     `json:"validation_id,omitempty,omitzero"`
}

// Violation defines model for Violation.
type Violation struct {
	BeganUnix    float64 `json:"began_unix,omitempty,omitzero"`
	DetectedUnix float64 `json:"detected_unix,omitempty,omitzero"`
	Fleet        string  `json:"fleet,omitempty,omitzero"`
	ID           string  `json:"id,omitempty,omitzero"`
	Kind         string  `json:"kind,omitempty,omitzero"`
	Observed     float64 `json:"observed,omitempty,omitzero"`
	Reason       string  `json:"reason,omitempty,omitzero"`
	Samples      int64   `json:"samples,omitempty,omitzero"`
	Severity     string  `json:"severity,omitempty,omitzero"`
	Slo          string  `json:"slo,omitempty,omitzero"`
	Source       string  `json:"source,omitempty,omitzero"`
	Threshold    float64 `json:"threshold,omitempty,omitzero"`
	Variant      string  `json:"variant,omitempty,omitzero"`
}

// ViolationRecord defines model for ViolationRecord.
type ViolationRecord struct {
	AcknowledgeNote string     `json:"acknowledge_note,omitempty,omitzero"`
	AcknowledgedAt  time.Time  `json:"acknowledged_at,omitempty,omitzero"`
	AcknowledgedBy  string     `json:"acknowledged_by,omitempty,omitzero"`
	Count           int64      `json:"count,omitempty,omitzero"`
	Episodes        int64      `json:"episodes,omitempty,omitzero"`
	Fleet           string     `json:"fleet,omitempty,omitzero"`
	ID              string     `json:"id,omitempty,omitzero"`
	LastSeenAt      time.Time  `json:"last_seen_at,omitempty,omitzero"`
	OpenedAt        time.Time  `json:"opened_at,omitempty,omitzero"`
	ResolveNote     string     `json:"resolve_note,omitempty,omitzero"`
	ResolvedAt      time.Time  `json:"resolved_at,omitempty,omitzero"`
	ResolvedBy      string     `json:"resolved_by,omitempty,omitzero"`
	Violation       *Violation `json:"violation,omitempty"`
}

// WaveFleet defines model for WaveFleet.
type WaveFleet struct {
	Batch      int64  `json:"batch,omitempty,omitzero"`
	Fleet      string `json:"fleet,omitempty,omitzero"`
	Reason     string `json:"reason,omitempty,omitzero"`
	RolloutID  string `json:"rollout_id,omitempty,omitzero"`
	State      string `json:"state,omitempty,omitzero"`
	WorkflowID string `json:"workflow_id,omitempty,omitzero"`
}

// WaveInput defines model for WaveInput.
type WaveInput struct {
	// ApprovalTimeoutSeconds 0 is the workflow's default of 24 hours.
	ApprovalTimeoutSeconds float64 `json:"approval_timeout_seconds,omitempty,omitzero"`

	// BatchSize How many fleets change side by side; 1 by default.
	BatchSize int64 `json:"batch_size,omitempty,omitzero"`

	// Changes Changes to the fleet's present configuration; to null takes a flag away.
	Changes []FlagChange `json:"changes,omitempty,omitzero"`

	// CommandLine The command the engine is started with.
	//
	// Examples: vllm serve meta-llama/Llama-3.1-8B-Instruct --max-num-seqs 16
	CommandLine string        `json:"command_line,omitempty,omitzero"`
	Config      *EngineConfig `json:"config,omitempty"`

	// Fleets In the order in which they are changed.
	//
	// Examples: ["chat-eu","chat-us"]
	Fleets []string `json:"fleets"`

	// OverrideReason Why it may begin although an error budget is spent or changes are frozen; kept in the audit log.
	OverrideReason string `json:"override_reason,omitempty,omitzero"`

	// PauseSeconds Between a batch that went well and the next.
	PauseSeconds float64 `json:"pause_seconds,omitempty,omitzero"`
	Plan         *Plan   `json:"plan,omitempty"`

	// RequireApproval Wait for approve before production is touched. By default what the fleet's policy says.
	RequireApproval bool `json:"require_approval,omitempty,omitzero"`

	// SkipQuality Ship a change that answers depend on without a trial that passed the quality gate and without comparing answers in staging first. Needs skip_quality_reason.
	SkipQuality bool `json:"skip_quality,omitempty,omitzero"`

	// SkipQualityReason Why, for the audit log and the rollout's record.
	SkipQualityReason string `json:"skip_quality_reason,omitempty,omitzero"`
}

// WaveView defines model for WaveView.
type WaveView struct {
	Batch      int64       `json:"batch,omitempty,omitzero"`
	Fleets     []WaveFleet `json:"fleets,omitempty,omitzero"`
	ID         string      `json:"id,omitempty,omitzero"`
	Phase      string      `json:"phase,omitempty,omitzero"`
	Reason     string      `json:"reason,omitempty,omitzero"`
	RunID      string      `json:"run_id,omitempty,omitzero"`
	WorkflowID string      `json:"workflow_id,omitempty,omitzero"`
}

// WeeklyWindow defines model for WeeklyWindow.
type WeeklyWindow struct {
	Days []string `json:"days,omitempty,omitzero"`
	From string   `json:"from,omitempty,omitzero"`
	Name string   `json:"name,omitempty,omitzero"`
	To   string   `json:"to,omitempty,omitzero"`
}

// Weights defines model for Weights.
type Weights struct {
	Revision int64       `json:"revision,omitempty,omitzero"`
	Rules    []RouteRule `json:"rules,omitempty,omitzero"`
	Shares   []Share     `json:"shares,omitempty,omitzero"`
}

// WindowsComparison defines model for WindowsComparison.
type WindowsComparison struct {
	AfterFrom   time.Time          `json:"after_from,omitempty,omitzero"`
	AfterTo     time.Time          `json:"after_to,omitempty,omitzero"`
	BeforeFrom  time.Time          `json:"before_from,omitempty,omitzero"`
	BeforeTo    time.Time          `json:"before_to,omitempty,omitzero"`
	Comparisons []MetricComparison `json:"comparisons,omitempty,omitzero"`
	Fleet       string             `json:"fleet,omitempty,omitzero"`

	// Resolution Of the points that were compared.
	Resolution string `json:"resolution,omitempty,omitzero"`
	Variant    string `json:"variant,omitempty,omitzero"`
}

// Workload defines model for Workload.
type Workload struct {
	Arrival       string    `json:"arrival,omitempty,omitzero"`
	ArrivalShape  float64   `json:"arrival_shape,omitempty,omitzero"`
	OutputTokens  *Lengths  `json:"output_tokens,omitempty"`
	PrefixGroups  int64     `json:"prefix_groups,omitempty,omitzero"`
	PrefixShare   float64   `json:"prefix_share,omitempty,omitzero"`
	PromptTokens  *Lengths  `json:"prompt_tokens,omitempty"`
	RatePerSecond float64   `json:"rate_per_second,omitempty,omitzero"`
	Sessions      *Sessions `json:"sessions,omitempty"`
	Source        string    `json:"source,omitempty,omitzero"`
}

// WorkloadView defines model for WorkloadView.
type WorkloadView struct {
	Source   WorkloadViewSource `json:"source,omitempty,omitzero"`
	Workload *Workload          `json:"workload,omitempty"`
}

// WorkloadViewSource defines model for WorkloadView.Source.
type WorkloadViewSource string

// ListAuditParams are the query parameters of ListAudit; zero values are left out.
type ListAuditParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListAuditParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`

	// Actor Name of a key or of a token's owner; alertmanager for its webhook.
	Actor string `form:"actor,omitempty" json:"actor,omitempty,omitzero"`

	// Action What was done: group and verb.
	Action string `form:"action,omitempty" json:"action,omitempty,omitzero"`

	// Target Name of the fleet, or ID of the record.
	Target string `form:"target,omitempty" json:"target,omitempty,omitzero"`

	// From Earliest, RFC 3339.
	From time.Time `form:"from,omitempty" json:"from,omitempty,omitzero"`

	// To Latest, RFC 3339.
	To time.Time `form:"to,omitempty" json:"to,omitempty,omitzero"`
}

// ListAuditParamsSort are the query parameters of ListAudit; zero values are left out.
type ListAuditParamsSort string

// ListComparisonsParams are the query parameters of ListComparisons; zero values are left out.
type ListComparisonsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListComparisonsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
	Fleet  string `form:"fleet,omitempty" json:"fleet,omitempty,omitzero"`
}

// ListComparisonsParamsSort are the query parameters of ListComparisons; zero values are left out.
type ListComparisonsParamsSort string

// ListEnginesParams are the query parameters of ListEngines; zero values are left out.
type ListEnginesParams struct {
	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListFleetsParams are the query parameters of ListFleets; zero values are left out.
type ListFleetsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListFleetsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListFleetsParamsSort are the query parameters of ListFleets; zero values are left out.
type ListFleetsParamsSort string

// ListAnalysesParams are the query parameters of ListAnalyses; zero values are left out.
type ListAnalysesParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListAnalysesParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListAnalysesParamsSort are the query parameters of ListAnalyses; zero values are left out.
type ListAnalysesParamsSort string

// ListInsightsParams are the query parameters of ListInsights; zero values are left out.
type ListInsightsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListInsightsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListInsightsParamsSort are the query parameters of ListInsights; zero values are left out.
type ListInsightsParamsSort string

// MetricsCompareParams are the query parameters of MetricsCompare; zero values are left out.
type MetricsCompareParams struct {
	// Variant Whose measurements; stable where nothing is said. Stable is what production runs.
	Variant MetricsCompareParamsVariant `form:"variant,omitempty" json:"variant,omitempty,omitzero"`

	// Resolution raw: one point a snapshot; 1m, 1h: merged by minute or hour, with percentiles of all their requests. The present minute or hour is not there yet. auto: the finest that is kept for the whole span and is not too long: raw up to 2 hours, 1m up to 48 hours, else 1h.
	Resolution MetricsCompareParamsResolution `form:"resolution,omitempty" json:"resolution,omitempty,omitzero"`

	// Metric Comma-separated names; without it all of them.
	Metric []string `form:"metric,omitempty" json:"metric,omitempty,omitzero"`

	// BeforeFrom RFC 3339.
	BeforeFrom time.Time `form:"before_from" json:"before_from"`

	// BeforeTo RFC 3339.
	BeforeTo time.Time `form:"before_to" json:"before_to"`

	// AfterFrom RFC 3339.
	AfterFrom time.Time `form:"after_from" json:"after_from"`

	// AfterTo RFC 3339.
	AfterTo time.Time `form:"after_to" json:"after_to"`
}

// MetricsCompareParamsVariant are the query parameters of MetricsCompare; zero values are left out.
type MetricsCompareParamsVariant string

// MetricsCompareParamsResolution are the query parameters of MetricsCompare; zero values are left out.
type MetricsCompareParamsResolution string

// MetricsHistoryParams are the query parameters of MetricsHistory; zero values are left out.
type MetricsHistoryParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Variant Whose measurements; stable where nothing is said. Stable is what production runs.
	Variant MetricsHistoryParamsVariant `form:"variant,omitempty" json:"variant,omitempty,omitzero"`

	// Resolution raw: one point a snapshot; 1m, 1h: merged by minute or hour, with percentiles of all their requests. The present minute or hour is not there yet. auto: the finest that is kept for the whole span and is not too long: raw up to 2 hours, 1m up to 48 hours, else 1h.
	Resolution MetricsHistoryParamsResolution `form:"resolution,omitempty" json:"resolution,omitempty,omitzero"`

	// Metric Comma-separated names; without it all of them.
	Metric []string `form:"metric,omitempty" json:"metric,omitempty,omitzero"`

	// From Earliest, RFC 3339. Series without it begin 24 hours before to.
	From time.Time `form:"from,omitempty" json:"from,omitempty,omitzero"`

	// To Latest, RFC 3339. Series without it end now.
	To time.Time `form:"to,omitempty" json:"to,omitempty,omitzero"`
}

// MetricsHistoryParamsVariant are the query parameters of MetricsHistory; zero values are left out.
type MetricsHistoryParamsVariant string

// MetricsHistoryParamsResolution are the query parameters of MetricsHistory; zero values are left out.
type MetricsHistoryParamsResolution string

// MetricsTrendsParams are the query parameters of MetricsTrends; zero values are left out.
type MetricsTrendsParams struct {
	// Variant Whose measurements; stable where nothing is said. Stable is what production runs.
	Variant MetricsTrendsParamsVariant `form:"variant,omitempty" json:"variant,omitempty,omitzero"`

	// Resolution raw: one point a snapshot; 1m, 1h: merged by minute or hour, with percentiles of all their requests. The present minute or hour is not there yet. auto: the finest that is kept for the whole span and is not too long: raw up to 2 hours, 1m up to 48 hours, else 1h.
	Resolution MetricsTrendsParamsResolution `form:"resolution,omitempty" json:"resolution,omitempty,omitzero"`

	// Metric Comma-separated names; without it all of them.
	Metric []string `form:"metric,omitempty" json:"metric,omitempty,omitzero"`

	// From Earliest, RFC 3339; without it 24 hours before to.
	From time.Time `form:"from,omitempty" json:"from,omitempty,omitzero"`

	// To Latest, RFC 3339; without it now.
	To time.Time `form:"to,omitempty" json:"to,omitempty,omitzero"`
}

// MetricsTrendsParamsVariant are the query parameters of MetricsTrends; zero values are left out.
type MetricsTrendsParamsVariant string

// MetricsTrendsParamsResolution are the query parameters of MetricsTrends; zero values are left out.
type MetricsTrendsParamsResolution string

// ListRecommendationsParams are the query parameters of ListRecommendations; zero values are left out.
type ListRecommendationsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListRecommendationsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string                          `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
	Status ListRecommendationsParamsStatus `form:"status,omitempty" json:"status,omitempty,omitzero"`
}

// ListRecommendationsParamsSort are the query parameters of ListRecommendations; zero values are left out.
type ListRecommendationsParamsSort string

// ListRecommendationsParamsStatus are the query parameters of ListRecommendations; zero values are left out.
type ListRecommendationsParamsStatus string

// ListSchedulesParams are the query parameters of ListSchedules; zero values are left out.
type ListSchedulesParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListSchedulesParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListSchedulesParamsSort are the query parameters of ListSchedules; zero values are left out.
type ListSchedulesParamsSort string

// ListSlosParams are the query parameters of ListSlos; zero values are left out.
type ListSlosParams struct {
	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// PrometheusRulesParams are the query parameters of PrometheusRules; zero values are left out.
type PrometheusRulesParams struct {
	// Match Labels of the fleet's series at that server, as name=value. By default the labels of the fleet's metrics source.
	Match []string `form:"match,omitempty" json:"match,omitempty,omitzero"`
}

// ListValidationsParams are the query parameters of ListValidations; zero values are left out.
type ListValidationsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListValidationsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListValidationsParamsSort are the query parameters of ListValidations; zero values are left out.
type ListValidationsParamsSort string

// ListKeysParams are the query parameters of ListKeys; zero values are left out.
type ListKeysParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListKeysParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListKeysParamsSort are the query parameters of ListKeys; zero values are left out.
type ListKeysParamsSort string

// ListLoadtestsParams are the query parameters of ListLoadtests; zero values are left out.
type ListLoadtestsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListLoadtestsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
	Fleet  string `form:"fleet,omitempty" json:"fleet,omitempty,omitzero"`
}

// ListLoadtestsParamsSort are the query parameters of ListLoadtests; zero values are left out.
type ListLoadtestsParamsSort string

// NormalizeMetricsParams are the query parameters of NormalizeMetrics; zero values are left out.
type NormalizeMetricsParams struct {
	// Engine Of a page sent as text; absent: told from the page.
	Engine string `form:"engine,omitempty" json:"engine,omitempty,omitzero"`
}

// ListRolloutsParams are the query parameters of ListRollouts; zero values are left out.
type ListRolloutsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListRolloutsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields  string                    `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
	Fleet   string                    `form:"fleet,omitempty" json:"fleet,omitempty,omitzero"`
	Outcome ListRolloutsParamsOutcome `form:"outcome,omitempty" json:"outcome,omitempty,omitzero"`

	// Open true: running ones only; false: ended ones only.
	Open ListRolloutsParamsOpen `form:"open,omitempty" json:"open,omitempty,omitzero"`
}

// ListRolloutsParamsSort are the query parameters of ListRollouts; zero values are left out.
type ListRolloutsParamsSort string

// ListRolloutsParamsOutcome are the query parameters of ListRollouts; zero values are left out.
type ListRolloutsParamsOutcome string

// ListRolloutsParamsOpen are the query parameters of ListRollouts; zero values are left out.
type ListRolloutsParamsOpen string

// ListStagesParams are the query parameters of ListStages; zero values are left out.
type ListStagesParams struct {
	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListRunsParams are the query parameters of ListRuns; zero values are left out.
type ListRunsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListRunsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields  string                `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
	Fleet   string                `form:"fleet,omitempty" json:"fleet,omitempty,omitzero"`
	Outcome ListRunsParamsOutcome `form:"outcome,omitempty" json:"outcome,omitempty,omitzero"`

	// Open true: running ones only; false: ended ones only.
	Open ListRunsParamsOpen `form:"open,omitempty" json:"open,omitempty,omitzero"`
}

// ListRunsParamsSort are the query parameters of ListRuns; zero values are left out.
type ListRunsParamsSort string

// ListRunsParamsOutcome are the query parameters of ListRuns; zero values are left out.
type ListRunsParamsOutcome string

// ListRunsParamsOpen are the query parameters of ListRuns; zero values are left out.
type ListRunsParamsOpen string

// ListTrialsParams are the query parameters of ListTrials; zero values are left out.
type ListTrialsParams struct {
	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
}

// ListViolationsParams are the query parameters of ListViolations; zero values are left out.
type ListViolationsParams struct {
	// Limit Greatest number of items.
	Limit int64 `form:"limit,omitempty" json:"limit,omitempty,omitzero"`

	// Cursor next_cursor of the page before.
	Cursor string `form:"cursor,omitempty" json:"cursor,omitempty,omitzero"`

	// Sort Order of the list; - reverses it. A cursor is of one order. What is renamed or opens anew while pages are read moves to its new place, which may be in a page that was read before.
	Sort ListViolationsParamsSort `form:"sort,omitempty" json:"sort,omitempty,omitzero"`

	// Fields Names of the fields that are wanted of each item, with commas; what identifies it always stays, all others are absent, required or not.
	Fields string `form:"fields,omitempty" json:"fields,omitempty,omitzero"`
	Fleet  string `form:"fleet,omitempty" json:"fleet,omitempty,omitzero"`

	// Open true: those not over yet.
	Open ListViolationsParamsOpen `form:"open,omitempty" json:"open,omitempty,omitzero"`

	// State open: not over, and nobody looks after it yet.
	State    ListViolationsParamsState    `form:"state,omitempty" json:"state,omitempty,omitzero"`
	Severity ListViolationsParamsSeverity `form:"severity,omitempty" json:"severity,omitempty,omitzero"`

	// Since Those that were not over before then, RFC 3339.
	Since time.Time `form:"since,omitempty" json:"since,omitempty,omitzero"`
}

// ListViolationsParamsSort are the query parameters of ListViolations; zero values are left out.
type ListViolationsParamsSort string

// ListViolationsParamsOpen are the query parameters of ListViolations; zero values are left out.
type ListViolationsParamsOpen string

// ListViolationsParamsState are the query parameters of ListViolations; zero values are left out.
type ListViolationsParamsState string

// ListViolationsParamsSeverity are the query parameters of ListViolations; zero values are left out.
type ListViolationsParamsSeverity string

// PreviewAnalysis: Diagnose a measurement of a described fleet without keeping anything.
//
//	POST /api/v1/analyses/preview
func (c *Client) PreviewAnalysis(ctx context.Context, in PreviewInput, opts ...CallOption) (*Preview, error) {
	return fetch[Preview](ctx, c, request{
		method: http.MethodPost,
		path:   "/api/v1/analyses/preview",

		body: in,
	}, opts)
}

// GetAnalysis: One analysis.
//
//	GET /api/v1/analyses/{id}
func (c *Client) GetAnalysis(ctx context.Context, id string, opts ...CallOption) (*AnalysisRecord, error) {
	return fetch[AnalysisRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/analyses/%s", url.PathEscape(id)),
	}, opts)
}

func (q ListAuditParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	put(v, "actor", false, q.Actor)
	put(v, "action", false, q.Action)
	put(v, "target", false, q.Target)
	put(v, "from", false, q.From)
	put(v, "to", false, q.To)
	return v
}

// ListAudit: Who changed what, newest first, with what was before and what is after.
//
//	GET /api/v1/audit
func (c *Client) ListAudit(ctx context.Context, q ListAuditParams, opts ...CallOption) (*PageAuditRecord, error) {
	return fetch[PageAuditRecord](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/audit",
		query:  q.values(),
	}, opts)
}

func (q ListComparisonsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	put(v, "fleet", false, q.Fleet)
	return v
}

// ListComparisons: Comparisons, newest first.
//
//	GET /api/v1/comparisons
func (c *Client) ListComparisons(ctx context.Context, q ListComparisonsParams, opts ...CallOption) (*PageComparisonRecord, error) {
	return fetch[PageComparisonRecord](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/comparisons",
		query:  q.values(),
	}, opts)
}

// CreateComparison: Compare two load tests, runs or configurations by what was measured of them.
//
//	POST /api/v1/comparisons
func (c *Client) CreateComparison(ctx context.Context, in ComparisonInput, opts ...CallOption) (*ComparisonRecord, error) {
	return fetch[ComparisonRecord](ctx, c, request{
		method: http.MethodPost,
		path:   "/api/v1/comparisons",

		body: in,
	}, opts)
}

// GetComparison: One comparison.
//
//	GET /api/v1/comparisons/{id}
func (c *Client) GetComparison(ctx context.Context, id string, opts ...CallOption) (*ComparisonRecord, error) {
	return fetch[ComparisonRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/comparisons/%s", url.PathEscape(id)),
	}, opts)
}

func (q ListEnginesParams) values() url.Values {
	v := url.Values{}
	put(v, "fields", false, q.Fields)
	return v
}

// ListEngines: The engines the agent knows.
//
//	GET /api/v1/engines
func (c *Client) ListEngines(ctx context.Context, q ListEnginesParams, opts ...CallOption) (*PageEngineView, error) {
	return fetch[PageEngineView](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/engines",
		query:  q.values(),
	}, opts)
}

// GetEngine: One engine.
//
//	GET /api/v1/engines/{engine}
func (c *Client) GetEngine(ctx context.Context, engine string, opts ...CallOption) (*EngineView, error) {
	return fetch[EngineView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/engines/%s", url.PathEscape(engine)),
	}, opts)
}

// ListParameters: The engine's launch parameters: defaults, ranges, risks, sources.
//
//	GET /api/v1/engines/{engine}/parameters
func (c *Client) ListParameters(ctx context.Context, engine string, opts ...CallOption) (*EngineCatalogue, error) {
	return fetch[EngineCatalogue](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/engines/%s/parameters", url.PathEscape(engine)),
	}, opts)
}

// ValidateConfig: Check a configuration against the engine's constraints; changes nothing.
//
//	POST /api/v1/engines/{engine}/validate
func (c *Client) ValidateConfig(ctx context.Context, engine string, in ValidateInput, opts ...CallOption) (*ValidateAnswer, error) {
	return fetch[ValidateAnswer](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/engines/%s/validate", url.PathEscape(engine)),

		body: in,
	}, opts)
}

func (q ListFleetsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	return v
}

// ListFleets: Fleets, newest first.
//
//	GET /api/v1/fleets
func (c *Client) ListFleets(ctx context.Context, q ListFleetsParams, opts ...CallOption) (*PageFleet, error) {
	return fetch[PageFleet](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/fleets",
		query:  q.values(),
	}, opts)
}

// CreateFleet: Register a fleet.
//
//	POST /api/v1/fleets
func (c *Client) CreateFleet(ctx context.Context, in FleetInput, opts ...CallOption) (*Fleet, error) {
	return fetch[Fleet](ctx, c, request{
		method: http.MethodPost,
		path:   "/api/v1/fleets",

		body: in,
	}, opts)
}

// DeleteFleet: Forget a fleet and its schedules; its replicas are left alone.
//
//	DELETE /api/v1/fleets/{fleet}
func (c *Client) DeleteFleet(ctx context.Context, fleet string, opts ...CallOption) error {
	return act(ctx, c, request{
		method: http.MethodDelete,
		path:   fmt.Sprintf("/api/v1/fleets/%s", url.PathEscape(fleet)),
	}, opts)
}

// GetFleet: One fleet.
//
//	GET /api/v1/fleets/{fleet}
func (c *Client) GetFleet(ctx context.Context, fleet string, opts ...CallOption) (*Fleet, error) {
	return fetch[Fleet](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s", url.PathEscape(fleet)),
	}, opts)
}

// UpdateFleet: Replace a fleet's record.
//
//	PUT /api/v1/fleets/{fleet}
func (c *Client) UpdateFleet(ctx context.Context, fleet string, in FleetInput, opts ...CallOption) (*Fleet, error) {
	return fetch[Fleet](ctx, c, request{
		method: http.MethodPut,
		path:   fmt.Sprintf("/api/v1/fleets/%s", url.PathEscape(fleet)),

		body: in,
	}, opts)
}

func (q ListAnalysesParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	return v
}

// ListAnalyses: Analyses of a fleet, newest first.
//
//	GET /api/v1/fleets/{fleet}/analyses
func (c *Client) ListAnalyses(ctx context.Context, fleet string, q ListAnalysesParams, opts ...CallOption) (*PageAnalysisRecord, error) {
	return fetch[PageAnalysisRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/analyses", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// CreateAnalysis: Diagnose the fleet on its latest measurement, or on a new one.
//
//	POST /api/v1/fleets/{fleet}/analyses
func (c *Client) CreateAnalysis(ctx context.Context, fleet string, in *AnalyseInput, opts ...CallOption) (*AnalysisRecord, error) {
	return fetch[AnalysisRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/analyses", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

// GetFleetConfig: Every launch parameter of the fleet, with defaults and broken constraints.
//
//	GET /api/v1/fleets/{fleet}/config
func (c *Client) GetFleetConfig(ctx context.Context, fleet string, opts ...CallOption) (*ConfigView, error) {
	return fetch[ConfigView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/config", url.PathEscape(fleet)),
	}, opts)
}

func (q ListInsightsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	return v
}

// ListInsights: Insights of a fleet, newest first: those of its runs and those that people asked for.
//
//	GET /api/v1/fleets/{fleet}/insights
func (c *Client) ListInsights(ctx context.Context, fleet string, q ListInsightsParams, opts ...CallOption) (*PageInsight, error) {
	return fetch[PageInsight](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/insights", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// CreateInsight: Ask what limits the fleet and what might help, in plain words: of a language model, or of the rules where none answers.
//
//	POST /api/v1/fleets/{fleet}/insights
func (c *Client) CreateInsight(ctx context.Context, fleet string, in *AnalyseInput, opts ...CallOption) (*Insight, error) {
	return fetch[Insight](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/insights", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

// StartLoadtest: Start a load test: search the highest rate that keeps the objectives, or send one load of any profile.
//
//	POST /api/v1/fleets/{fleet}/loadtests
func (c *Client) StartLoadtest(ctx context.Context, fleet string, in LoadTestInput, opts ...CallOption) (*LoadTestRecord, error) {
	return fetch[LoadTestRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/loadtests", url.PathEscape(fleet)),

		body: in,
	}, opts)
}

// LatestMetrics: The latest measurement of stable.
//
//	GET /api/v1/fleets/{fleet}/metrics
func (c *Client) LatestMetrics(ctx context.Context, fleet string, opts ...CallOption) (*SnapshotRecord, error) {
	return fetch[SnapshotRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics", url.PathEscape(fleet)),
	}, opts)
}

// CacheMetrics: KV cache and prefix reuse of the latest measurement.
//
//	GET /api/v1/fleets/{fleet}/metrics/cache
func (c *Client) CacheMetrics(ctx context.Context, fleet string, opts ...CallOption) (*MeasuredCache, error) {
	return fetch[MeasuredCache](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics/cache", url.PathEscape(fleet)),
	}, opts)
}

// CollectMetrics: Measure the stable replicas over a window now.
//
//	POST /api/v1/fleets/{fleet}/metrics/collect
func (c *Client) CollectMetrics(ctx context.Context, fleet string, in *CollectInput, opts ...CallOption) (*SnapshotRecord, error) {
	return fetch[SnapshotRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics/collect", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

func (q MetricsCompareParams) values() url.Values {
	v := url.Values{}
	put(v, "variant", false, q.Variant)
	put(v, "resolution", false, q.Resolution)
	put(v, "metric", false, q.Metric)
	put(v, "before_from", false, q.BeforeFrom)
	put(v, "before_to", false, q.BeforeTo)
	put(v, "after_from", false, q.AfterFrom)
	put(v, "after_to", false, q.AfterTo)
	return v
}

// MetricsCompare: Before and after: how metrics differ between two windows, with interval and significance.
//
//	GET /api/v1/fleets/{fleet}/metrics/compare
func (c *Client) MetricsCompare(ctx context.Context, fleet string, q MetricsCompareParams, opts ...CallOption) (*WindowsComparison, error) {
	return fetch[WindowsComparison](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics/compare", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// GPUMetrics: GPU utilization and memory of the latest measurement, or why they are not known.
//
//	GET /api/v1/fleets/{fleet}/metrics/gpu
func (c *Client) GPUMetrics(ctx context.Context, fleet string, opts ...CallOption) (*MeasuredGPU, error) {
	return fetch[MeasuredGPU](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics/gpu", url.PathEscape(fleet)),
	}, opts)
}

func (q MetricsHistoryParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "variant", false, q.Variant)
	put(v, "resolution", false, q.Resolution)
	put(v, "metric", false, q.Metric)
	put(v, "from", false, q.From)
	put(v, "to", false, q.To)
	return v
}

// MetricsHistory: Measurements, newest first; or series of metrics at a resolution.
//
//	GET /api/v1/fleets/{fleet}/metrics/history
func (c *Client) MetricsHistory(ctx context.Context, fleet string, q MetricsHistoryParams, opts ...CallOption) (*HistoryAnswer, error) {
	return fetch[HistoryAnswer](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics/history", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// LatencyMetrics: Latency quantiles of the latest measurement.
//
//	GET /api/v1/fleets/{fleet}/metrics/latency
func (c *Client) LatencyMetrics(ctx context.Context, fleet string, opts ...CallOption) (*MeasuredLatency, error) {
	return fetch[MeasuredLatency](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics/latency", url.PathEscape(fleet)),
	}, opts)
}

// ThroughputMetrics: Rates and queues of the latest measurement.
//
//	GET /api/v1/fleets/{fleet}/metrics/throughput
func (c *Client) ThroughputMetrics(ctx context.Context, fleet string, opts ...CallOption) (*MeasuredThroughput, error) {
	return fetch[MeasuredThroughput](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics/throughput", url.PathEscape(fleet)),
	}, opts)
}

func (q MetricsTrendsParams) values() url.Values {
	v := url.Values{}
	put(v, "variant", false, q.Variant)
	put(v, "resolution", false, q.Resolution)
	put(v, "metric", false, q.Metric)
	put(v, "from", false, q.From)
	put(v, "to", false, q.To)
	return v
}

// MetricsTrends: Which metrics rise or fall: slope with interval, significance, change points.
//
//	GET /api/v1/fleets/{fleet}/metrics/trends
func (c *Client) MetricsTrends(ctx context.Context, fleet string, q MetricsTrendsParams, opts ...CallOption) (*Trends, error) {
	return fetch[Trends](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/metrics/trends", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// StartMonitor: Watch the fleet from now on; a fleet that is watched already stays so.
//
//	POST /api/v1/fleets/{fleet}/monitor/start
func (c *Client) StartMonitor(ctx context.Context, fleet string, in *MonitorInput, opts ...CallOption) (*Execution, error) {
	return fetch[Execution](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/monitor/start", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

// StopMonitor: Stop watching the fleet.
//
//	POST /api/v1/fleets/{fleet}/monitor/stop
func (c *Client) StopMonitor(ctx context.Context, fleet string, opts ...CallOption) (*Execution, error) {
	return fetch[Execution](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/monitor/stop", url.PathEscape(fleet)),
	}, opts)
}

// ProbeFleet: Read each replica's metrics once and say what was found.
//
//	POST /api/v1/fleets/{fleet}/probe
func (c *Client) ProbeFleet(ctx context.Context, fleet string, opts ...CallOption) (*Probe, error) {
	return fetch[Probe](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/probe", url.PathEscape(fleet)),
	}, opts)
}

func (q ListRecommendationsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	put(v, "status", false, q.Status)
	return v
}

// ListRecommendations: Recommendations of a fleet, newest first.
//
//	GET /api/v1/fleets/{fleet}/recommendations
func (c *Client) ListRecommendations(ctx context.Context, fleet string, q ListRecommendationsParams, opts ...CallOption) (*PageRecommendationRecord, error) {
	return fetch[PageRecommendationRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/recommendations", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// RecommendAll: Recommend changes of every family, and keep them for decision.
//
//	POST /api/v1/fleets/{fleet}/recommendations
func (c *Client) RecommendAll(ctx context.Context, fleet string, in *AnalyseInput, opts ...CallOption) (*PageRecommendationRecord, error) {
	return fetch[PageRecommendationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/recommendations", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

// RecommendBatching: Recommend changes to batching and scheduling.
//
//	POST /api/v1/fleets/{fleet}/recommendations/batching
func (c *Client) RecommendBatching(ctx context.Context, fleet string, in *AnalyseInput, opts ...CallOption) (*PageRecommendationRecord, error) {
	return fetch[PageRecommendationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/recommendations/batching", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

// RecommendKVCache: Recommend changes to the KV cache.
//
//	POST /api/v1/fleets/{fleet}/recommendations/kv-cache
func (c *Client) RecommendKVCache(ctx context.Context, fleet string, in *AnalyseInput, opts ...CallOption) (*PageRecommendationRecord, error) {
	return fetch[PageRecommendationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/recommendations/kv-cache", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

// RecommendParallelism: Recommend another split of the model over GPUs.
//
//	POST /api/v1/fleets/{fleet}/recommendations/parallelism
func (c *Client) RecommendParallelism(ctx context.Context, fleet string, in *AnalyseInput, opts ...CallOption) (*PageRecommendationRecord, error) {
	return fetch[PageRecommendationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/recommendations/parallelism", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

// RecommendQuantization: Recommend quantization of weights or KV cache, where the GPU supports it.
//
//	POST /api/v1/fleets/{fleet}/recommendations/quantization
func (c *Client) RecommendQuantization(ctx context.Context, fleet string, in *AnalyseInput, opts ...CallOption) (*PageRecommendationRecord, error) {
	return fetch[PageRecommendationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/recommendations/quantization", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

// GetRecommendationSources: How often the candidates of rules, of the model and of a language model were better, over the fleet's latest runs.
//
//	GET /api/v1/fleets/{fleet}/recommendations/sources
func (c *Client) GetRecommendationSources(ctx context.Context, fleet string, opts ...CallOption) (*SourcesView, error) {
	return fetch[SourcesView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/recommendations/sources", url.PathEscape(fleet)),
	}, opts)
}

// StartRollout: Ship a configuration by canary, without looking for one.
//
//	POST /api/v1/fleets/{fleet}/rollouts
func (c *Client) StartRollout(ctx context.Context, fleet string, in RolloutInput, opts ...CallOption) (*RolloutRecord, error) {
	return fetch[RolloutRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/rollouts", url.PathEscape(fleet)),

		body: in,
	}, opts)
}

// StartRun: Start an optimization of the fleet.
//
//	POST /api/v1/fleets/{fleet}/runs
func (c *Client) StartRun(ctx context.Context, fleet string, in *OptimizeOptions, opts ...CallOption) (*RunRecord, error) {
	return fetch[RunRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/runs", url.PathEscape(fleet)),

		body: orNone(in),
	}, opts)
}

func (q ListSchedulesParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	return v
}

// ListSchedules: The fleet's schedules, newest first.
//
//	GET /api/v1/fleets/{fleet}/schedules
func (c *Client) ListSchedules(ctx context.Context, fleet string, q ListSchedulesParams, opts ...CallOption) (*PageScheduleView, error) {
	return fetch[PageScheduleView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/schedules", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// CreateSchedule: Start runs of the fleet by a timetable.
//
//	POST /api/v1/fleets/{fleet}/schedules
func (c *Client) CreateSchedule(ctx context.Context, fleet string, in ScheduleInput, opts ...CallOption) (*ScheduleView, error) {
	return fetch[ScheduleView](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/schedules", url.PathEscape(fleet)),

		body: in,
	}, opts)
}

// SloStatus: Each objective on what was observed last; no traffic is no data.
//
//	GET /api/v1/fleets/{fleet}/slo-status
func (c *Client) SloStatus(ctx context.Context, fleet string, opts ...CallOption) (*SLOReport, error) {
	return fetch[SLOReport](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slo-status", url.PathEscape(fleet)),
	}, opts)
}

func (q ListSlosParams) values() url.Values {
	v := url.Values{}
	put(v, "fields", false, q.Fields)
	return v
}

// ListSlos: The fleet's objectives.
//
//	GET /api/v1/fleets/{fleet}/slos
func (c *Client) ListSlos(ctx context.Context, fleet string, q ListSlosParams, opts ...CallOption) (*PageObjective, error) {
	return fetch[PageObjective](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slos", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// CreateSlo: Add an objective.
//
//	POST /api/v1/fleets/{fleet}/slos
func (c *Client) CreateSlo(ctx context.Context, fleet string, in Objective, opts ...CallOption) (*Objective, error) {
	return fetch[Objective](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slos", url.PathEscape(fleet)),

		body: in,
	}, opts)
}

// ExportSlos: The fleet's objectives as OpenSLO v1 documents.
//
//	GET /api/v1/fleets/{fleet}/slos/openslo
func (c *Client) ExportSlos(ctx context.Context, fleet string, opts ...CallOption) (string, error) {
	return fetchText(ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slos/openslo", url.PathEscape(fleet)),
	}, opts)
}

// ImportSlos: Add or replace objectives, by name, from OpenSLO v1 documents; all of them or none.
//
//	POST /api/v1/fleets/{fleet}/slos/openslo
func (c *Client) ImportSlos(ctx context.Context, fleet string, in string, opts ...CallOption) (*PageObjective, error) {
	return fetch[PageObjective](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slos/openslo", url.PathEscape(fleet)),

		text: in, form: "application/yaml",
	}, opts)
}

func (q PrometheusRulesParams) values() url.Values {
	v := url.Values{}
	put(v, "match", true, q.Match)
	return v
}

// PrometheusRules: Recording and alerting rules for a Prometheus server that scrapes the fleet's engines; a comment says which objectives have none and why.
//
//	GET /api/v1/fleets/{fleet}/slos/prometheus-rules
func (c *Client) PrometheusRules(ctx context.Context, fleet string, q PrometheusRulesParams, opts ...CallOption) (string, error) {
	return fetchText(ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slos/prometheus-rules", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// DeleteSlo: Remove an objective.
//
//	DELETE /api/v1/fleets/{fleet}/slos/{slo}
func (c *Client) DeleteSlo(ctx context.Context, fleet string, slo string, opts ...CallOption) error {
	return act(ctx, c, request{
		method: http.MethodDelete,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slos/%s", url.PathEscape(fleet), url.PathEscape(slo)),
	}, opts)
}

// GetSlo: One objective.
//
//	GET /api/v1/fleets/{fleet}/slos/{slo}
func (c *Client) GetSlo(ctx context.Context, fleet string, slo string, opts ...CallOption) (*Objective, error) {
	return fetch[Objective](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slos/%s", url.PathEscape(fleet), url.PathEscape(slo)),
	}, opts)
}

// UpdateSlo: Replace an objective; running workflows go by it from their next look on.
//
//	PUT /api/v1/fleets/{fleet}/slos/{slo}
func (c *Client) UpdateSlo(ctx context.Context, fleet string, slo string, in Objective, opts ...CallOption) (*Objective, error) {
	return fetch[Objective](ctx, c, request{
		method: http.MethodPut,
		path:   fmt.Sprintf("/api/v1/fleets/%s/slos/%s", url.PathEscape(fleet), url.PathEscape(slo)),

		body: in,
	}, opts)
}

// GetFleetTraffic: The split in force at the router, and its pools.
//
//	GET /api/v1/fleets/{fleet}/traffic
func (c *Client) GetFleetTraffic(ctx context.Context, fleet string, opts ...CallOption) (*Traffic, error) {
	return fetch[Traffic](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/traffic", url.PathEscape(fleet)),
	}, opts)
}

func (q ListValidationsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	return v
}

// ListValidations: Quality checks of the fleet, newest first.
//
//	GET /api/v1/fleets/{fleet}/validations
func (c *Client) ListValidations(ctx context.Context, fleet string, q ListValidationsParams, opts ...CallOption) (*PageValidationRecord, error) {
	return fetch[PageValidationRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/validations", url.PathEscape(fleet)),
		query:  q.values(),
	}, opts)
}

// StartValidation: Hold a server's answers to those of the fleet.
//
//	POST /api/v1/fleets/{fleet}/validations
func (c *Client) StartValidation(ctx context.Context, fleet string, in ValidationInput, opts ...CallOption) (*ValidationRecord, error) {
	return fetch[ValidationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/fleets/%s/validations", url.PathEscape(fleet)),

		body: in,
	}, opts)
}

// GetFleetWorkload: The workload: as given, or as the latest measurement shows it.
//
//	GET /api/v1/fleets/{fleet}/workload
func (c *Client) GetFleetWorkload(ctx context.Context, fleet string, opts ...CallOption) (*WorkloadView, error) {
	return fetch[WorkloadView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/fleets/%s/workload", url.PathEscape(fleet)),
	}, opts)
}

func (q ListKeysParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	return v
}

// ListKeys: Keys, newest first, revoked ones too; never the keys themselves.
//
//	GET /api/v1/keys
func (c *Client) ListKeys(ctx context.Context, q ListKeysParams, opts ...CallOption) (*PageAPIKey, error) {
	return fetch[PageAPIKey](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/keys",
		query:  q.values(),
	}, opts)
}

// CreateKey: Make a key; it is shown in this answer and never again.
//
//	POST /api/v1/keys
func (c *Client) CreateKey(ctx context.Context, in KeyInput, opts ...CallOption) (*NewKeyView, error) {
	return fetch[NewKeyView](ctx, c, request{
		method: http.MethodPost,
		path:   "/api/v1/keys",

		body: in,
	}, opts)
}

// RevokeKey: End a key for good; other servers follow within seconds.
//
//	DELETE /api/v1/keys/{id}
func (c *Client) RevokeKey(ctx context.Context, id string, opts ...CallOption) (*APIKey, error) {
	return fetch[APIKey](ctx, c, request{
		method: http.MethodDelete,
		path:   fmt.Sprintf("/api/v1/keys/%s", url.PathEscape(id)),
	}, opts)
}

func (q ListLoadtestsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	put(v, "fleet", false, q.Fleet)
	return v
}

// ListLoadtests: Load tests, newest first.
//
//	GET /api/v1/loadtests
func (c *Client) ListLoadtests(ctx context.Context, q ListLoadtestsParams, opts ...CallOption) (*PageLoadTestRecord, error) {
	return fetch[PageLoadTestRecord](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/loadtests",
		query:  q.values(),
	}, opts)
}

// GetLoadtest: One load test.
//
//	GET /api/v1/loadtests/{id}
func (c *Client) GetLoadtest(ctx context.Context, id string, opts ...CallOption) (*LoadTestRecord, error) {
	return fetch[LoadTestRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/loadtests/%s", url.PathEscape(id)),
	}, opts)
}

// CancelLoadtest: Stop sending load.
//
//	POST /api/v1/loadtests/{id}/cancel
func (c *Client) CancelLoadtest(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*Execution, error) {
	return fetch[Execution](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/loadtests/%s/cancel", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// GetLoadtestResults: What the load test found.
//
//	GET /api/v1/loadtests/{id}/results
func (c *Client) GetLoadtestResults(ctx context.Context, id string, opts ...CallOption) (*LoadTestResult, error) {
	return fetch[LoadTestResult](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/loadtests/%s/results", url.PathEscape(id)),
	}, opts)
}

func (q NormalizeMetricsParams) values() url.Values {
	v := url.Values{}
	put(v, "engine", false, q.Engine)
	return v
}

// NormalizeMetrics: Read a metrics page and say what it gives.
//
//	POST /api/v1/metrics/normalize
func (c *Client) NormalizeMetrics(ctx context.Context, q NormalizeMetricsParams, in NormalizeInput, opts ...CallOption) (*Normalized, error) {
	return fetch[Normalized](ctx, c, request{
		method: http.MethodPost,
		path:   "/api/v1/metrics/normalize",
		query:  q.values(),
		body:   in,
	}, opts)
}

// GetOrchestrator: How this agent stands with its orchestrator.
//
//	GET /api/v1/orchestrator
func (c *Client) GetOrchestrator(ctx context.Context, opts ...CallOption) (*OrchestratorView, error) {
	return fetch[OrchestratorView](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/orchestrator",
	}, opts)
}

// RegisterWithOrchestrator: Register with the orchestrator now, whatever was before.
//
//	POST /api/v1/orchestrator/register
func (c *Client) RegisterWithOrchestrator(ctx context.Context, opts ...CallOption) (*OrchestratorView, error) {
	return fetch[OrchestratorView](ctx, c, request{
		method: http.MethodPost,
		path:   "/api/v1/orchestrator/register",
	}, opts)
}

// GetOverview: What the live page shows: fleets with their budgets, what is open, recent runs, open violations.
//
//	GET /api/v1/overview
func (c *Client) GetOverview(ctx context.Context, opts ...CallOption) (*Overview, error) {
	return fetch[Overview](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/overview",
	}, opts)
}

// GetRecommendation: One recommendation.
//
//	GET /api/v1/recommendations/{id}
func (c *Client) GetRecommendation(ctx context.Context, id string, opts ...CallOption) (*RecommendationRecord, error) {
	return fetch[RecommendationRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/recommendations/%s", url.PathEscape(id)),
	}, opts)
}

// AcceptRecommendation: Note that it will be followed; ship it with POST .../rollouts.
//
//	POST /api/v1/recommendations/{id}/accept
func (c *Client) AcceptRecommendation(ctx context.Context, id string, opts ...CallOption) (*RecommendationRecord, error) {
	return fetch[RecommendationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/recommendations/%s/accept", url.PathEscape(id)),
	}, opts)
}

// DismissRecommendation: Note that it will not be followed.
//
//	POST /api/v1/recommendations/{id}/dismiss
func (c *Client) DismissRecommendation(ctx context.Context, id string, opts ...CallOption) (*RecommendationRecord, error) {
	return fetch[RecommendationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/recommendations/%s/dismiss", url.PathEscape(id)),
	}, opts)
}

func (q ListRolloutsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	put(v, "fleet", false, q.Fleet)
	put(v, "outcome", false, q.Outcome)
	put(v, "open", false, q.Open)
	return v
}

// ListRollouts: Rollouts, newest first.
//
//	GET /api/v1/rollouts
func (c *Client) ListRollouts(ctx context.Context, q ListRolloutsParams, opts ...CallOption) (*PageRolloutRecord, error) {
	return fetch[PageRolloutRecord](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/rollouts",
		query:  q.values(),
	}, opts)
}

// GetRollout: One rollout: its record, and the workflow's own answer while it is open.
//
//	GET /api/v1/rollouts/{id}
func (c *Client) GetRollout(ctx context.Context, id string, opts ...CallOption) (*RolloutView, error) {
	return fetch[RolloutView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/rollouts/%s", url.PathEscape(id)),
	}, opts)
}

// ApproveRollout: Let it touch production.
//
//	POST /api/v1/rollouts/{id}/approve
func (c *Client) ApproveRollout(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/rollouts/%s/approve", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// PauseRollout: Stay at the present weight.
//
//	POST /api/v1/rollouts/{id}/pause
func (c *Client) PauseRollout(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/rollouts/%s/pause", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// PromoteRollout: Go to the next stage on a person's word, after an inconclusive verdict.
//
//	POST /api/v1/rollouts/{id}/promote
func (c *Client) PromoteRollout(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/rollouts/%s/promote", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// RejectRollout: Do not let it touch production.
//
//	POST /api/v1/rollouts/{id}/reject
func (c *Client) RejectRollout(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/rollouts/%s/reject", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// ResumeRollout: Go on after a pause.
//
//	POST /api/v1/rollouts/{id}/resume
func (c *Client) ResumeRollout(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/rollouts/%s/resume", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// RollbackRollout: Go back to stable at once.
//
//	POST /api/v1/rollouts/{id}/rollback
func (c *Client) RollbackRollout(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/rollouts/%s/rollback", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

func (q ListStagesParams) values() url.Values {
	v := url.Values{}
	put(v, "fields", false, q.Fields)
	return v
}

// ListStages: The stages with their verdicts and evidence.
//
//	GET /api/v1/rollouts/{id}/stages
func (c *Client) ListStages(ctx context.Context, id string, q ListStagesParams, opts ...CallOption) (*PageStageRecord, error) {
	return fetch[PageStageRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/rollouts/%s/stages", url.PathEscape(id)),
		query:  q.values(),
	}, opts)
}

func (q ListRunsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	put(v, "fleet", false, q.Fleet)
	put(v, "outcome", false, q.Outcome)
	put(v, "open", false, q.Open)
	return v
}

// ListRuns: Runs, newest first.
//
//	GET /api/v1/runs
func (c *Client) ListRuns(ctx context.Context, q ListRunsParams, opts ...CallOption) (*PageRunRecord, error) {
	return fetch[PageRunRecord](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/runs",
		query:  q.values(),
	}, opts)
}

// GetRun: One run: its record, and the workflow's own answer while it is open.
//
//	GET /api/v1/runs/{id}
func (c *Client) GetRun(ctx context.Context, id string, opts ...CallOption) (*RunView, error) {
	return fetch[RunView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/runs/%s", url.PathEscape(id)),
	}, opts)
}

// ApproveRun: Let the winner go to production.
//
//	POST /api/v1/runs/{id}/approve
func (c *Client) ApproveRun(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/runs/%s/approve", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// CancelRun: Cancel the run: what it changed is undone.
//
//	POST /api/v1/runs/{id}/cancel
func (c *Client) CancelRun(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*Execution, error) {
	return fetch[Execution](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/runs/%s/cancel", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// PauseRun: Stop before the next step.
//
//	POST /api/v1/runs/{id}/pause
func (c *Client) PauseRun(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/runs/%s/pause", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// RejectRun: Do not let the winner go to production.
//
//	POST /api/v1/runs/{id}/reject
func (c *Client) RejectRun(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/runs/%s/reject", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// RunReport: The run as a page to read, print and forward; it loads nothing from anywhere.
//
//	GET /api/v1/runs/{id}/report
func (c *Client) RunReport(ctx context.Context, id string, opts ...CallOption) (string, error) {
	return fetchText(ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/runs/%s/report", url.PathEscape(id)),
	}, opts)
}

// RunReportJSON: The same facts as data.
//
//	GET /api/v1/runs/{id}/report.json
func (c *Client) RunReportJSON(ctx context.Context, id string, opts ...CallOption) (*Report, error) {
	return fetch[Report](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/runs/%s/report.json", url.PathEscape(id)),
	}, opts)
}

// ResumeRun: Go on after a pause.
//
//	POST /api/v1/runs/{id}/resume
func (c *Client) ResumeRun(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/runs/%s/resume", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// RollbackRun: Go back to the configuration before.
//
//	POST /api/v1/runs/{id}/rollback
func (c *Client) RollbackRun(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*CommandOutput, error) {
	return fetch[CommandOutput](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/runs/%s/rollback", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

func (q ListTrialsParams) values() url.Values {
	v := url.Values{}
	put(v, "fields", false, q.Fields)
	return v
}

// ListTrials: What was measured in staging.
//
//	GET /api/v1/runs/{id}/trials
func (c *Client) ListTrials(ctx context.Context, id string, q ListTrialsParams, opts ...CallOption) (*PageTrialRecord, error) {
	return fetch[PageTrialRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/runs/%s/trials", url.PathEscape(id)),
		query:  q.values(),
	}, opts)
}

// DeleteSchedule: Remove a schedule; runs that it started go on.
//
//	DELETE /api/v1/schedules/{id}
func (c *Client) DeleteSchedule(ctx context.Context, id string, opts ...CallOption) error {
	return act(ctx, c, request{
		method: http.MethodDelete,
		path:   fmt.Sprintf("/api/v1/schedules/%s", url.PathEscape(id)),
	}, opts)
}

// GetSchedule: One schedule: its next times, and what became of the last.
//
//	GET /api/v1/schedules/{id}
func (c *Client) GetSchedule(ctx context.Context, id string, opts ...CallOption) (*ScheduleView, error) {
	return fetch[ScheduleView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/schedules/%s", url.PathEscape(id)),
	}, opts)
}

// UpdateSchedule: Replace a schedule; paused pauses and resumes it.
//
//	PUT /api/v1/schedules/{id}
func (c *Client) UpdateSchedule(ctx context.Context, id string, in ScheduleInput, opts ...CallOption) (*ScheduleView, error) {
	return fetch[ScheduleView](ctx, c, request{
		method: http.MethodPut,
		path:   fmt.Sprintf("/api/v1/schedules/%s", url.PathEscape(id)),

		body: in,
	}, opts)
}

// GetSlots: Which rollouts may touch production now, and which wait behind whom.
//
//	GET /api/v1/slots
func (c *Client) GetSlots(ctx context.Context, opts ...CallOption) (*Slots, error) {
	return fetch[Slots](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/slots",
	}, opts)
}

func (q ListViolationsParams) values() url.Values {
	v := url.Values{}
	put(v, "limit", false, q.Limit)
	put(v, "cursor", false, q.Cursor)
	put(v, "sort", false, q.Sort)
	put(v, "fields", false, q.Fields)
	put(v, "fleet", false, q.Fleet)
	put(v, "open", false, q.Open)
	put(v, "state", false, q.State)
	put(v, "severity", false, q.Severity)
	put(v, "since", false, q.Since)
	return v
}

// ListViolations: Breaches of objectives and budgets that burn, newest first; one that opens anew is the newest. By opened_at or fleet a reader of pages misses none.
//
//	GET /api/v1/violations
func (c *Client) ListViolations(ctx context.Context, q ListViolationsParams, opts ...CallOption) (*PageViolationRecord, error) {
	return fetch[PageViolationRecord](ctx, c, request{
		method: http.MethodGet,
		path:   "/api/v1/violations",
		query:  q.values(),
	}, opts)
}

// GetViolation: One breach.
//
//	GET /api/v1/violations/{id}
func (c *Client) GetViolation(ctx context.Context, id string, opts ...CallOption) (*ViolationRecord, error) {
	return fetch[ViolationRecord](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/violations/%s", url.PathEscape(id)),
	}, opts)
}

// AcknowledgeViolation: Say that somebody looks after it.
//
//	POST /api/v1/violations/{id}/acknowledge
func (c *Client) AcknowledgeViolation(ctx context.Context, id string, in *NoteInput, opts ...CallOption) (*ViolationRecord, error) {
	return fetch[ViolationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/violations/%s/acknowledge", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// ResolveViolation: Say that it is over; a breach that goes on opens it anew.
//
//	POST /api/v1/violations/{id}/resolve
func (c *Client) ResolveViolation(ctx context.Context, id string, in *NoteInput, opts ...CallOption) (*ViolationRecord, error) {
	return fetch[ViolationRecord](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/violations/%s/resolve", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// StartWave: Ship one change to several fleets, batch after batch; stops after the first that is not promoted.
//
//	POST /api/v1/waves
func (c *Client) StartWave(ctx context.Context, in WaveInput, opts ...CallOption) (*WaveView, error) {
	return fetch[WaveView](ctx, c, request{
		method: http.MethodPost,
		path:   "/api/v1/waves",

		body: in,
	}, opts)
}

// GetWave: How far a wave is, fleet by fleet.
//
//	GET /api/v1/waves/{id}
func (c *Client) GetWave(ctx context.Context, id string, opts ...CallOption) (*WaveView, error) {
	return fetch[WaveView](ctx, c, request{
		method: http.MethodGet,
		path:   fmt.Sprintf("/api/v1/waves/%s", url.PathEscape(id)),
	}, opts)
}

// CancelWave: Stop a wave: its open rollouts go back, what was promoted stays.
//
//	POST /api/v1/waves/{id}/cancel
func (c *Client) CancelWave(ctx context.Context, id string, in *CommandInput, opts ...CallOption) (*Execution, error) {
	return fetch[Execution](ctx, c, request{
		method: http.MethodPost,
		path:   fmt.Sprintf("/api/v1/waves/%s/cancel", url.PathEscape(id)),

		body: orNone(in),
	}, opts)
}

// ReceiveAlerts: Alertmanager's webhook: a firing alert opens a violation and tells the open rollout and people, a resolved one ends it.
//
//	POST /api/v1/webhooks/alertmanager
func (c *Client) ReceiveAlerts(ctx context.Context, in AlertGroup, opts ...CallOption) (*AlertsTaken, error) {
	return fetch[AlertsTaken](ctx, c, request{
		method: http.MethodPost,
		path:   "/api/v1/webhooks/alertmanager",

		body: in,
	}, opts)
}

// DecodePayloads: Decrypt payloads of workflows, for Temporal's Web UI and CLI; off without payload keys.
//
//	POST /codec/decode
func (c *Client) DecodePayloads(ctx context.Context, in Payloads, opts ...CallOption) (*Payloads, error) {
	return fetch[Payloads](ctx, c, request{
		method: http.MethodPost,
		path:   "/codec/decode",

		body: in,
	}, opts)
}

// EncodePayloads: Encrypt payloads for workflows, for Temporal's CLI; off without payload keys.
//
//	POST /codec/encode
func (c *Client) EncodePayloads(ctx context.Context, in Payloads, opts ...CallOption) (*Payloads, error) {
	return fetch[Payloads](ctx, c, request{
		method: http.MethodPost,
		path:   "/codec/encode",

		body: in,
	}, opts)
}

// Docs: The API as a page to read and try; works offline.
//
//	GET /docs
func (c *Client) Docs(ctx context.Context, opts ...CallOption) (string, error) {
	return fetchText(ctx, c, request{
		method: http.MethodGet,
		path:   "/docs",
	}, opts)
}

// Health: Whether the server runs.
//
//	GET /health
func (c *Client) Health(ctx context.Context, opts ...CallOption) (*Health, error) {
	return fetch[Health](ctx, c, request{
		method: http.MethodGet,
		path:   "/health",
	}, opts)
}

// HealthDetailed: Each dependency with its error and how long it took to answer.
//
//	GET /health/detailed
func (c *Client) HealthDetailed(ctx context.Context, opts ...CallOption) (*Health, error) {
	return fetch[Health](ctx, c, request{
		method: http.MethodGet,
		path:   "/health/detailed",
	}, opts)
}

// HealthLive: Liveness: the process answers; no dependency is asked.
//
//	GET /health/live
func (c *Client) HealthLive(ctx context.Context, opts ...CallOption) (*Health, error) {
	return fetch[Health](ctx, c, request{
		method: http.MethodGet,
		path:   "/health/live",
	}, opts)
}

// HealthReady: Readiness: the store and Temporal answer.
//
//	GET /health/ready
func (c *Client) HealthReady(ctx context.Context, opts ...CallOption) (*Health, error) {
	return fetch[Health](ctx, c, request{
		method: http.MethodGet,
		path:   "/health/ready",
	}, opts)
}

// PrometheusMetrics: The server's own metrics in the Prometheus text format.
//
//	GET /metrics
func (c *Client) PrometheusMetrics(ctx context.Context, opts ...CallOption) (string, error) {
	return fetchText(ctx, c, request{
		method: http.MethodGet,
		path:   "/metrics",
	}, opts)
}

// Openapi: This document.
//
//	GET /openapi.json
func (c *Client) Openapi(ctx context.Context, opts ...CallOption) (string, error) {
	return fetchText(ctx, c, request{
		method: http.MethodGet,
		path:   "/openapi.json",
	}, opts)
}

// SignOut: Have the browser forget the key; the key itself stays good.
//
//	DELETE /session
func (c *Client) SignOut(ctx context.Context, opts ...CallOption) error {
	return act(ctx, c, request{
		method: http.MethodDelete,
		path:   "/session",
	}, opts)
}

// GetSession: Who the caller is, and what they may.
//
//	GET /session
func (c *Client) GetSession(ctx context.Context, opts ...CallOption) (*SessionView, error) {
	return fetch[SessionView](ctx, c, request{
		method: http.MethodGet,
		path:   "/session",
	}, opts)
}

// SignIn: Sign a browser in: the key goes into a cookie that scripts cannot read.
//
//	POST /session
func (c *Client) SignIn(ctx context.Context, in SessionInput, opts ...CallOption) (*SessionView, error) {
	return fetch[SessionView](ctx, c, request{
		method: http.MethodPost,
		path:   "/session",

		body: in,
	}, opts)
}

// Task: A task from the orchestrator: starts the run, or finds the one of the same task_id, and waits for its end within the timeout.
//
//	POST /task
func (c *Client) Task(ctx context.Context, in TaskRequest, opts ...CallOption) (*TaskAnswer, error) {
	return fetch[TaskAnswer](ctx, c, request{
		method: http.MethodPost,
		path:   "/task",

		body: in,
	}, opts)
}

// Version: What is running.
//
//	GET /version
func (c *Client) Version(ctx context.Context, opts ...CallOption) (*Version, error) {
	return fetch[Version](ctx, c, request{
		method: http.MethodGet,
		path:   "/version",
	}, opts)
}
