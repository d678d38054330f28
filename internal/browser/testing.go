package browser

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// patience is far beyond what anything here takes: it only ends what hangs.
const patience = 5 * time.Minute

// Tab is a tab of a browser of its own, with a context that bounds the test. The
// test is skipped on a machine without Chromium, failed with CHROMIUM_REQUIRED=1.
func Tab(tb testing.TB) (context.Context, *Page) {
	tb.Helper()
	c, err := Start()
	switch {
	case errors.Is(err, ErrMissing) && os.Getenv("CHROMIUM_REQUIRED") != "1":
		tb.Skipf("not tried in a browser: %v", err)
	case err != nil:
		tb.Fatalf("browser for tests: %v", err)
	}
	tb.Cleanup(c.Close)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	tb.Cleanup(cancel)
	p, err := c.Page(ctx)
	if err != nil {
		tb.Fatalf("open a tab: %v", err)
	}
	return ctx, p
}

// Keep writes a picture into the folder that BROWSER_SHOTS names, if it does, for
// people to look at.
func Keep(tb testing.TB, name string, picture []byte) {
	tb.Helper()
	dir := os.Getenv("BROWSER_SHOTS")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name), picture, 0o600); err != nil {
		tb.Errorf("keep a picture: %v", err)
	}
}
