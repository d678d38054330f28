package haproxy

import (
	"context"
	"encoding/csv"
	"errors"
	"strconv"
	"strings"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// slot is a server of a pool's configuration, filled or not.
type slot struct {
	pool, name string
	address    string // "10.0.0.7:8000"
	filled     bool   // it takes requests, as far as the operator is concerned
	fallback   bool   // it has a replica of stable, for when the pool's own are dead
	inFlight   int

	requests, failed int64
}

func (s slot) path() string { return s.pool + "/" + s.name }

// pool is the slots of a variant.
type pool struct{ own, fallback []slot }

// readPool reads the slots of a variant and their counts.
func (c control) readPool(ctx context.Context, v serving.Variant) (pool, error) {
	name := c.place.pools[v]
	dump, err := c.run(ctx, "show stat "+name+" 4 -1") // 4: servers
	if err != nil {
		return pool{}, err
	}
	slots, err := parseSlots(name, dump)
	if err != nil {
		return pool{}, err
	}
	var p pool
	for _, s := range slots {
		if s.fallback {
			p.fallback = append(p.fallback, s)
		} else {
			p.own = append(p.own, s)
		}
	}
	if len(p.own) == 0 {
		return pool{}, invalid("HAProxy has no pool %q with servers: see deploy/haproxy", name)
	}
	return p, nil
}

// parseSlots reads the CSV of "show stat" by the names of its columns.
func parseSlots(pool, dump string) ([]slot, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(dump, "# ")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, errors.Join(invalid("HAProxy's statistics of %q cannot be read", pool), err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	var out []slot
	for _, row := range rows[1:] {
		get := func(name string) string {
			if i, ok := column[name]; ok && i < len(row) {
				return row[i]
			}
			return ""
		}
		count := func(name string) int64 { n, _ := strconv.ParseInt(get(name), 10, 64); return n }
		if get("pxname") != pool {
			continue
		}
		status := get("status")
		out = append(out, slot{pool: pool, name: get("svname"), address: get("addr"), fallback: get("bck") == "1",
			filled:   !strings.HasPrefix(status, "MAINT") && !strings.HasPrefix(status, "DRAIN"),
			inFlight: int(count("scur")),
			// A request that was sent elsewhere (wredis) is counted there as well.
			requests: count("stot") - count("wredis"),
			// A connection that was refused for good (econ), an answer that broke off or
			// never came (eresp), an error of the engine.
			failed: count("econ") + count("eresp") + count("hrsp_5xx")})
	}
	return out, nil
}

// endpoints are the base URLs in service, never nil.
func (p pool) endpoints() []string {
	out := []string{}
	for _, s := range p.own {
		if s.filled {
			out = append(out, "http://"+s.address)
		}
	}
	return out
}

// busy are the requests on a list of slots, those that were emptied included.
func busy(slots []slot) int {
	n := 0
	for _, s := range slots {
		n += s.inFlight
	}
	return n
}
