package api

import (
	"context"
	"time"
)

// askTimeout bounds a status query inside a read: the record alone is an answer,
// so a missing worker must not make the page slow.
const askTimeout = 2 * time.Second

// ask queries a workflow and reports whether it answered.
func (s *Server) ask(ctx context.Context, e Execution, into any) bool {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	err := s.deps.Workflows.Status(ctx, e, into)
	if err != nil {
		s.deps.Log.DebugContext(ctx, "status query", "workflow", e.WorkflowID, "error", err)
	}
	return err == nil
}
