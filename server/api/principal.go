package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Principal is whom a credential belongs to.
type Principal struct {
	// ID is of this credential alone: limits and idempotency keys go by it.
	ID string
	// Name is the actor in records.
	Name string
	// Role is "" for somebody who may do nothing.
	Role serving.Role
	// Fleets are those it may see and change; nil means all.
	Fleets []string
	// Until is when the credential ends by itself; zero is never.
	Until time.Time
}

// ErrCredential is behind every refusal of a token for what it is, as against a
// store or an issuer that does not answer.
var ErrCredential = errors.New("the credential is not accepted")

// ErrUnchecked says that the issuer of a token could not be asked, so that nobody
// knows whether the token is good.
var ErrUnchecked = errors.New("the token cannot be checked now")

// Authenticator knows whom a bearer token belongs to.
type Authenticator interface {
	// Authenticate fails with ErrCredential for a token it does not accept. The
	// error's text is for the caller, so it must not tell what they cannot know. It
	// fails with ErrUnchecked where an issuer does not answer.
	Authenticate(ctx context.Context, token string) (Principal, error)
}

// everyone is the principal of all callers where nobody is asked who they are.
func everyone() Principal { return Principal{Role: serving.RoleAdmin} }

// sees reports that the principal's credential is good for a fleet.
func (p Principal) sees(fleet string) bool {
	return p.Fleets == nil || slices.Contains(p.Fleets, fleet)
}

// within keeps a list to the caller's fleets; asking for another is refused.
func within(ctx context.Context, q Query) (Query, error) {
	who := callerOf(ctx).Principal
	q.Within = who.Fleets
	if q.Fleet == "" {
		return q, nil
	}
	return q, mustSee(ctx, q.Fleet)
}

// mustSee is for fleets that are named in a query or a body; those of paths are
// checked before a handler runs.
func mustSee(ctx context.Context, fleets ...string) error {
	who := callerOf(ctx).Principal
	for _, f := range fleets {
		if !who.sees(f) {
			return foreignFleet(f)
		}
	}
	return nil
}

// foreignRecord answers for a record of another fleet as if there were none.
func foreignRecord() *Problem {
	return newProblem(http.StatusNotFound, "not-found", "there is no such record among your fleets")
}

// foreignFleet does not say whether there is such a fleet.
func foreignFleet(name string) *Problem {
	return newProblem(http.StatusForbidden, "forbidden", "your credential is not good for fleet "+name)
}
