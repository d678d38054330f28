package ask_test

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/quality/ask"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestAnswers_AddressThatTheControlRefuses_IsNeverDialled(t *testing.T) {
	t.Parallel()
	a := ask.New(ask.Options{Control: func(context.Context, string, string, syscall.RawConn) error {
		return errors.New("refused by the guard")
	}})
	_, err := a.Answers(t.Context(), "http://169.254.169.254", "m", []serving.QualityItem{{Prompt: "hello"}})
	require.ErrorContains(t, err, "refused by the guard")
}
