package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Page is one tab. It is used by one goroutine.
type Page struct {
	browser *Chromium
	session string

	mu         sync.Mutex
	loaded     chan struct{}
	complaints []string
	requests   []string
}

// object is the parameters of a command.
type object = map[string]any

// Page opens a tab.
func (c *Chromium) Page(ctx context.Context) (*Page, error) {
	var target struct{ TargetID string }
	if err := c.call(ctx, "", "Target.createTarget", object{"url": "about:blank"}, &target); err != nil {
		return nil, err
	}
	var attached struct{ SessionID string }
	if err := c.call(ctx, "", "Target.attachToTarget", object{"targetId": target.TargetID, "flatten": true}, &attached); err != nil {
		return nil, err
	}
	p := &Page{browser: c, session: attached.SessionID, loaded: make(chan struct{}, 1)}
	c.mu.Lock()
	c.pages[p.session] = p
	c.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		if err := p.do(ctx, domain+".enable", object{}, nil); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *Page) do(ctx context.Context, method string, params, into any) error {
	return p.browser.call(ctx, p.session, method, params, into)
}

// hear takes an event; the browser's reader calls it.
func (p *Page) hear(m message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch m.Method {
	case "Page.loadEventFired":
		select {
		case p.loaded <- struct{}{}:
		default:
		}
	case "Network.requestWillBeSent":
		var sent struct{ Request struct{ URL string } }
		if json.Unmarshal(m.Params, &sent) == nil {
			p.requests = append(p.requests, sent.Request.URL)
		}
	case "Runtime.exceptionThrown":
		p.complaints = append(p.complaints, string(m.Params))
	case "Runtime.consoleAPICalled":
		var said struct{ Type string }
		if json.Unmarshal(m.Params, &said) == nil && slices.Contains([]string{"error", "warning", "assert"}, said.Type) {
			p.complaints = append(p.complaints, string(m.Params))
		}
	case "Log.entryAdded":
		var said struct {
			Entry struct{ Level, Text, URL string }
		}
		if json.Unmarshal(m.Params, &said) == nil && said.Entry.Level == "error" {
			p.complaints = append(p.complaints, said.Entry.Text+" "+said.Entry.URL)
		}
	}
}

// Complaints are errors and warnings of the console so far: exceptions, what a
// policy refused, what could not be loaded.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.complaints)
}

// Requests are the addresses that the page has asked for so far.
func (p *Page) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Open loads an address and waits until the page and all it needs are there.
func (p *Page) Open(ctx context.Context, address string) error {
	select {
	case <-p.loaded: // of the page before
	default:
	}
	var gone struct{ ErrorText string }
	if err := p.do(ctx, "Page.navigate", object{"url": address}, &gone); err != nil {
		return err
	}
	if gone.ErrorText != "" {
		return fmt.Errorf("open %s: %s", address, gone.ErrorText)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("open %s: %w", address, ctx.Err())
	case <-p.loaded:
		return nil
	}
}

// Eval evaluates an expression, waits for it when it is a promise, and decodes its
// value; nil drops it.
func (p *Page) Eval(ctx context.Context, expression string, into any) error {
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	params := object{"expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true}
	if err := p.do(ctx, "Runtime.evaluate", params, &got); err != nil {
		return err
	}
	if e := got.ExceptionDetails; e != nil {
		return fmt.Errorf("evaluate %s: %s %s", expression, e.Text, e.Exception.Description)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(got.Result.Value, into)
}

// Await waits until an expression is true, also in the page that comes next.
func (p *Page) Await(ctx context.Context, expression string) error {
	for {
		err := p.Eval(ctx, `new Promise((done) => { const look = () => { if (`+expression+`) done(true); else setTimeout(look, 15); }; look(); })`, nil)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil || !wentOn(err):
			return fmt.Errorf("await %s: %w", expression, err)
		}
	}
}

// wentOn says that the page that was asked gave way to another.
func wentOn(err error) bool {
	return strings.Contains(err.Error(), "navigated or closed") || strings.Contains(err.Error(), "context")
}
