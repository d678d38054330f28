package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func record(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	asked, err := recordCommand(args, &out)
	require.True(t, asked)
	return out.String(), err
}

func TestBackupAndVerify_OnTheConfiguredDatabase(t *testing.T) {
	t.Parallel()
	url, file := "sqlite:"+filepath.Join(t.TempDir(), "agent.db"), filepath.Join(t.TempDir(), "backup.db")
	db, err := store.Open(context.Background(), url)
	require.NoError(t, err)
	at := time.Now()
	require.NoError(t, db.SaveStage(context.Background(), serving.StageRecord{RolloutID: "lost", Fleet: "chat", StartedAt: at, EndedAt: at}))
	require.NoError(t, db.Close())
	out, err := record(t, "backup", file, "--database-url="+url)
	require.NoError(t, err)
	require.Contains(t, out, file)
	out, err = record(t, "verify", "--database-url=sqlite:"+file)
	require.ErrorIs(t, err, errNotWhole)
	require.Contains(t, out, "problem: stages of rollout lost, which is not there")
	require.Regexp(t, `(?m)^stages +1$`, out)
	out, err = record(t, "verify", "--database-url=sqlite:"+filepath.Join(t.TempDir(), "new.db"))
	require.NoError(t, err)
	require.Contains(t, out, "every record is whole")
}

func TestBackup_WithoutAFile_SaysHow(t *testing.T) {
	t.Parallel()
	_, err := record(t, "backup", "--database-url=sqlite:x")
	require.ErrorContains(t, err, "server backup FILE")
	asked, err := recordCommand([]string{"--listen=:1"}, nil)
	require.NoError(t, err)
	require.False(t, asked)
}
