package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// KeyInput asks for a key.
type KeyInput struct {
	Name      string       `json:"name" required:"true" pattern:"^[A-Za-z0-9][A-Za-z0-9._@+-]{0,126}$" patternDescription:"letters, digits and . _ @ + -, at most 127" doc:"Who uses it: the actor in every record, and of one key in force at a time." example:"ci"`
	Role      serving.Role `json:"role" required:"true" enum:"viewer,operator,admin"`
	Fleets    []string     `json:"fleets,omitempty" maxItems:"200" doc:"What it is good for; absent: all fleets." example:"[\"chat\"]"`
	ExpiresAt *time.Time   `json:"expires_at,omitempty" doc:"When it ends, RFC 3339; absent: when it is revoked."`
}

// NewKeyView is a key with its secret, which is shown this once.
type NewKeyView struct {
	serving.APIKey
	Key string `json:"key" doc:"The key itself. It is kept nowhere and cannot be shown again."`
}

type newKeyOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         NewKeyView
}

func (s *Server) registerKeys() {
	on := func(method, path, id, summary, action string, status int) route {
		return route{method: method, path: prefix + "/keys" + path, id: id, group: "keys", summary: summary, action: action, status: status,
			role: serving.RoleAdmin}
	}
	create := on(http.MethodPost, "", "create-key", "Make a key; it is shown in this answer and never again", "key.create", http.StatusCreated)
	create.secret = true
	handle(s, create, s.createKey)
	handleList(s, on(http.MethodGet, "", "list-keys", "Keys, newest first, revoked ones too; never the keys themselves", "", 0), []string{"created_at", "name"},
		func(ctx context.Context, in *PageQuery) (*body[Page[serving.APIKey]], error) {
			page, err := s.deps.Store.ListAPIKeys(ctx, in.query())
			return answer(page), err
		})
	handle(s, on(http.MethodDelete, "/{id}", "revoke-key", "End a key for good; other servers follow within seconds", "key.revoke", 0),
		func(ctx context.Context, in *IDPath) (*body[serving.APIKey], error) {
			now := s.deps.Now().UTC()
			key, err := s.deps.Store.RevokeAPIKey(ctx, in.ID, callerOf(ctx).Actor, now)
			if err != nil {
				return nil, err
			}
			s.known.forget()
			before := key
			if key.RevokedAt != nil && key.RevokedAt.Equal(now) { // else it was revoked already
				before.RevokedAt, before.RevokedBy = nil, ""
			}
			remark(ctx, key.Name, before, key)
			return answer(key), nil
		})
}

func (s *Server) createKey(ctx context.Context, in *struct{ Body KeyInput }) (*newKeyOutput, error) {
	now := s.deps.Now().UTC()
	if err := in.Body.check(now); err != nil {
		return nil, err
	}
	secret := NewKey()
	key := serving.APIKey{ID: s.deps.NewID(), Name: in.Body.Name, Prefix: KeyPrefix(secret), Role: in.Body.Role,
		Fleets: in.Body.Fleets, CreatedAt: now, CreatedBy: callerOf(ctx).Actor, ExpiresAt: in.Body.ExpiresAt}
	if err := s.deps.Store.CreateAPIKey(ctx, key, HashKey(secret)); err != nil {
		return nil, err
	}
	remark(ctx, key.Name, nil, key)
	return &newKeyOutput{CacheControl: "no-store", Body: NewKeyView{APIKey: key, Key: secret}}, nil
}

func (k KeyInput) check(now time.Time) error {
	if k.Role == serving.RoleAdmin && len(k.Fleets) > 0 {
		return invalid("body.fleets", "cannot bound an admin, who makes keys for every fleet", "leave fleets out, or make an operator")
	}
	for i, f := range k.Fleets {
		if f == "" || slices.Contains(k.Fleets[:i], f) {
			return invalid(fmt.Sprintf("body.fleets[%d]", i), "is empty or given twice", "name each fleet once")
		}
	}
	if k.ExpiresAt != nil && !k.ExpiresAt.After(now) {
		return invalid("body.expires_at", "is not in the future", "give a later time, or leave it out")
	}
	return nil
}
