package store_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// wire is a way to a Postgres that can be cut and can stop carrying anything.
type wire struct {
	network, address string
	listener         net.Listener

	mu      sync.Mutex
	open    map[net.Conn]bool
	refuses bool
	// thaw is closed while the wire carries; nil blocks for ever.
	thaw chan struct{}
}

// wired is the URL of the same database by way of a wire.
func wired(t *testing.T, url string) (*wire, string) {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	w := &wire{open: map[net.Conn]bool{}, thaw: make(chan struct{})}
	close(w.thaw)
	w.network, w.address = pgconn.NetworkAddress(config.Host, config.Port)
	w.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go w.accept()
	t.Cleanup(func() {
		require.NoError(t, w.listener.Close())
		w.cut()
		w.carry()
	})
	account := config.User
	if config.Password != "" {
		account += ":" + config.Password
	}
	return w, "postgres://" + account + "@" + w.listener.Addr().String() + "/" + config.Database + "?sslmode=disable"
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		go w.join(client)
	}
}

func (w *wire) join(client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(context.Background(), w.network, w.address)
	w.mu.Lock()
	if err != nil || w.refuses {
		w.mu.Unlock()
		_ = client.Close()
		if err == nil {
			_ = server.Close()
		}
		return
	}
	w.open[client], w.open[server] = true, true
	w.mu.Unlock()
	go w.copy(server, client)
	go w.copy(client, server)
}

func (w *wire) copy(to, from net.Conn) {
	defer to.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			w.mu.Lock()
			thaw := w.thaw
			w.mu.Unlock()
			<-thaw
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if err != io.EOF {
				_ = from.Close()
			}
			return
		}
	}
}

// cut breaks every connection; new ones are carried unless refused.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		_ = c.Close()
	}
	w.open = map[net.Conn]bool{}
}

func (w *wire) refuse(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refuses = on
}

// freeze takes whatever is sent and carries nothing until carry.
func (w *wire) freeze() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.thaw = make(chan struct{})
}

func (w *wire) carry() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.thaw:
	default:
		close(w.thaw)
	}
}
