package workflows

import "github.com/optiinfra/performance-agent/activities"

// Nil receivers that give typed references to activity methods; nothing is ever
// called on them here.
var (
	fleets      *activities.Fleets
	metrics     *activities.Metrics
	analysis    *activities.Analysis
	variants    *activities.Variants
	traffic     *activities.Traffic
	load        *activities.Load
	judging     *activities.Judging
	watch       *activities.Watch
	history     *activities.History
	asking      *activities.Quality
	telling     *activities.Notices
	admitting   *activities.Admission
	evidence    *activities.Evidence
	slots       *activities.Slots
	regressions *activities.Regressions
	gatekeeping *activities.Gates
	advisors    *activities.Advisor
	schedules   *activities.Schedules
)
