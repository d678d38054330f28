package signed

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Headers of a signed request.
const (
	TimestampHeader = "X-Agent-Timestamp" // Unix seconds
	SignatureHeader = "X-Agent-Signature" // "v1=" and hex digits
)

// SignatureAge is how far a timestamp may be from the receiver's clock. Writes
// are fenced by revisions, so a replay within it changes nothing.
const SignatureAge = 5 * time.Minute

// ErrSignature is a request that was not signed by who knows the secret, or not
// now.
var ErrSignature = errors.New("signature refused")

// Sign adds the headers that prove the sender: HMAC-SHA256 under the secret of
// timestamp, method, path with query, and body, with a line feed between them.
func Sign(req *http.Request, body, secret []byte, now time.Time) {
	timestamp := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set(TimestampHeader, timestamp)
	req.Header.Set(SignatureHeader, signature(req, timestamp, body, secret))
}

// Check is for receivers: it refuses what Sign did not sign with the
// secret, or longer than SignatureAge ago.
func Check(req *http.Request, body, secret []byte, now time.Time) error {
	timestamp := req.Header.Get(TimestampHeader)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: no timestamp", ErrSignature)
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > SignatureAge || age < -SignatureAge {
		return fmt.Errorf("%w: made %s ago", ErrSignature, age.Round(time.Second))
	}
	want := signature(req, timestamp, body, secret)
	if !hmac.Equal([]byte(want), []byte(req.Header.Get(SignatureHeader))) {
		return fmt.Errorf("%w: another secret or another content", ErrSignature)
	}
	return nil
}

func signature(req *http.Request, timestamp string, body, secret []byte) string {
	return Message(secret, fmt.Sprintf("%s\n%s\n%s\n", timestamp, req.Method, req.URL.RequestURI()), body)
}

// Message is "v1=" and the hex HMAC-SHA256 under the secret of what a body is bound
// to and the body.
func Message(secret []byte, bound string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	_, _ = mac.Write([]byte(bound))
	_, _ = mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}
