package overview

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Overview is what goes on everywhere, as far as the caller may see it.
type Overview struct {
	At         time.Time  `json:"at"`
	Fleets     []Fleet    `json:"fleets"`
	Active     []Activity `json:"active" doc:"Open runs and the rollouts that were started alone."`
	Recent     []Run      `json:"recent" doc:"Runs that have ended, the latest first."`
	Violations []Alert    `json:"violations" doc:"Open ones."`
	// Cut says that there is more of something than is shown.
	Cut bool `json:"cut,omitempty"`
}

// Fleet is one fleet and where it stands.
type Fleet struct {
	Name     string             `json:"name"`
	Engine   serving.EngineKind `json:"engine"`
	Model    string             `json:"model"`
	GPU      string             `json:"gpu"`
	Replicas int                `json:"replicas"`
	// Status is "violated", "rolling out", "optimizing" or "steady", the first that
	// holds.
	Status  string   `json:"status"`
	Budgets []Budget `json:"budgets"`
}

// Budget is what is left of an objective's error budget.
type Budget struct {
	Objective string          `json:"objective"`
	Remaining serving.Measure `json:"remaining" doc:"1 untouched, 0 spent, negative overspent; null without counts."`
	State     string          `json:"state" enum:"kept,burning,spent,no-data" doc:"burning: an alert on how fast it goes fires."`
}

// Activity is an open run or rollout.
type Activity struct {
	Kind       string    `json:"kind" enum:"run,rollout"`
	ID         string    `json:"id"`
	WorkflowID string    `json:"workflow_id"`
	WebUI      string    `json:"web_ui,omitempty" doc:"The workflow in Temporal's Web UI."`
	Fleet      string    `json:"fleet"`
	Phase      string    `json:"phase"`
	Paused     bool      `json:"paused,omitempty"`
	Answers    bool      `json:"answers" doc:"The workflow answered a query just now; without an answer its phase is from the record."`
	StartedAt  time.Time `json:"started_at"`
	Trials     int       `json:"trials"`
	Says       string    `json:"says,omitempty" doc:"The latest event of its story."`
	Change     string    `json:"change,omitempty"`
	// Weight is the canary's share in percent, and Stages those of its rollout.
	Weight int     `json:"weight"`
	Stages []Stage `json:"stages"`
	// Rollout and RolloutPhase are those of the rollout that a run waits for.
	Rollout      string `json:"rollout,omitempty" doc:"ID of the rollout that the run waits for."`
	RolloutPhase string `json:"rollout_phase,omitempty"`
}

// Stage is a stage of a rollout: "done" with its verdict, "running" or "ahead".
type Stage struct {
	Weight  int             `json:"weight"`
	State   string          `json:"state" enum:"done,running,ahead"`
	Verdict serving.Verdict `json:"verdict,omitempty"`
}

// Run is one that has ended.
type Run struct {
	ID        string          `json:"id"`
	WebUI     string          `json:"web_ui,omitempty"`
	Fleet     string          `json:"fleet"`
	Outcome   serving.Outcome `json:"outcome"`
	Reason    string          `json:"reason"`
	Gain      serving.Measure `json:"gain" doc:"Ratio of throughputs; null without a winner."`
	StartedAt time.Time       `json:"started_at"`
	Seconds   float64         `json:"seconds"`
}

// Alert is an open violation.
type Alert struct {
	ID           string                `json:"id"`
	Fleet        string                `json:"fleet"`
	SLO          string                `json:"slo"`
	Variant      serving.Variant       `json:"variant,omitempty"`
	Severity     serving.AlertSeverity `json:"severity"`
	Reason       string                `json:"reason,omitempty"`
	OpenedAt     time.Time             `json:"opened_at"`
	Acknowledged string                `json:"acknowledged_by,omitempty"`
}

// Order is a command that an activity takes now.
type Order struct {
	Verb string
	Name string
	// Noun and ID are what it is sent to: "run" or "rollout".
	Noun, ID string
	// Asks is what a person confirms.
	Asks string
	// Grave orders touch production; they are drawn as such.
	Grave bool
}

// Orders are what the workflow would not refuse in its phase.
func (a Activity) Orders() []Order {
	var out []Order
	if a.Phase == "awaiting-approval" {
		out = append(out, Order{Verb: "approve", Name: "Approve", Asks: "Let " + orThe(a.Change) + " go to the production of " + a.Fleet + "?", Grave: true},
			Order{Verb: "reject", Name: "Reject", Asks: "End this without touching the production of " + a.Fleet + "?"})
	}
	if a.awaitsHuman() {
		out = append(out, Order{Verb: "promote", Name: "Promote stage", Asks: "Accept the stage at " + fmt.Sprint(a.Weight) + "% on your word, although its verdict is open?", Grave: true})
	}
	if a.pausable() {
		if a.Paused {
			out = append(out, Order{Verb: "resume", Name: "Resume", Asks: "Let the work on " + a.Fleet + " go on?"})
		} else {
			out = append(out, Order{Verb: "pause", Name: "Pause", Asks: "Stay where the work on " + a.Fleet + " is, until somebody resumes it?"})
		}
	}
	if a.Phase != "rolling-back" && a.Phase != "closed" {
		out = append(out, Order{Verb: "rollback", Name: "Roll back", Asks: a.rollbackAsks(), Grave: true})
	}
	for i := range out {
		out[i].Noun, out[i].ID = a.Kind, a.ID
		if out[i].Verb == "promote" && a.Rollout != "" {
			out[i].Noun, out[i].ID = "rollout", a.Rollout // a run knows no such word
		}
	}
	return out
}

// awaitsHuman says whether the rollout, or that of the run, wants somebody's word on
// a stage.
func (a Activity) awaitsHuman() bool {
	return a.Kind == "rollout" && a.Phase == "awaiting-human" || a.RolloutPhase == "awaiting-human"
}

// pausable says in which phases a pause is taken: a run takes it in any, a rollout
// while its canary is prepared or serves.
func (a Activity) pausable() bool {
	return a.Kind == "run" || slices.Contains([]string{"preparing", "shifting", "awaiting-human"}, a.Phase)
}

func (a Activity) rollbackAsks() string {
	if len(a.Stages) == 0 {
		return "Stop this on " + a.Fleet + "? Production has not been touched."
	}
	return "Take all traffic of " + a.Fleet + " back to the old configuration now?"
}

func orThe(change string) string {
	if change == "" {
		return "the change"
	}
	return change
}

// runPhases are the phases of a run in order, for people who wait.
func runPhases() []string {
	return []string{"collecting", "diagnosing", "proposing", "trialing", "confirming", "awaiting-approval", "rolling-out"}
}

// Step is a phase of a run with where the run is: "done", "now" or "ahead".
type Step struct{ Name, State string }

// Steps are the phases of a run; none for a rollout, whose stages tell more.
func (a Activity) Steps() []Step {
	at := slices.Index(runPhases(), a.Phase)
	if a.Kind != "run" {
		return nil
	}
	var out []Step
	for i, p := range runPhases() {
		s := Step{strings.ReplaceAll(p, "-", " "), "ahead"}
		switch {
		case i < at:
			s.State = "done"
		case i == at:
			s.State = "now"
		}
		out = append(out, s)
	}
	return out
}

// Sentence is the page in a line, which is read out when it changes.
func (o Overview) Sentence() string {
	parts := []string{count(len(o.Fleets), "fleet", "fleets")}
	for _, a := range o.Active {
		state := strings.ReplaceAll(a.Phase, "-", " ")
		if a.Paused {
			state += ", paused"
		}
		if a.Weight > 0 {
			state += fmt.Sprintf(" at %d%%", a.Weight)
		}
		parts = append(parts, a.Kind+" of "+a.Fleet+" is "+state)
	}
	if len(o.Active) == 0 {
		parts = append(parts, "nothing is open")
	}
	return strings.Join(append(parts, count(len(o.Violations), "open violation", "open violations")), "; ")
}

func count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
