package haproxy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/router"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// perPercent: the map holds shares in 1/10000.
const perPercent = 100

// revisionKey is the entry of the map that no request reads.
const revisionKey = "revision"

// shareMap is the map that HAProxy has loaded.
type shareMap struct {
	id   string // "#0"
	path string // of its file
}

// findMap asks HAProxy for its map by the base name of the file.
func (c control) findMap(ctx context.Context) (shareMap, error) {
	list, err := c.run(ctx, "show map")
	if err != nil {
		return shareMap{}, err
	}
	var found []shareMap
	for _, m := range regexp.MustCompile(`(?m)^(\d+) \((.+?)\) `).FindAllStringSubmatch(list, -1) {
		if filepath.Base(m[2]) == c.place.mapName {
			found = append(found, shareMap{id: "#" + m[1], path: m[2]})
		}
	}
	if len(found) != 1 || !filepath.IsAbs(found[0].path) {
		return shareMap{}, invalid("HAProxy has %d maps called %s by an absolute path, one is needed: see deploy/haproxy", len(found), c.place.mapName)
	}
	return found[0], nil
}

// inForce reads the split that requests see.
func (c control) inForce(ctx context.Context, m shareMap) (serving.Weights, error) {
	dump, err := c.run(ctx, "show map "+m.id)
	if err != nil {
		return serving.Weights{}, err
	}
	return parseEntries(dump, 1) // each line begins with the entry's address
}

// saved reads the split of the map's file.
func (m shareMap) saved() (serving.Weights, error) {
	content, err := os.ReadFile(m.path)
	if err != nil {
		return serving.Weights{}, fileError(err)
	}
	return parseEntries(string(content), 0)
}

// parseEntries reads lines of key and value, after some columns to be skipped.
// What is not there is 0.
func parseEntries(text string, skip int) (serving.Weights, error) {
	values := map[string]int64{}
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		f := strings.Fields(s.Text())
		if len(f) != skip+2 || strings.HasPrefix(f[0], "#") {
			continue
		}
		n, err := strconv.ParseInt(f[skip+1], 10, 64)
		if err != nil {
			return serving.Weights{}, invalid("the map's entry %q is not a number: %q", f[skip], f[skip+1])
		}
		values[f[skip]] = n
	}
	canary, baseline := int(values[string(serving.Canary)]/perPercent), int(values[string(serving.Baseline)]/perPercent)
	w := serving.Weights{Revision: values[revisionKey], Shares: []serving.Share{
		{Variant: serving.Stable, Percent: 100 - canary - baseline},
		{Variant: serving.Canary, Percent: canary}, {Variant: serving.Baseline, Percent: baseline}}}
	if err := w.Validate(); err != nil {
		return serving.Weights{}, invalid("the map makes no sense: %v", err)
	}
	return w, nil
}

// entries are the map of a split, in a fixed order.
func entries(w serving.Weights) [3][2]string {
	share := func(v serving.Variant) [2]string { return [2]string{string(v), strconv.Itoa(w.Of(v) * perPercent)} }
	return [3][2]string{share(serving.Canary), share(serving.Baseline), {revisionKey, strconv.FormatInt(w.Revision, 10)}}
}

// commit exchanges the whole map at once: no request sees half of a split, and a
// transaction that was begun and left is dropped by the next one.
func (c control) commit(ctx context.Context, m shareMap, w serving.Weights) error {
	answer, err := c.run(ctx, "prepare map "+m.id)
	if err != nil {
		return err
	}
	_, version, found := strings.Cut(answer, "created: ")
	if !found {
		return fmt.Errorf("%w: HAProxy answers %q to a transaction", router.ErrUnreachable, answer)
	}
	at := "@" + strings.TrimSpace(version) + " " + m.id
	for _, e := range entries(w) {
		if _, err := c.run(ctx, "add map "+at+" "+e[0]+" "+e[1]); err != nil {
			return err
		}
	}
	_, err = c.run(ctx, "commit map "+at)
	return err
}

func (m shareMap) content(w serving.Weights) []byte {
	var b strings.Builder
	b.WriteString("# Written by the Performance Agent: shares in 1/10000 and their revision.\n")
	for _, e := range entries(w) {
		b.WriteString(e[0] + " " + e[1] + "\n")
	}
	return []byte(b.String())
}

// fileError tells a worker that cannot get at HAProxy's files, which no retry
// cures, from a disk that is full.
func fileError(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: the worker needs HAProxy's directory of maps on its own host, writable: %w", router.ErrInvalid, err)
	}
	return fmt.Errorf("%w: %w", router.ErrUnreachable, err)
}
