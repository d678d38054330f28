package oidcauth

import (
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// allFleets in the fleets claim makes a token good for every fleet.
const allFleets = "*"

// maxActor bounds a name that is stored and logged; a subject has at most 255
// characters (OpenID Connect Core 2).
const maxActor = 255

// Identity is whom a token belongs to.
type Identity struct {
	ID   string // the issuer's for good
	Name string // the actor: claim@issuer, which no key can be named
	// Role is "" when the token gives none.
	Role    serving.Role
	Fleets  []string  // nil: all
	Expires time.Time // after which the token is not taken, leeway included
}

func (i *Issuer) identityOf(t *oidc.IDToken, claims map[string]any) (Identity, error) {
	out := Identity{ID: "oidc:" + t.Issuer + " " + t.Subject, Expires: t.Expiry.Add(i.options.Leeway)}
	names := texts(at(claims, i.options.Actor))
	if t.Subject == "" || len(names) != 1 || !plain(names[0]) {
		return out, fmt.Errorf("%w: its claims sub and %s must name whom it belongs to, in at most %d plain characters", ErrToken, i.options.Actor, maxActor)
	}
	out.Name = names[0] + "@" + t.Issuer
	for _, value := range texts(at(claims, i.options.Role)) {
		if role, known := i.options.RoleOf[value]; known && !out.Role.Covers(role) {
			out.Role = role
		}
	}
	if i.options.Fleets != "" {
		out.Fleets = fleets(texts(at(claims, i.options.Fleets)))
	}
	return out, nil
}

// fleets of a claim. A token without it is good for no fleet: an empty list, not nil.
func fleets(named []string) []string {
	out := []string{}
	for _, fleet := range named {
		if fleet == allFleets {
			return nil
		}
		out = append(out, fleet)
	}
	return out
}

// plain keeps out of logs and records what is no name.
func plain(name string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return name != "" && len(name) <= maxActor && !strings.ContainsFunc(name, odd)
}

// at finds a claim by a path with dots, as a name with dots first.
func at(claims map[string]any, path string) any {
	if v, ok := claims[path]; ok {
		return v
	}
	first, rest, deeper := strings.Cut(path, ".")
	inner, ok := claims[first].(map[string]any)
	if !deeper || !ok {
		return nil
	}
	return at(inner, rest)
}

// texts are the words of a claim that is one word or a list of them; anything else
// says nothing.
func texts(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, item := range v {
			if word, ok := item.(string); ok {
				out = append(out, word)
			}
		}
		return out
	}
	return nil
}
