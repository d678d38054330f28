package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Paths of the upstream: one whole answer, tokens as fast as they are taken, and
// tokens at their times as an engine generates them.
const (
	pathWhole = "/v1/completions"
	pathFast  = "/fast"
	pathPaced = "/paced"
)

const (
	tokens    = 50 // of a stream
	tokenTime = 20 * time.Millisecond
)

// upstream answers as an engine does and spends nothing on it. It writes HTTP by
// hand: net/http's server would need more of the machine than the proxies.
type upstream struct{ listener net.Listener }

func newUpstream() (*upstream, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return &upstream{l}, nil
}

func (u *upstream) url() string { return "http://" + u.listener.Addr().String() }

// serve answers until ctx ends.
func (u *upstream) serve(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { _ = u.listener.Close() })()
	for {
		conn, err := u.listener.Accept()
		if err != nil {
			return
		}
		go talk(ctx, conn)
	}
}

func talk(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	in := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, request.Body); err != nil {
			return
		}
		if err := answer(conn, request.URL.Path); err != nil {
			return
		}
	}
}

func answer(w io.Writer, path string) error {
	switch path {
	case pathFast:
		return stream(w, 0)
	case pathPaced:
		return stream(w, tokenTime)
	}
	body := `{"id":"cmpl-0","object":"text_completion","created":1763950000,"model":"bench","choices":[{"index":0,"text":" word word word word","finish_reason":"length"}],"usage":{"prompt_tokens":8,"completion_tokens":4}}`
	_, err := fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

// stream writes each token by itself, at its time after the first.
func stream(w io.Writer, every time.Duration) error {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	token := chunk(`data: {"id":"chatcmpl-0","object":"chat.completion.chunk","created":1763950000,"model":"bench","choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}` + "\n\n")
	began := time.Now()
	if _, err := io.WriteString(w, head+token); err != nil {
		return err
	}
	for i := range tokens - 1 {
		if every > 0 {
			timer := time.NewTimer(time.Until(began.Add(time.Duration(i+1) * every)))
			<-timer.C
		}
		if _, err := io.WriteString(w, token); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, chunk("data: [DONE]\n\n")+"0\r\n\r\n")
	return err
}

func chunk(data string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%x\r\n%s\r\n", len(data), data)
	return out.String()
}
