package loadgen

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// parseTarget turns base URLs joined by commas into the addresses of a route. A
// base that already ends in /v1 is accepted, since that is how OpenAI clients are
// usually configured.
func parseTarget(target, path string) ([]string, error) {
	var urls []string
	for base := range strings.SplitSeq(target, ",") {
		base = strings.TrimRight(strings.TrimSpace(base), "/")
		if base == "" {
			continue
		}
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return nil, fmt.Errorf("target %q: must be a base URL such as http://127.0.0.1:8000: %w", base, serving.ErrPermanent)
		}
		urls = append(urls, strings.TrimSuffix(base, "/v1")+path)
	}
	if len(urls) == 0 {
		return nil, fmt.Errorf("target: no base URL given: %w", serving.ErrPermanent)
	}
	return urls, nil
}
