package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/optiinfra/performance-agent/internal/serving"
)

type fleetRow struct {
	Name       string `gorm:"primaryKey"`
	Generation int64
	CreatedAt  time.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  time.Time `gorm:"autoUpdateTime:false"`
	Doc        string
}

func (fleetRow) TableName() string          { return "fleets" }
func (fleetRow) keyset() (at, id string)    { return "created_at", "name" }
func (r fleetRow) texts() map[string]string { return map[string]string{"name": r.Name} }
func (r fleetRow) position() position       { return position{At: r.CreatedAt, ID: r.Name} }
func (r *fleetRow) fill(f serving.Fleet) error {
	f.Generation = r.Generation
	doc, err := encode(f)
	r.Name, r.Doc = f.Name, doc
	return err
}

func (r fleetRow) record() (serving.Fleet, error) {
	f, err := decode[serving.Fleet](r.Doc)
	f.Generation = r.Generation
	return f, err
}

// CreateFleet stores a new fleet with generation 1. A name that is taken is
// ErrExists.
func (s *Store) CreateFleet(ctx context.Context, f serving.Fleet) (serving.Fleet, error) {
	if err := required("fleet name", f.Name); err != nil {
		return serving.Fleet{}, err
	}
	now := utc(s.now())
	row := fleetRow{Generation: 1, CreatedAt: now, UpdatedAt: now}
	if err := row.fill(f); err != nil {
		return serving.Fleet{}, fail(err, "create fleet %q", f.Name)
	}
	if err := s.db.WithContext(ctx).Create(&row).Error; err != nil {
		return serving.Fleet{}, fail(err, "create fleet %q", f.Name)
	}
	return row.record()
}

// Fleet reads a fleet; an unknown name is ErrNotFound.
func (s *Store) Fleet(ctx context.Context, name string) (serving.Fleet, error) {
	var row fleetRow
	if err := s.db.WithContext(ctx).Where("name = ?", name).Take(&row).Error; err != nil {
		return serving.Fleet{}, fail(err, "fleet %q", name)
	}
	return row.record()
}

// Fleets lists fleets, the newest first; where names are given, only those.
func (s *Store) Fleets(ctx context.Context, names []string, p Page) ([]serving.Fleet, string, error) {
	return list[fleetRow](ctx, s, names, p, func(q *gorm.DB) *gorm.DB { return within(q, "name", names) })
}

// UpdateFleet replaces the record of a fleet and returns it with its new
// generation. It is ErrStale unless the stored generation is ifGeneration; 0
// matches any.
func (s *Store) UpdateFleet(ctx context.Context, f serving.Fleet, ifGeneration int64) (serving.Fleet, error) {
	var row fleetRow
	err := s.changeFleet(ctx, f.Name, ifGeneration, func(tx *gorm.DB, stored fleetRow) error {
		row = stored
		return s.replaceFleet(tx, &row, f)
	})
	if err != nil {
		return serving.Fleet{}, fail(err, "update fleet %q", f.Name)
	}
	return row.record()
}

// DeleteFleet removes the record of a fleet and its schedules, not the history of
// its runs. The condition on the generation is that of UpdateFleet.
func (s *Store) DeleteFleet(ctx context.Context, name string, ifGeneration int64) error {
	err := s.changeFleet(ctx, name, ifGeneration, func(tx *gorm.DB, stored fleetRow) error {
		if err := forgetSchedules(tx, name); err != nil {
			return err
		}
		return tx.Delete(&stored).Error
	})
	return fail(err, "delete fleet %q", name)
}

// SetFleetConfig records the configuration that stable was promoted to. A
// repeat changes nothing, the generation included.
func (s *Store) SetFleetConfig(ctx context.Context, name string, config serving.EngineConfig) error {
	err := s.changeFleet(ctx, name, 0, func(tx *gorm.DB, stored fleetRow) error {
		f, err := stored.record()
		if err != nil || sameConfig(f.Config, config) {
			return err
		}
		f.Config = config
		return s.replaceFleet(tx, &stored, f)
	})
	return fail(err, "set configuration of fleet %q", name)
}

// sameConfig also compares what EngineConfig.Equal leaves out: the order and
// spelling of flags.
func sameConfig(a, b serving.EngineConfig) bool {
	return a.Equal(b) && slices.Equal(a.Flags, b.Flags)
}

// changeFleet runs change on the stored row while nobody else can write it.
func (s *Store) changeFleet(ctx context.Context, name string, ifGeneration int64, change func(*gorm.DB, fleetRow) error) error {
	return s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var row fleetRow
		if err := locked(tx).Where("name = ?", name).Take(&row).Error; err != nil {
			return err
		}
		if ifGeneration != 0 && ifGeneration != row.Generation {
			return fmt.Errorf("%w: generation is %d, not %d", ErrStale, row.Generation, ifGeneration)
		}
		return change(tx, row)
	})
}

func (s *Store) replaceFleet(tx *gorm.DB, row *fleetRow, f serving.Fleet) error {
	row.Generation++
	row.UpdatedAt = utc(s.now())
	if err := row.fill(f); err != nil {
		return err
	}
	return tx.Save(row).Error
}
