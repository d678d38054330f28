package scrape

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
)

// static answers every request with one page. It writes HTTP by hand, since
// net/http's server would cost as much as the client that is measured; what it
// costs is charged to the scrape all the same.
type static struct {
	listener net.Listener
	answer   []byte
}

func serveStatic(page []byte) (*static, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: %d\r\n\r\n", len(page))
	s := &static{listener: l, answer: append([]byte(head), page...)}
	go s.serve() // ends with the listener
	return s, nil
}

func (s *static) url() string { return "http://" + s.listener.Addr().String() }

func (s *static) close() error { return s.listener.Close() }

func (s *static) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.talk(conn)
	}
}

func (s *static) talk(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		answer := s.answer
		if request.URL.Path != "/metrics" { // an engine without routes that say what it is
			answer = []byte("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}
