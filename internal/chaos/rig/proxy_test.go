package rig_test

import (
	"bufio"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/chaos"
	"github.com/optiinfra/performance-agent/internal/chaos/rig"
)

// echo answers each line with itself.
func echo(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					fmt.Fprintln(c, lines.Text())
				}
			}()
		}
	}()
	return l.Addr().String()
}

type caller struct {
	net.Conn
	lines *bufio.Reader
}

func call(t *testing.T, p *rig.Proxy) caller {
	t.Helper()
	c, err := net.Dial("tcp", p.Address())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	return caller{c, bufio.NewReader(c)}
}

func (c caller) ask(words string) (string, error) {
	if _, err := fmt.Fprintln(c, words); err != nil {
		return "", err
	}
	line, err := c.lines.ReadString('\n')
	return line, err
}

func open(t *testing.T) *rig.Proxy {
	t.Helper()
	p, err := rig.NewProxy("tcp", echo(t))
	require.NoError(t, err)
	t.Cleanup(p.Close)
	return p
}

func TestProxy_Well_PassesBothWays(t *testing.T) {
	t.Parallel()
	answer, err := call(t, open(t)).ask("hello")
	require.NoError(t, err)
	require.Equal(t, "hello\n", answer)
}

func TestProxy_Cut_EndsConnectionsAndRefusesNewOnesUntilItIsWell(t *testing.T) {
	t.Parallel()
	p := open(t)
	before := call(t, p)
	_, err := before.ask("hello")
	require.NoError(t, err)
	p.Set(chaos.Cut)
	_, err = before.ask("still there?")
	require.Error(t, err)
	_, err = call(t, p).ask("anybody?")
	require.Error(t, err)
	p.Set("")
	_, err = call(t, p).ask("hello")
	require.NoError(t, err)
}

func TestProxy_Stalled_CarriesNothingAndGoesOnAfterwards(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := call(t, p)
	p.Set(chaos.Stall)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
	_, err := c.ask("hello")
	var late net.Error
	require.ErrorAs(t, err, &late)
	require.True(t, late.Timeout(), "it is not cut")
	p.Set("")
	require.NoError(t, c.SetReadDeadline(time.Now().Add(time.Minute)))
	line, err := c.lines.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "hello\n", line)
}

func TestProxy_Delayed_AnswersLate(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := call(t, p)
	p.Set(chaos.Delay)
	began := time.Now()
	_, err := c.ask("hello")
	require.NoError(t, err)
	require.GreaterOrEqual(t, time.Since(began), 300*time.Millisecond)
}

func TestProxy_Corrupt_ChangesAnswersAndNotQuestions(t *testing.T) {
	t.Parallel()
	p := open(t)
	c := call(t, p)
	p.Set(chaos.Corrupt)
	words := fmt.Sprintf("%0200d", 7)
	answer, err := c.ask(words)
	require.NoError(t, err)
	require.NotEqual(t, words+"\n", answer)
	require.Len(t, answer, len(words)+1)
}
