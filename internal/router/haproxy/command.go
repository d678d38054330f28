package haproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/optiinfra/performance-agent/internal/router"
)

// callTimeout bounds one command: HAProxy answers from memory.
const callTimeout = 5 * time.Second

// maxAnswerBytes is far above the state of thousands of servers.
const maxAnswerBytes = 32 << 20

// Dial connects to a socket of the Runtime API.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// control sends commands, each on a connection of its own: so each is carried
// out by the process that listens at that moment, also during a reload.
type control struct {
	dial  Dial
	place place
}

// run carries out one command. Without status codes, an error is an answer of
// severity 0 to 3; 4 to 7 are notices of success, returned without the mark.
func (c control) run(ctx context.Context, command string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	answer, err := c.exchange(ctx, command)
	if err != nil {
		return "", fmt.Errorf("%w: %q at %s: %w", router.ErrUnreachable, command, c.place.address, err)
	}
	severity, text := notice(answer)
	switch {
	case strings.HasPrefix(text, "Unknown command"):
		return "", invalid("HAProxy does not know %q: it must be 2.6 or later, and the socket of level admin", command)
	case severity > 3:
		return text, nil
	case strings.Contains(text, "out of range"):
		// Somebody who does not hold our lock has exchanged the map.
		return "", fmt.Errorf("%w: %q was overtaken: %s", router.ErrUnreachable, command, text)
	}
	return "", invalid("HAProxy answers %q to %q", text, command)
}

func (c control) exchange(ctx context.Context, command string) (string, error) {
	conn, err := c.dial(ctx, c.place.network, c.place.address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return "", err
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(conn, "set severity-output number;"+command+"\n"); err != nil {
		return "", because(ctx, err)
	}
	answer, err := io.ReadAll(io.LimitReader(conn, maxAnswerBytes))
	if err != nil {
		return "", because(ctx, err)
	}
	// Every answer ends in an empty line; one that has none was cut off.
	if len(answer) == 0 {
		return "", io.ErrUnexpectedEOF
	}
	return strings.TrimSpace(string(answer)), nil
}

// because prefers the reason of the caller to the timeout that it caused.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, os.ErrDeadlineExceeded) {
		return cause
	}
	return err
}

// notice splits "[3]: text"; an answer without a mark is a dump, which is success.
func notice(answer string) (severity int, text string) {
	mark := regexp.MustCompile(`^\[([0-7])\]:\s*`).FindStringSubmatch(answer)
	if mark == nil {
		return 6, answer
	}
	return int(mark[1][0] - '0'), strings.TrimPrefix(answer, mark[0])
}
