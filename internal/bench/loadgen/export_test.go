package loadgen

import "context"

// BehindGrid is the lateness of arrivals; PrintTable writes a report.
var (
	BehindGrid = behindGrid
	PrintTable = printTable
)

// ServeTokens starts a token server that ends with ctx.
func ServeTokens(ctx context.Context, tokensASecond int) (target string, err error) {
	s, err := newTokenServer(tokensASecond)
	if err != nil {
		return "", err
	}
	go s.serve(ctx)
	return s.url(), nil
}

// ReadVegeta reads a report of vegeta's into a client.
func ReadVegeta(c *Client, report string) error { return c.readVegeta([]byte(report)) }
