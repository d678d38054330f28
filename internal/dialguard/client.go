package dialguard

import (
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Allowed is what the setting says, or else the local networks.
func Allowed(setting []netip.Prefix) []netip.Prefix {
	if len(setting) == 0 {
		return LocalNetworks()
	}
	return setting
}

// Client calls routers, replicas and the like, and nothing outside the allowed
// networks. A proxy would dial for it, unguarded, so it uses none.
func Client(allowed []netip.Prefix, timeout time.Duration) *http.Client {
	dialer := &net.Dialer{Timeout: timeout, ControlContext: Control(allowed)}
	return &http.Client{Timeout: timeout, Transport: &http.Transport{
		Proxy: nil, DialContext: dialer.DialContext, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute,
	}}
}
