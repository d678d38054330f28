package gateway

// CountEvents scans the chunks of one stream and returns how many events they
// hold and whether the terminator was among them.
func CountEvents(chunks ...[]byte) (events int, done bool) {
	var c eventCounter
	for _, p := range chunks {
		events += c.scan(p)
	}
	return events, c.done
}

// EventScanner is a scanner that goes on over many chunks.
func EventScanner() func(p []byte) int {
	var c eventCounter
	return c.scan
}
