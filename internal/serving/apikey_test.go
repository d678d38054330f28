package serving_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestRole_CoversItselfAndLess_AndNothingForWhatIsNoRole(t *testing.T) {
	t.Parallel()
	for i, have := range serving.Roles() {
		for j, need := range serving.Roles() {
			require.Equal(t, i >= j, have.Covers(need), "%s for %s", have, need)
		}
		require.False(t, have.Covers("root"))
		require.False(t, serving.Role("root").Covers(have))
		require.False(t, serving.Role("").Covers(have))
	}
	require.False(t, serving.Role("").Covers(""), "what needs no role is not asked")
}

func TestAPIKey_ExpiresAtItsTime_OrNever(t *testing.T) {
	t.Parallel()
	end := time.Unix(1_800_000_000, 0)
	k := serving.APIKey{ExpiresAt: &end}
	require.False(t, k.Expired(end.Add(-time.Nanosecond)))
	require.True(t, k.Expired(end))
	require.False(t, serving.APIKey{}.Expired(end))
}
