package router

import (
	"net/http"
	"time"
)

// KindGateway is the kind of our own proxy.
const KindGateway = "gateway"

// GatewayClient speaks the admin API of package router/gateway. The base URL of
// the API is fleet.Router.Address.
type GatewayClient struct{ jsonRouter }

// NewGatewayClient reaches gateways through the client, nil for one of its own.
func NewGatewayClient(client *http.Client) *GatewayClient {
	return &GatewayClient{jsonRouter{client: orOwnClient(client), prefix: "/admin"}}
}

// ReadsHeaders says that the gateway understands the rules of weights.
func (c *GatewayClient) ReadsHeaders() {}

// clientTimeout bounds a call of our own client: a gateway answers from memory
// and one small file, so ten seconds of silence is a gateway that is gone.
const clientTimeout = 10 * time.Second

func orOwnClient(client *http.Client) *http.Client {
	if client != nil {
		return client
	}
	// A transport of its own: the default one would honour HTTP_PROXY.
	return &http.Client{Timeout: clientTimeout, Transport: &http.Transport{IdleConnTimeout: time.Minute}}
}
