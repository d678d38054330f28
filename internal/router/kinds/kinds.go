package kinds

import (
	"net/http"

	"github.com/optiinfra/performance-agent/internal/router"
)

// Routers are all kinds. The client reaches those that speak HTTP, nil for one
// of its own; its timeout, if any, bounds each call; so does the context.
func Routers(client *http.Client) *router.Switch {
	return router.NewSwitch(map[string]router.Router{
		router.KindGateway: router.NewGatewayClient(client),
	})
}
