package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// ErrMissing says that there is no Chromium on this machine.
var ErrMissing = errors.New("no chromium found: run scripts/need chromium")

// Chromium is a running browser.
type Chromium struct {
	cmd     *exec.Cmd
	dir     string
	to      io.WriteCloser
	writing sync.Mutex

	mu      sync.Mutex
	last    int64
	waiting map[int64]chan message
	pages   map[string]*Page // by session
	broken  error
}

// message is anything that goes over the pipe.
type message struct {
	ID      int64           `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// Start starts the browser that Debian installs, or one of the same name on PATH.
func Start() (*Chromium, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, ErrMissing
	}
	dir, err := os.MkdirTemp("", "browser")
	if err != nil {
		return nil, err
	}
	c := &Chromium{dir: dir, waiting: map[int64]chan message{}, pages: map[string]*Page{}}
	if err := c.launch(path); err != nil {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return c, nil
}

// launch gives the browser descriptors 3 and 4, from which it reads and to which it
// writes. It has no sandbox: tests show it only pages of our own, and containers
// do not let it have one.
func (c *Chromium) launch(path string) error {
	theirIn, to, err := os.Pipe()
	if err != nil {
		return err
	}
	from, theirOut, err := os.Pipe()
	if err != nil {
		return err
	}
	c.to = to
	c.cmd = exec.Command(path, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--window-size=1200,900",
		"--user-data-dir="+filepath.Join(c.dir, "profile"))
	c.cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	c.cmd.Env = append(os.Environ(), "HOME="+c.dir)
	if err := c.cmd.Start(); err != nil {
		return fmt.Errorf("start chromium: %w", err)
	}
	_, _ = theirIn.Close(), theirOut.Close()
	go c.read(from)
	return nil
}

// Close ends the browser and removes its profile.
func (c *Chromium) Close() {
	_ = c.to.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
	_ = os.RemoveAll(c.dir)
}

// read hands out what the browser says until it ends.
func (c *Chromium) read(from io.ReadCloser) {
	defer from.Close()
	in := bufio.NewReader(from)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			c.end(fmt.Errorf("chromium has ended: %w", err))
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) == nil {
			c.hand(m)
		}
	}
}

func (c *Chromium) hand(m message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m.ID != 0 {
		if answer := c.waiting[m.ID]; answer != nil {
			answer <- m
			delete(c.waiting, m.ID)
		}
		return
	}
	if p := c.pages[m.Session]; p != nil {
		p.hear(m)
	}
}

func (c *Chromium) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.broken = err
	for id, answer := range c.waiting {
		close(answer)
		delete(c.waiting, id)
	}
}

// call sends a command and decodes its answer.
func (c *Chromium) call(ctx context.Context, session, method string, params, into any) error {
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answer := make(chan message, 1)
	c.mu.Lock()
	if c.broken != nil {
		defer c.mu.Unlock()
		return c.broken
	}
	c.last++
	m := message{ID: c.last, Session: session, Method: method, Params: text}
	c.waiting[m.ID] = answer
	c.mu.Unlock()
	if err := c.send(m); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	case got, ok := <-answer:
		switch {
		case !ok:
			return fmt.Errorf("%s: %w", method, c.broken)
		case got.Error != nil:
			return fmt.Errorf("%s: %s", method, got.Error.Message)
		case into == nil:
			return nil
		}
		return json.Unmarshal(got.Result, into)
	}
}

func (c *Chromium) send(m message) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err = c.to.Write(append(text, 0))
	return err
}
