package serving

import (
	"slices"
	"time"
)

// Role is what a caller of the API may do. Each includes those before it.
type Role string

// Roles, from the least to the greatest.
const (
	RoleViewer   Role = "viewer"   // reads
	RoleOperator Role = "operator" // starts, approves, changes fleets
	RoleAdmin    Role = "admin"    // also keys, the audit log and payloads
)

// Roles lists them from the least to the greatest.
func Roles() []Role { return []Role{RoleViewer, RoleOperator, RoleAdmin} }

// Covers reports that a caller of this role may do what the other is needed for.
// What is no role covers nothing and is covered by nothing.
func (r Role) Covers(needed Role) bool {
	have, want := slices.Index(Roles(), r), slices.Index(Roles(), needed)
	return want >= 0 && have >= want
}

// APIKey is what is known of a key for the API. The key itself is kept nowhere:
// who loses it makes another.
type APIKey struct {
	ID   string `json:"id"`
	Name string `json:"name"` // the actor in records; of one key in force at a time
	// Prefix is how the key begins, by which people tell keys apart.
	Prefix string `json:"prefix"`
	Role   Role   `json:"role"`
	// Fleets are those it is good for; none means all.
	Fleets     []string   `json:"fleets,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	CreatedBy  string     `json:"created_by"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
	RevokedBy  string     `json:"revoked_by,omitempty"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"` // to the minute or so
}

// Expired reports that the key's time is over.
func (k APIKey) Expired(at time.Time) bool { return k.ExpiresAt != nil && !at.Before(*k.ExpiresAt) }
