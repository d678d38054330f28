package client

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Client speaks to one server. It may be used by many goroutines.
type Client struct {
	base string
	key  string
	http *http.Client
}

// Option is how a Client is made.
type Option func(*Client)

// Key is the API key, or another bearer token, of every call.
func Key(key string) Option { return func(c *Client) { c.key = key } }

// HTTP is what calls are sent with in place of http.DefaultClient: for a proxy, a
// private authority or a client's certificate. A Timeout of its own would cut live
// events; bound calls by their contexts instead.
func HTTP(h *http.Client) Option { return func(c *Client) { c.http = h } }

// New is a client of the server at base, for example http://127.0.0.1:8002. It
// sends nothing.
func New(base string, opts ...Option) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("base address: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("base address: must be an http or https URL with a host")
	}
	c := &Client{base: strings.TrimSuffix(base, "/"), http: http.DefaultClient}
	for _, o := range opts {
		o(c)
	}
	return c, nil
}

// With is the same client with other options, for example under another key.
func (c *Client) With(opts ...Option) *Client {
	other := *c
	for _, o := range opts {
		o(&other)
	}
	return &other
}
