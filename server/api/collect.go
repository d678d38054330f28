package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// collect measures the stable replicas over a window, in the caller's time, and
// keeps what it saw. It is for a person who wants to look now; watching
// for ever is the Monitor workflow's task.
func (s *Server) collect(ctx context.Context, f serving.Fleet, windowSeconds float64) (serving.SnapshotRecord, error) {
	if windowSeconds == 0 {
		windowSeconds = 10
	}
	if list := s.sourceAddressProblems(ctx, f); len(list) > 0 {
		return serving.SnapshotRecord{}, invalidFields(list)
	}
	endpoints, err := s.stableEndpoints(ctx, f)
	if err != nil {
		return serving.SnapshotRecord{}, err
	}
	readings, err := s.deps.Scraper.Watch(ctx, f, endpoints, windowSeconds)
	if err != nil {
		return serving.SnapshotRecord{}, unreadable(err)
	}
	snapshot := serving.Window(f.Name, serving.Stable, readings)
	return s.deps.Store.SaveSnapshot(ctx, serving.SnapshotRecord{
		Fleet: f.Name, Variant: serving.Stable, TakenAt: s.deps.Now().UTC(), Snapshot: snapshot,
	})
}

// unreadable is the caller's to mend, hence a 422: the fleet names an address
// where no engine of its kind answers.
func unreadable(err error) error {
	var at *serving.UnreadableError
	if !errors.As(err, &at) {
		return err
	}
	p := newProblem(http.StatusUnprocessableEntity, "unreadable",
		fmt.Sprintf("%s cannot be read; start the replica or correct the fleet's endpoints or metrics; POST .../probe tells what each replica answers", at.Endpoint))
	p.Errors = []FieldProblem{{Field: at.Endpoint, Message: at.Err.Error()}}
	return p
}

// stableEndpoints are where the fleet's production replicas are: as the record
// says, or else as the provisioner knows. Addresses of the record are checked
// again, because a name may resolve otherwise than when it was registered.
func (s *Server) stableEndpoints(ctx context.Context, f serving.Fleet) ([]string, error) {
	if len(f.Endpoints) > 0 {
		if list := s.addressProblems(ctx, serving.Fleet{Endpoints: f.Endpoints}); len(list) > 0 {
			return nil, invalidFields(list)
		}
		return f.Endpoints, nil
	}
	running, err := s.deps.Variants.Describe(ctx, f)
	if err != nil {
		p := newProblem(http.StatusBadGateway, "provisioner", "the provisioner does not tell where stable runs: "+err.Error())
		p.cause = err
		return nil, p
	}
	for _, v := range running {
		if v.Variant == serving.Stable && len(v.Endpoints) > 0 {
			return v.Endpoints, nil
		}
	}
	return nil, newProblem(http.StatusConflict, "no-replicas", "no replica of stable serves")
}
