package temporalx

import (
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
)

// Connection is a client and the namespace it works in.
type Connection struct {
	client.Client
	Namespace string
}

// Dial connects by TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS... and the
// profile file, as Temporal's own tools do. It fails when the server does not
// answer before ctx ends. The caller closes the client.
func Dial(ctx context.Context, logger *slog.Logger) (Connection, error) {
	options, err := envconfig.LoadClientOptions(envconfig.LoadClientOptionsRequest{})
	if err != nil {
		return Connection{}, fmt.Errorf("read temporal settings (TEMPORAL_*): %w", err)
	}
	options.Logger = log.NewStructuredLogger(logger)
	c, err := client.DialContext(ctx, options)
	if err != nil {
		address := options.HostPort
		if address == "" {
			address = client.DefaultHostPort
		}
		return Connection{}, fmt.Errorf("dial temporal at %s (TEMPORAL_ADDRESS): %w", address, err)
	}
	namespace := options.Namespace
	if namespace == "" {
		namespace = client.DefaultNamespace
	}
	return Connection{Client: c, Namespace: namespace}, nil
}
