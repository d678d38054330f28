package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// ClaimState is what became of a claim to an idempotency key.
type ClaimState string

// States of a claim.
const (
	ClaimGranted ClaimState = "granted" // do the work, then finish or abandon
	ClaimDone    ClaimState = "done"    // done before: give Answer again
	ClaimRunning ClaimState = "running" // being done right now, HTTP 409
	ClaimReused  ClaimState = "reused"  // the key belongs to another body, HTTP 422
)

// Claim is the result of asking for a key; Answer is set when it is done.
type Claim struct {
	State  ClaimState
	Answer Answer
}

// Answer is a finished HTTP answer, kept to be given again.
type Answer struct {
	Status int                 `json:"status"`
	Header map[string][]string `json:"header,omitempty"`
	Body   []byte              `json:"body,omitempty"`
}

type idempotencyRow struct {
	Principal  string `gorm:"primaryKey"`
	RequestKey string `gorm:"primaryKey"`
	BodyHash   string
	Owner      string
	LeaseUntil time.Time
	CreatedAt  time.Time `gorm:"autoCreateTime:false"`
	Doc        *string   // the answer; NULL while the work runs
}

func (idempotencyRow) TableName() string { return "idempotency_keys" }

// BeginIdempotent claims a key for the work of one request; of any number of
// processes that ask at once, one is granted it. The lease must be longer than
// the work may take: a claim that is neither finished nor abandoned by then is
// one whose process crashed, and is granted anew.
func (s *Store) BeginIdempotent(ctx context.Context, principal, key, bodyHash string, lease time.Duration) (Claim, error) {
	if err := required("principal", principal, "idempotency key", key); err != nil {
		return Claim{}, err
	}
	now := utc(s.now())
	fresh := idempotencyRow{Principal: principal, RequestKey: key, BodyHash: bodyHash,
		Owner: s.owner, LeaseUntil: now.Add(lease), CreatedAt: now}
	var claim Claim
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
		claim, err = claimKey(tx, fresh)
		return err
	})
	return claim, fail(err, "claim idempotency key %q", key)
}

// claimKey inserts the row, or decides by the one that is there. That one can
// vanish in between, when its holder abandons it; then the insert is due again.
func claimKey(tx *gorm.DB, fresh idempotencyRow) (Claim, error) {
	const attempts = 3
	for range attempts {
		created := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&fresh)
		if created.Error != nil {
			return Claim{}, created.Error
		}
		if created.RowsAffected == 1 {
			return Claim{State: ClaimGranted}, nil
		}
		var rows []idempotencyRow
		if err := ofKey(locked(tx), fresh.Principal, fresh.RequestKey).Find(&rows).Error; err != nil {
			return Claim{}, err
		}
		if len(rows) == 1 {
			return claimExisting(tx, rows[0], fresh)
		}
	}
	return Claim{}, fmt.Errorf("%w: the key was claimed and abandoned %d times at once", ErrUnavailable, attempts)
}

func claimExisting(tx *gorm.DB, stored, fresh idempotencyRow) (Claim, error) {
	switch {
	case stored.BodyHash != fresh.BodyHash:
		return Claim{State: ClaimReused}, nil
	case stored.Doc != nil:
		answer, err := decode[Answer](*stored.Doc)
		return Claim{State: ClaimDone, Answer: answer}, err
	case stored.LeaseUntil.After(fresh.CreatedAt):
		return Claim{State: ClaimRunning}, nil
	}
	return Claim{State: ClaimGranted}, tx.Save(&fresh).Error
}

// FinishIdempotent keeps the answer of a granted claim. It is ErrConflict when
// the lease ran out and another process holds the key now.
func (s *Store) FinishIdempotent(ctx context.Context, principal, key string, a Answer) error {
	doc, err := encode(a)
	if err != nil {
		return fail(err, "finish idempotency key %q", key)
	}
	done := s.ownClaim(ctx, principal, key).Update("doc", doc)
	if done.Error == nil && done.RowsAffected == 0 {
		return fail(fmt.Errorf("%w: the claim is not ours any more", ErrConflict), "finish idempotency key %q", key)
	}
	return fail(done.Error, "finish idempotency key %q", key)
}

// AbandonIdempotent frees a granted claim whose work failed, so that the caller
// may try again. A claim that is not ours is left alone.
func (s *Store) AbandonIdempotent(ctx context.Context, principal, key string) error {
	err := s.ownClaim(ctx, principal, key).Delete(&idempotencyRow{}).Error
	return fail(err, "abandon idempotency key %q", key)
}

func (s *Store) ownClaim(ctx context.Context, principal, key string) *gorm.DB {
	return ofKey(s.db.WithContext(ctx).Model(&idempotencyRow{}), principal, key).
		Where("owner = ? AND doc IS NULL", s.owner)
}

func ofKey(q *gorm.DB, principal, key string) *gorm.DB {
	return q.Where("principal = ? AND request_key = ?", principal, key)
}
