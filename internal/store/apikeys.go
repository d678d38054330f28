package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type apiKeyRow struct {
	ID        string `gorm:"primaryKey"`
	Name      string
	Hash      string
	Role      serving.Role
	CreatedAt time.Time `gorm:"autoCreateTime:false"`
	ExpiresAt *time.Time
	RevokedAt *time.Time
	UsedAt    *time.Time
	Doc       string
}

func (apiKeyRow) TableName() string          { return "api_keys" }
func (apiKeyRow) keyset() (at, id string)    { return "created_at", "id" }
func (r apiKeyRow) texts() map[string]string { return map[string]string{"name": r.Name} }
func (r apiKeyRow) position() position       { return position{At: r.CreatedAt, ID: r.ID} }

// record takes the last use from its column: it is written without the document.
func (r apiKeyRow) record() (serving.APIKey, error) {
	k, err := decode[serving.APIKey](r.Doc)
	k.LastUsedAt = utcOrNil(r.UsedAt)
	return k, err
}

func newAPIKeyRow(k serving.APIKey, hash string) (apiKeyRow, error) {
	if err := required("key ID", k.ID, "key name", k.Name, "hash of the key", hash); err != nil {
		return apiKeyRow{}, err
	}
	k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.LastUsedAt = utc(k.CreatedAt), utcOrNil(k.ExpiresAt), utcOrNil(k.RevokedAt), utcOrNil(k.LastUsedAt)
	doc, err := encode(k)
	return apiKeyRow{ID: k.ID, Name: k.Name, Hash: hash, Role: k.Role, CreatedAt: k.CreatedAt,
		ExpiresAt: k.ExpiresAt, RevokedAt: k.RevokedAt, UsedAt: k.LastUsedAt, Doc: doc}, err
}

// CreateAPIKey keeps a key by its hash. A name that a key in force has is
// ErrExists, and so is a key that is there already.
func (s *Store) CreateAPIKey(ctx context.Context, k serving.APIKey, hash string) error {
	row, err := newAPIKeyRow(k, hash)
	if err == nil {
		err = s.db.WithContext(ctx).Create(&row).Error
	}
	return fail(err, "create key %q", k.Name)
}

// APIKeyByHash reads a key, whether it is still good or not; an unknown hash is
// ErrNotFound.
func (s *Store) APIKeyByHash(ctx context.Context, hash string) (serving.APIKey, error) {
	var row apiKeyRow
	if err := s.db.WithContext(ctx).Where("hash = ?", hash).Take(&row).Error; err != nil {
		return serving.APIKey{}, fail(err, "key")
	}
	return row.record()
}

// APIKeys lists keys, the newest first, revoked ones too.
func (s *Store) APIKeys(ctx context.Context, p Page) ([]serving.APIKey, string, error) {
	return list[apiKeyRow](ctx, s, nil, p, func(q *gorm.DB) *gorm.DB { return q })
}

// RevokeAPIKey ends a key for good; revoking again keeps the first.
func (s *Store) RevokeAPIKey(ctx context.Context, id, by string, at time.Time) (serving.APIKey, error) {
	var row apiKeyRow
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := locked(tx).Where("id = ?", id).Take(&row).Error; err != nil || row.RevokedAt != nil {
			return err
		}
		k, err := row.record()
		if err != nil {
			return err
		}
		k.RevokedAt, k.RevokedBy = &at, by
		if row, err = newAPIKeyRow(k, row.Hash); err != nil {
			return err
		}
		return tx.Save(&row).Error
	})
	if err != nil {
		return serving.APIKey{}, fail(err, "key %q", id)
	}
	return row.record()
}

// TouchAPIKey notes that a key was used; an earlier time than the one noted
// changes nothing.
func (s *Store) TouchAPIKey(ctx context.Context, id string, at time.Time) error {
	err := s.db.WithContext(ctx).Model(&apiKeyRow{}).
		Where("id = ? AND (used_at IS NULL OR used_at < ?)", id, utc(at)).Update("used_at", utc(at)).Error
	return fail(err, "note the use of key %q", id)
}

// HasAdminKey reports whether there is a key that may make others.
func (s *Store) HasAdminKey(ctx context.Context) (bool, error) {
	var n int64
	err := s.db.WithContext(ctx).Model(&apiKeyRow{}).
		Where("role = ? AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)", serving.RoleAdmin, utc(s.now())).
		Count(&n).Error
	return n > 0, fail(err, "look for an admin's key")
}
