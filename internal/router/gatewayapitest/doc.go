// Package gatewayapitest is a gateway for tests: it follows one HTTPRoute as the
// data plane of a Gateway API implementation does, splits requests by the weights
// of its first rule over the endpoints behind its Services, and reports on the
// route what it has taken up. The proxy itself is package router/gateway.
//
// Only tests import this package.
package gatewayapitest
