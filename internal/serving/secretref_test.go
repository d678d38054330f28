package serving_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestSecretRef_TakesReferencesAndNoSecrets(t *testing.T) {
	t.Parallel()
	for _, good := range []serving.SecretRef{"env:WEBHOOK_ROUTER", "file:/run/secrets/router.key"} {
		require.NoError(t, good.Validate(), good)
	}
	for _, bad := range []serving.SecretRef{"", "s3cret", "env:AWS_SECRET_ACCESS_KEY", "env:webhook_x", "file:relative", "vault:x", "env:WEBHOOK_A\nB"} {
		err := bad.Validate()
		require.Error(t, err, bad)
		if bad != "" {
			require.NotContains(t, err.Error(), string(bad))
		}
	}
}
