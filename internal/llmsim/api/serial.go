package api

import (
	"strconv"
	"sync/atomic"
	"time"
)

// serial numbers requests. IDs differ between processes by the time of start.
type serial struct {
	start int64 // Unix nanoseconds
	count atomic.Int64
}

func (s *serial) started() int64 { return s.start / int64(time.Second) }

func (s *serial) next() string {
	return strconv.FormatInt(s.start, 36) + "-" + strconv.FormatInt(s.count.Add(1), 36)
}

func newSerial(now time.Time) *serial { return &serial{start: now.UnixNano()} }
