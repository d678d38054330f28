package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

// paged reads a whole list in pages of two.
func paged[T any](t *testing.T, sort string, read func(store.Page) ([]T, string, error), name func(T) string) []string {
	t.Helper()
	var out []string
	for p := (store.Page{Limit: 2, Sort: sort}); ; {
		items, next, err := read(p)
		require.NoError(t, err, sort)
		for _, i := range items {
			out = append(out, name(i))
		}
		if p.Cursor = next; next == "" {
			return out
		}
		require.LessOrEqual(t, len(out), 100, "pages that never end")
	}
}

// Text is ordered by its bytes on both databases: a locale would put É before f, and
// B after a.
func TestLists_InAnyOrder_EachOnceAndAlikeOnBothDatabases(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		for i, name := range []string{"b", "B", "É", "a-b", "ab", "a", "f"} {
			f := chat()
			f.Name = name
			_, err := s.CreateFleet(t.Context(), f)
			require.NoError(t, err)
			for n := range 2 {
				require.NoError(t, s.SaveRun(t.Context(), serving.RunRecord{ID: fmt.Sprintf("%s%d", name, n), Fleet: name, StartedAt: after(float64(-i)), UpdatedAt: noon}))
			}
		}
		fleets := func(p store.Page) ([]serving.Fleet, string, error) { return s.Fleets(t.Context(), nil, p) }
		nameOf := func(f serving.Fleet) string { return f.Name }
		require.Equal(t, []string{"B", "a", "a-b", "ab", "b", "f", "É"}, paged(t, "name", fleets, nameOf))
		require.Equal(t, []string{"É", "f", "b", "ab", "a-b", "a", "B"}, paged(t, "-name", fleets, nameOf))
		runs := func(p store.Page) ([]serving.RunRecord, string, error) {
			return s.Runs(t.Context(), store.RunFilter{}, p)
		}
		idOf := func(r serving.RunRecord) string { return r.ID }
		require.Equal(t, []string{"B0", "B1", "a0", "a1", "a-b0", "a-b1", "ab0", "ab1", "b0", "b1", "f0", "f1", "É0", "É1"}, paged(t, "fleet", runs, idOf))
		byAge := paged(t, "-started_at", runs, idOf)
		require.Equal(t, paged(t, "", runs, idOf), byAge, "the newest first is what nobody has to ask for")
		oldest := paged(t, "started_at", runs, idOf)
		require.Equal(t, "f0", oldest[0])
		require.ElementsMatch(t, byAge, oldest)
	})
}

func TestLists_CursorOfAnotherOrder_OrNoOrder_IsRefused(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s := open(t, url)
		for _, name := range []string{"a", "b", "c"} {
			f := chat()
			f.Name = name
			_, err := s.CreateFleet(t.Context(), f)
			require.NoError(t, err)
		}
		_, next, err := s.Fleets(t.Context(), nil, store.Page{Limit: 1, Sort: "name"})
		require.NoError(t, err)
		for _, sort := range []string{"", "-name", "created_at"} {
			_, _, err = s.Fleets(t.Context(), nil, store.Page{Limit: 1, Sort: sort, Cursor: next})
			require.ErrorIs(t, err, store.ErrBadCursor, sort)
		}
		for _, sort := range []string{"doc", "name;", "--name", "name DESC, (SELECT 1)"} {
			_, _, err = s.Fleets(t.Context(), nil, store.Page{Sort: sort})
			require.ErrorIs(t, err, store.ErrInvalid, sort)
		}
	})
}

// A violation that opens anew while pages are read is the newest from then on.
func TestViolations_OneOpensAnewWhilePagesAreRead_IsMissedOnlyFromTheNewestOn(t *testing.T) {
	for sort, want := range map[string][]string{
		"opened_at": {"0", "1", "2", "3", "0"}, // again at the end
		"fleet":     {"0", "1", "2", "3"},
		"":          {"3", "2", "1"}, // it went before the first page
	} {
		t.Run(sort, func(t *testing.T) {
			onEach(t, func(t *testing.T, url string) {
				s := open(t, url)
				for i := range 4 {
					v := sighting(float64(i), float64(i), 2)
					v.ID = fmt.Sprint(i)
					require.NoError(t, s.SaveViolation(t.Context(), v))
				}
				require.NoError(t, s.ResolveViolation(t.Context(), "0", after(10)))
				reads := 0
				got := paged(t, sort, func(p store.Page) ([]serving.ViolationRecord, string, error) {
					if reads++; reads == 2 {
						require.NoError(t, s.SightViolation(t.Context(), "0", 1, after(20)))
					}
					return s.Violations(t.Context(), store.ViolationFilter{}, p)
				}, func(v serving.ViolationRecord) string { return v.ID })
				require.Equal(t, want, got)
			})
		})
	}
}
