package api

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"
)

// callLimits bounds how often one credential, or else one address, may ask.
type callLimits struct {
	store     *middleware.RateLimiterMemoryStore
	perSecond float64
}

// newCallLimits is nil, which bounds nothing, for a rate of 0.
func newCallLimits(perSecond float64, burst int) *callLimits {
	if perSecond <= 0 {
		return nil
	}
	return &callLimits{perSecond: perSecond, store: middleware.NewRateLimiterMemoryStoreWithConfig(middleware.RateLimiterMemoryStoreConfig{
		Rate: rate.Limit(perSecond), Burst: burst, ExpiresIn: 3 * time.Minute,
	})}
}

// take takes one request of somebody's allowance, or says when to come back.
func (l *callLimits) take(who string) error {
	if l == nil {
		return nil
	}
	if ok, err := l.store.Allow(who); ok || err != nil {
		return err
	}
	p := newProblem(http.StatusTooManyRequests, "rate-limited",
		fmt.Sprintf("more than %g requests a second from this key or address", l.perSecond))
	p.retryAfterSeconds = max(1, int(math.Ceil(1/l.perSecond)))
	return p
}
