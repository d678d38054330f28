package main

import (
	"fmt"
	"net/http"
	"strings"
)

// driveOrders reads a list in every order that the document names.
func (c *contractor) driveOrders(e exchange) {
	c.t.Helper()
	route := c.operations[e.operation]
	sort := route.Operation.Parameters.GetByInAndName("query", "sort")
	if sort == nil {
		return
	}
	if len(sort.Schema.Value.Enum) < 2 {
		c.t.Errorf("%s does not say by what it may be ordered", e.operation)
	}
	path := c.target(route, e.id)
	joint := "?"
	if strings.Contains(path, "?") {
		joint = "&"
	}
	for _, by := range sort.Schema.Value.Enum {
		status, content := c.exchange(route, path+joint+"limit=1&sort="+fmt.Sprint(by), nil, "")
		if status != http.StatusOK {
			c.t.Errorf("%s by %v: %d %s", e.operation, by, status, short(string(content)))
		}
	}
}
