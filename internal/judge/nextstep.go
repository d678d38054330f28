package judge

import (
	"fmt"

	"github.com/optiinfra/performance-agent/internal/serving"
)

// Action is what a stage does next.
type Action string

// The actions of a stage.
const (
	Advance      Action = "advance"        // end the stage as passed
	Keep         Action = "keep"           // soak on and judge again
	Extend       Action = "extend"         // soak on past the stage's limit, once
	Abort        Action = "abort"          // end the stage as failed
	WaitForHuman Action = "wait-for-human" // the numbers do not settle it
)

// Decision is an action and the reason for it, for a person.
type Decision struct {
	Action Action `json:"action"`
	Reason string `json:"reason"`
}

// NextStep decides on a stage from its judgements so far, oldest first.
//
// A hard abort ends it at once. Any other failure must be seen on two looks in
// a row, or on the last look of the stage: looks come every few seconds over
// much the same requests, and one noisy look must not undo a rollout. For the
// same reason a pass right after a failure is confirmed by a second look. A
// pass advances once minSeconds are over. What is undecided at maxSeconds gets
// as much time again (extended says that it has), and then a person decides.
func NextStep(history []serving.Judgement, elapsedSeconds, minSeconds, maxSeconds float64, extended bool) Decision {
	limit := max(maxSeconds, minSeconds)
	if extended {
		limit = LastLook(minSeconds, maxSeconds)
	}
	ended := elapsedSeconds >= limit
	if len(history) == 0 {
		return undecided("nothing was judged yet", ended, extended)
	}
	last, before := history[len(history)-1], serving.Verdict("")
	if len(history) > 1 {
		before = history[len(history)-2].Verdict
	}
	switch last.Verdict {
	case serving.VerdictFail:
		return afterFail(last, before, ended)
	case serving.VerdictPass:
		return afterPass(last, before, elapsedSeconds, minSeconds, ended)
	case serving.VerdictInconclusive, serving.VerdictInsufficientData:
		return undecided(fmt.Sprintf("%s: %s", last.Verdict, last.Reason), ended, extended)
	}
	return undecided(fmt.Sprintf("unknown verdict %q", last.Verdict), ended, extended)
}

// LastLook is when a stage is looked at for the last time if nothing settles it.
func LastLook(minSeconds, maxSeconds float64) float64 { return 2 * max(minSeconds, maxSeconds) }

func afterFail(last serving.Judgement, before serving.Verdict, ended bool) Decision {
	switch {
	case last.HardAbort:
		return Decision{Abort, "hard abort: " + last.Reason}
	case before == serving.VerdictFail:
		return Decision{Abort, "failed on two looks in a row: " + last.Reason}
	case ended:
		return Decision{Abort, "failed at the end of the stage: " + last.Reason}
	}
	return Decision{Keep, "failed on one look, to be confirmed by the next: " + last.Reason}
}

func afterPass(last serving.Judgement, before serving.Verdict, elapsed, minimum float64, ended bool) Decision {
	switch {
	case elapsed < minimum:
		return Decision{Keep, fmt.Sprintf("passing, soaking until %.0f s (now %.0f s)", minimum, elapsed)}
	case before == serving.VerdictFail && !ended:
		return Decision{Keep, "passing right after a failing look, to be confirmed by the next: " + last.Reason}
	}
	return Decision{Advance, last.Reason}
}

func undecided(why string, ended, extended bool) Decision {
	switch {
	case !ended:
		return Decision{Keep, why}
	case !extended:
		return Decision{Extend, "undecided at the end of the stage, extended once: " + why}
	}
	return Decision{WaitForHuman, "undecided after the extension: " + why}
}
