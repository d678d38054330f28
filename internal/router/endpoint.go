package router

import (
	"fmt"
	"net/url"
	"slices"
)

// Endpoint is the base URL of a replica: scheme, host and port alone.
type Endpoint struct{ Scheme, Host string }

// String is the base URL, in the one way of writing it that routers report.
func (e Endpoint) String() string { return e.Scheme + "://" + e.Host }

// ParseEndpoints accepts the base URLs of a pool. One that is given twice counts
// once.
func ParseEndpoints(list []string) ([]Endpoint, error) {
	var out []Endpoint
	for _, raw := range list {
		e, err := parseEndpoint(raw)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return out, nil
}

func parseEndpoint(raw string) (Endpoint, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Endpoint{}, fmt.Errorf("%w: endpoint %q is not a URL", ErrInvalid, raw)
	}
	if u.Path == "/" {
		u.Path = ""
	}
	if (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return Endpoint{}, fmt.Errorf("%w: endpoint %q must be http(s)://host:port without a path", ErrInvalid, raw)
	}
	return Endpoint{Scheme: u.Scheme, Host: u.Host}, nil
}
