package growth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"
)

// Size is what a history, or a part of one, takes.
type Size struct {
	Events float64 `json:"events"`
	Bytes  float64 `json:"bytes"` // encoded, as the server keeps them
}

func (s Size) plus(o Size) Size             { return Size{s.Events + o.Events, s.Bytes + o.Bytes} }
func (s Size) times(n float64) Size         { return Size{s.Events * n, s.Bytes * n} }
func sizeOf(e *historypb.HistoryEvent) Size { return Size{1, float64(proto.Size(e))} }

// history is a recorded one.
type history []*historypb.HistoryEvent

// readHistory takes a history as the recorder in internal/e2e writes it.
func readHistory(folder, name string) (history, error) {
	data, err := os.ReadFile(filepath.Join(folder, name+".json"))
	if err != nil {
		return nil, fmt.Errorf("recorded history: %w", err)
	}
	var recorded struct {
		History json.RawMessage `json:"history"`
	}
	if err := json.Unmarshal(data, &recorded); err != nil {
		return nil, fmt.Errorf("recorded history %s: %w", name, err)
	}
	h, err := client.HistoryFromJSON(bytes.NewReader(recorded.History), client.HistoryJSONOptions{})
	if err != nil {
		return nil, fmt.Errorf("recorded history %s: %w", name, err)
	}
	return h.GetEvents(), nil
}

func (h history) size() Size {
	var out Size
	for _, e := range h {
		out = out.plus(sizeOf(e))
	}
	return out
}

// scheduled are the positions of an activity's orders.
func (h history) scheduled(activity string) []int {
	var out []int
	for i, e := range h {
		if e.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == activity {
			out = append(out, i)
		}
	}
	return out
}

// decided is the position after the next completed workflow task from there on.
func (h history) decided(from int) int {
	for i := from; i < len(h); i++ {
		if h[i].GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			return i + 1
		}
	}
	return len(h)
}

// children are the workflows of a type that a history starts.
func (h history) children(kind string) int {
	n := 0
	for _, e := range h {
		if e.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetWorkflowType().GetName() == kind {
			n++
		}
	}
	return n
}
