package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// scrapesAtOnce bounds how many replicas are read at the same time: enough for a
// large fleet within a second, few enough not to be a load of its own.
const scrapesAtOnce = 16

// collect reads the stable replicas at both ends of a window, in the caller's
// time, and keeps what they saw. It is for a person who wants to look now; watching
// for ever is the Monitor workflow's task.
func (s *Server) collect(ctx context.Context, f serving.Fleet, windowSeconds float64) (serving.SnapshotRecord, error) {
	if windowSeconds == 0 {
		windowSeconds = 10
	}
	endpoints, err := s.stableEndpoints(ctx, f)
	if err != nil {
		return serving.SnapshotRecord{}, err
	}
	readings := make([][]serving.Reading, len(endpoints))
	if err := s.readAll(ctx, f, endpoints, readings); err != nil {
		return serving.SnapshotRecord{}, err
	}
	timer := time.NewTimer(time.Duration(windowSeconds * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return serving.SnapshotRecord{}, ctx.Err()
	case <-timer.C:
	}
	if err := s.readAll(ctx, f, endpoints, readings); err != nil {
		return serving.SnapshotRecord{}, err
	}
	snapshot := serving.Window(f.Name, serving.Stable, readings)
	return s.deps.Store.SaveSnapshot(ctx, serving.SnapshotRecord{
		Fleet: f.Name, Variant: serving.Stable, TakenAt: s.deps.Now().UTC(), Snapshot: snapshot,
	})
}

// readAll appends one reading of each endpoint. One that does not answer fails the
// whole: a fleet measured in part would look smaller than it is.
func (s *Server) readAll(ctx context.Context, f serving.Fleet, endpoints []string, into [][]serving.Reading) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(scrapesAtOnce)
	for i, e := range endpoints {
		group.Go(func() error {
			r, err := s.deps.Scraper.Read(ctx, e, f.Config.Engine)
			if err != nil {
				return unreadable(e, err)
			}
			into[i] = append(into[i], r)
			return nil
		})
	}
	return group.Wait()
}

// unreadable is the caller's to mend, hence a 422: the fleet names an address
// where no engine of its kind answers.
func unreadable(endpoint string, err error) error {
	p := newProblem(http.StatusUnprocessableEntity, "unreadable",
		fmt.Sprintf("%s cannot be read; start the replica or correct the fleet's endpoints; POST .../probe tells what each replica answers", endpoint))
	p.Errors = []FieldProblem{{Field: endpoint, Message: err.Error()}}
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
