package serving

// UnreadableError says which replica's measurements could not be had. A fleet
// that is measured in part would look smaller than it is, so one such replica
// fails the whole measurement.
type UnreadableError struct {
	Endpoint string
	Err      error
}

// Error names the replica.
func (e *UnreadableError) Error() string { return "read " + e.Endpoint + ": " + e.Err.Error() }

// Unwrap is the cause.
func (e *UnreadableError) Unwrap() error { return e.Err }
