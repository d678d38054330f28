package kinds

import (
	"net/http"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/router/gatewayapi"
	"github.com/optiinfra/performance-agent/internal/router/haproxy"
	"github.com/optiinfra/performance-agent/internal/signed"
)

// Routers are all kinds. The client reaches those that speak HTTP, nil for one
// of its own; its timeout, if any, bounds each call; so does the context.
func Routers(client *http.Client) *router.Switch {
	return router.NewSwitch(map[string]router.Router{
		router.KindGateway: router.NewGatewayClient(client),
		router.KindWebhook: router.NewWebhook(client, signed.HostSecret),
		haproxy.Kind:       haproxy.New(nil),
		gatewayapi.Kind:    gatewayapi.New(kube.NewClusters(kube.Manager), 0),
	})
}

// AddressChecks are of the kinds whose addresses are no URLs, by kind: each tells
// what is wrong with an address.
func AddressChecks() map[string]func(address string) error {
	return map[string]func(address string) error{haproxy.Kind: haproxy.CheckAddress, gatewayapi.Kind: gatewayapi.CheckAddress}
}
