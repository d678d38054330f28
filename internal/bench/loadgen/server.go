package loadgen

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// tokenServer streams tokens at fixed times. It writes HTTP by hand: net/http's
// server would need as much processor time as the client that is measured.
type tokenServer struct {
	listener net.Listener
	interval time.Duration // between tokens
	began    time.Time

	mu       sync.Mutex
	arrivals []float64 // seconds since began
	late     []float64 // of tokens, seconds, one of lateSample
}

// lateSample of the tokens have their lateness noted.
const lateSample = 16

// Account is what the server says of the load it had.
type Account struct {
	Arrivals Lateness `json:"arrivals"`
	// TokenLateP99Seconds is how late the server itself wrote its tokens.
	TokenLateP99Seconds float64 `json:"token_late_p99_seconds"`
}

func newTokenServer(tokensASecond int) (*tokenServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return &tokenServer{listener: listener, interval: time.Second / time.Duration(tokensASecond), began: time.Now()}, nil
}

func (s *tokenServer) url() string { return "http://" + s.listener.Addr().String() }

// serve answers until ctx ends.
func (s *tokenServer) serve(ctx context.Context) {
	defer context.AfterFunc(ctx, func() { _ = s.listener.Close() })()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.talk(ctx, conn)
	}
}

func (s *tokenServer) talk(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	in := bufio.NewReader(conn)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		at := time.Now()
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		if request.Method == http.MethodGet {
			err = s.tell(conn, request)
		} else {
			s.note(at)
			err = s.stream(conn, timer, at, tokensAsked(body))
		}
		if err != nil {
			return
		}
	}
}

// tokensAsked is the limit in a request's body.
func tokensAsked(body []byte) int {
	_, after, _ := bytes.Cut(body, []byte(`"max_tokens":`))
	n := 0
	for _, c := range bytes.TrimLeft(after, " ") {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + int(c-'0')
	}
	return max(n, 1)
}

func (s *tokenServer) note(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arrivals = append(s.arrivals, at.Sub(s.began).Seconds())
}

// chunked wraps data in one event and one chunk.
func chunked(data string) []byte {
	event := "data: " + data + "\n\n"
	return []byte(strconv.FormatInt(int64(len(event)), 16) + "\r\n" + event + "\r\n")
}

// stream writes the answer of a request: a token at once, then one each interval,
// by the time of the first.
func (s *tokenServer) stream(conn net.Conn, timer *time.Timer, began time.Time, tokens int) error {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
	token := chunked(`{"id":"chatcmpl-0123456789abcdef0123456789abcdef","object":"chat.completion.chunk","created":1763950000,"model":"bench",` +
		`"choices":[{"index":0,"delta":{"content":" word"},"logprobs":null,"finish_reason":null}],"usage":null}`)
	var late []float64
	for i := range tokens {
		due := began.Add(time.Duration(i) * s.interval)
		if wait := time.Until(due); wait > 0 {
			timer.Reset(wait)
			<-timer.C
		}
		if i%lateSample == lateSample-1 {
			late = append(late, time.Since(due).Seconds())
		}
		out := token
		if i == 0 {
			out = append([]byte(head), token...)
		}
		if _, err := conn.Write(out); err != nil {
			return fmt.Errorf("write a token: %w", err)
		}
	}
	s.mu.Lock()
	s.late = append(s.late, late...)
	s.mu.Unlock()
	end := append(chunked(fmt.Sprintf(`{"choices":[],"usage":{"prompt_tokens":32,"completion_tokens":%d}}`, tokens)), chunked("[DONE]")...)
	_, err := conn.Write(append(end, "0\r\n\r\n"...))
	return err
}

// tell answers with the account of what came since it was last asked.
func (s *tokenServer) tell(conn io.Writer, request *http.Request) error {
	rate, err := strconv.ParseFloat(request.URL.Query().Get("rate"), 64)
	if err != nil || !(rate > 0) {
		_, err := io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
		return err
	}
	s.mu.Lock()
	account := Account{Arrivals: behindGrid(s.arrivals, rate), TokenLateP99Seconds: quantile(s.late, 0.99)}
	s.arrivals, s.late = nil, nil
	s.mu.Unlock()
	body, err := json.Marshal(account)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	return err
}
