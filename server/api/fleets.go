package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/workflows"
)

type fleetOutput struct {
	ETag     string `header:"ETag" doc:"Generation of the record, for If-Match."`
	Location string `header:"Location"`
	Body     serving.Fleet
}

// IfMatch is the input of conditional changes.
type IfMatch struct {
	IfMatch string `header:"If-Match" doc:"ETag that must still hold; without it the change is unconditional."`
}

func (s *Server) registerFleets() {
	on := func(method, path, id, summary, action string, status int, errors ...int) route {
		return route{method: method, path: prefix + path, id: id, group: "fleets", summary: summary, action: action, status: status, errors: errors}
	}
	create := on(http.MethodPost, "/fleets", "create-fleet", "Register a fleet", "fleet.create", http.StatusCreated)
	list := on(http.MethodGet, "/fleets", "list-fleets", "Fleets, newest first", "", 0)
	create.reach, list.reach = reachOwn, reachOwn
	handle(s, create, s.createFleet)
	handleList(s, list, []string{"created_at", "name"},
		func(ctx context.Context, in *PageQuery) (*body[Page[serving.Fleet]], error) {
			q, err := within(ctx, in.query())
			if err != nil {
				return nil, err
			}
			page, err := s.deps.Store.ListFleets(ctx, q)
			return answer(page), err
		})
	handle(s, on(http.MethodGet, "/fleets/{fleet}", "get-fleet", "One fleet", "", 0), s.getFleet)
	handle(s, on(http.MethodPut, "/fleets/{fleet}", "update-fleet", "Replace a fleet's record", "fleet.update", 0,
		temporalErrors(http.StatusPreconditionFailed)...), s.updateFleet)
	handle(s, on(http.MethodDelete, "/fleets/{fleet}", "delete-fleet", "Forget a fleet and its schedules; its replicas are left alone", "fleet.delete", http.StatusNoContent,
		temporalErrors(http.StatusPreconditionFailed)...), s.deleteFleet)
}

func (s *Server) createFleet(ctx context.Context, in *struct{ Body FleetInput }) (*fleetOutput, error) {
	if err := mustSee(ctx, in.Body.Name); err != nil {
		return nil, err
	}
	f, err := s.fleetOf(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	f, err = s.deps.Store.CreateFleet(ctx, f)
	if err != nil {
		return nil, err
	}
	remark(ctx, f.Name, nil, f)
	return &fleetOutput{ETag: etag(f), Location: prefix + "/fleets/" + f.Name, Body: f}, nil
}

func (s *Server) getFleet(ctx context.Context, in *FleetPath) (*fleetOutput, error) {
	f, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	return &fleetOutput{ETag: etag(f), Body: f}, nil
}

func (s *Server) updateFleet(ctx context.Context, in *struct {
	FleetPath
	IfMatch
	Body FleetInput
}) (*fleetOutput, error) {
	if in.Body.Name != in.Fleet {
		return nil, invalid("body.name", fmt.Sprintf("must be %q, the name of the path", in.Fleet), "register a new fleet to rename one")
	}
	next, err := s.fleetOf(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	return s.replaceFleet(ctx, in.Fleet, in.IfMatch.IfMatch, func(old serving.Fleet) (serving.Fleet, error) {
		if sameGround(old, next) {
			return next, nil
		}
		return next, s.ensureIdle(ctx, old.Name)
	})
}

// replaceFleet is the one way a fleet's record changes: read, check If-Match,
// change, write on the generation that was read.
func (s *Server) replaceFleet(ctx context.Context, name, ifMatch string, change func(serving.Fleet) (serving.Fleet, error)) (*fleetOutput, error) {
	old, err := s.deps.Store.Fleet(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := checkMatch(ifMatch, "fleet", old.Generation); err != nil {
		return nil, err
	}
	next, err := change(old)
	if err != nil {
		return nil, err
	}
	saved, err := s.deps.Store.UpdateFleet(ctx, next, old.Generation)
	if err != nil {
		return nil, err
	}
	remark(ctx, name, old, saved)
	return &fleetOutput{ETag: etag(saved), Body: saved}, nil
}

func (s *Server) deleteFleet(ctx context.Context, in *struct {
	FleetPath
	IfMatch
}) (*struct{}, error) {
	old, err := s.deps.Store.Fleet(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	if err := checkMatch(in.IfMatch.IfMatch, "fleet", old.Generation); err != nil {
		return nil, err
	}
	if err := s.ensureIdle(ctx, in.Fleet); err != nil {
		return nil, err
	}
	settle, err := s.stopSchedules(ctx, in.Fleet)
	if err != nil {
		return nil, err
	}
	defer settle()
	remark(ctx, in.Fleet, old, nil)
	return nil, s.deps.Store.DeleteFleet(ctx, in.Fleet, old.Generation)
}

// sameGround reports that a change touches nothing a running workflow stands on:
// objectives, workload and policy may change under it, what it launches and where
// it sends traffic may not.
func sameGround(a, b serving.Fleet) bool {
	return a.Config.Equal(b.Config) && a.Hardware == b.Hardware && a.Replicas == b.Replicas &&
		a.Router == b.Router && a.Provisioner == b.Provisioner && slices.Equal(a.Endpoints, b.Endpoints)
}

// ensureIdle fails with *BusyError while a run or a rollout works on the fleet.
func (s *Server) ensureIdle(ctx context.Context, fleet string) error {
	return s.ensureIdleBut(ctx, fleet, "")
}

// ensureIdleBut leaves the workflow that a request with an idempotency key is about
// to start to the start itself, which knows whether that one is the request's own.
func (s *Server) ensureIdleBut(ctx context.Context, fleet, own string) error {
	for _, id := range []string{workflows.OptimizeID(fleet), workflows.RolloutID(fleet)} {
		e, open, err := s.deps.Workflows.Running(ctx, id)
		if err != nil {
			return err
		}
		if open && (id != own || callerOf(ctx).order() == "") {
			return &BusyError{Current: e}
		}
	}
	return nil
}

func etag(f serving.Fleet) string { return etagOf(f.Generation) }

func etagOf(generation int64) string { return strconv.Quote(strconv.FormatInt(generation, 10)) }

// checkMatch compares If-Match (RFC 9110, 13.1.1) with the record.
func checkMatch(ifMatch, what string, generation int64) error {
	if ifMatch == "" {
		return nil
	}
	for _, tag := range strings.Split(ifMatch, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || tag == etagOf(generation) {
			return nil
		}
	}
	p := newProblem(http.StatusPreconditionFailed, "stale",
		fmt.Sprintf("the %s is at generation %s; read it again and send its ETag in If-Match", what, etagOf(generation)))
	p.Errors = []FieldProblem{{Field: "header.If-Match", Message: "does not name the current generation"}}
	return p
}
