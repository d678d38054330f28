package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/admission"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/slo"
)

// FleetReader reads the record of a fleet.
type FleetReader interface {
	Fleet(ctx context.Context, name string) (serving.Fleet, error)
}

// TallyReader reads what was counted of a fleet's objectives.
type TallyReader interface {
	SLOTallies(ctx context.Context, fleet string, since time.Time) ([]slo.Tally, error)
}

// Admission says whether production may be experimented on.
type Admission struct {
	fleets FleetReader
	book   TallyReader
}

// NewAdmission returns the admitting activity.
func NewAdmission(fleets FleetReader, book TallyReader) *Admission {
	return &Admission{fleets: fleets, book: book}
}

// AdmitInput names a fleet.
type AdmitInput struct {
	Fleet string `json:"fleet"`
}

// AdmitResult is the decision, as things are now.
type AdmitResult struct {
	Decision admission.Decision `json:"decision"`
}

// Admit decides by the fleet's record and budgets as they are now.
func (a *Admission) Admit(ctx context.Context, in AdmitInput) (AdmitResult, error) {
	fleet, err := a.fleets.Fleet(ctx, in.Fleet)
	if err != nil {
		return AdmitResult{}, translate(err)
	}
	now := time.Now()
	tallies, err := a.book.SLOTallies(ctx, fleet.Name, now.Add(-seconds(slo.LongestPeriod(fleet.SLOs))))
	if err != nil {
		return AdmitResult{}, translate(fmt.Errorf("read the error budgets of %s: %w", fleet.Name, err))
	}
	decision, err := admission.Decide(fleet, tallies, now)
	return AdmitResult{Decision: decision}, translate(err)
}
