package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

// Whatever is asked for or kept is a value, in both databases.
func TestSecurity_SQL_IsAValue(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		ctx, s := context.Background(), open(t, url)
		require.NoError(t, s.SaveRun(ctx, serving.RunRecord{ID: "kept", Fleet: "chat", StartedAt: after(1), UpdatedAt: after(1)}))
		for _, evil := range []string{"' OR '1'='1", "'; DROP TABLE runs; --", `" OR 1=1 --`, `\'; SELECT pg_sleep(600); --`, "chat%", "?", "$1"} {
			for name, filter := range map[string]store.RunFilter{"fleet": {Fleet: evil}, "fleets": {Within: []string{evil}}, "outcome": {Outcome: serving.Outcome(evil)}} {
				found, _, err := s.Runs(ctx, filter, store.Page{})
				require.NoError(t, err, "%s: %q", name, evil)
				require.Empty(t, found, "%s: %q", name, evil)
			}
			_, _, err := s.Runs(ctx, store.RunFilter{}, store.Page{Cursor: evil})
			require.ErrorIs(t, err, store.ErrBadCursor, "%q", evil)
			_, err = s.Run(ctx, evil)
			require.ErrorIs(t, err, store.ErrNotFound, "%q", evil)
			said := serving.RunRecord{ID: evil, Fleet: "chat", Reason: evil, StartedAt: after(1), UpdatedAt: after(1)}
			require.NoError(t, s.SaveRun(ctx, said))
			again, err := s.Run(ctx, evil)
			require.NoError(t, err)
			require.Equal(t, evil, again.Reason, "it is kept as it was said")
		}
		_, err := s.Run(ctx, "kept")
		require.NoError(t, err)
	})
}
