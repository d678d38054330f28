package gateway

import "bytes"

// eventCounter counts the events of a server-sent stream in the bytes that pass,
// whatever way they are cut into chunks. It allocates nothing.
type eventCounter struct {
	head [14]byte // the beginning of the current line: "data: [DONE]\r" fits
	n    int
	done bool // the terminator of an OpenAI stream has passed
}

// scan returns how many data events end in p. The terminator is not one.
func (c *eventCounter) scan(p []byte) int {
	events := 0
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			c.n += copy(c.head[c.n:], p)
			return events
		}
		c.n += copy(c.head[c.n:], p[:i])
		events += c.line()
		c.n = 0
		p = p[i+1:]
	}
}

func (c *eventCounter) line() int {
	payload, isData := bytes.CutPrefix(c.head[:c.n], []byte("data:"))
	if !isData {
		return 0
	}
	if string(bytes.TrimSpace(payload)) == "[DONE]" {
		c.done = true
		return 0
	}
	return 1
}
