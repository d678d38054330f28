package advisor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"github.com/optiinfra/performance-agent/internal/advice"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func malformed(text string, got advice.Completion) error {
	return &advice.Failure{Status: serving.ExchangeMalformed, Text: text, Got: got}
}

// refused is for good: the same question gets the same refusal.
func refused(words string, got advice.Completion) error {
	return &advice.Failure{Status: serving.ExchangeRefused, Text: "it refused to answer: " + line(words), Permanent: true, Got: got}
}

// failureOf says what an error of the call means. Groq's codes are those of its
// documentation (libraries.md 12): 498 is a full flex tier, and a 400 of
// json_validate_failed an answer that broke the schema.
func failureOf(err error, header http.Header, got advice.Completion) error {
	f := &advice.Failure{Status: serving.ExchangeFailed, Got: got}
	var answered *openai.APIError
	var odd *openai.RequestError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		f.Text = "no answer in time"
		return f
	case errors.As(err, &answered):
		f.Text = fmt.Sprintf("%d: %s", answered.HTTPStatusCode, line(answered.Message))
		return classified(f, answered.HTTPStatusCode, fmt.Sprint(answered.Code), header)
	case errors.As(err, &odd):
		f.Text = fmt.Sprintf("%d without an explanation", odd.HTTPStatusCode)
		return classified(f, odd.HTTPStatusCode, "", header)
	}
	f.Text = line(err.Error()) // the network, or an answer that broke off
	return f
}

func classified(f *advice.Failure, status int, code string, header http.Header) error {
	switch {
	case status == http.StatusTooManyRequests:
		f.Status, f.RetryAfter = serving.ExchangeLimited, retryAfter(header, time.Now())
	case status == http.StatusServiceUnavailable:
		f.RetryAfter = retryAfter(header, time.Now())
	case status == http.StatusBadRequest && strings.Contains(code, "json_validate_failed"):
		f.Status = serving.ExchangeMalformed
	case status == 498 || status == http.StatusRequestTimeout:
	case status >= 300 && status < 500:
		f.Permanent = true
	}
	return f
}

// retryAfter reads the header in both its forms; 0 when there is none.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(text, 64); err == nil && seconds > 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// longestLine of a server's words that is passed on.
const longestLine = 200

// line is what a server says, without secrets and line breaks.
func line(text string) string {
	text = strings.Join(strings.Fields(advice.Redact(text)), " ")
	if len(text) > longestLine {
		text = strings.ToValidUTF8(text[:longestLine], "") + "…"
	}
	return text
}
