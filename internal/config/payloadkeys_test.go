package config_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/payloadcodec"
)

func TestPayloadKeys_AreReadByReference_InOrder(t *testing.T) {
	t.Parallel()
	a, b := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte(base64.StdEncoding.EncodeToString(b)+"\n"), 0o600))
	env := map[string]string{"A": base64.StdEncoding.EncodeToString(a)}
	want := []payloadcodec.Key{{ID: "new", Bytes: b}, {ID: "old", Bytes: a}}
	s, err := config.LoadServer(from(env, "--payload-keys=new=file:"+file+",old=env:A"))
	require.NoError(t, err)
	require.Equal(t, want, s.Payload)
	w, err := config.LoadWorker(from(env, "--payload-keys=new=file:"+file, "--payload-keys=old=env:A"), queues)
	require.NoError(t, err)
	require.Equal(t, want, w.Payload)
	s, err = config.LoadServer(from(nil))
	require.NoError(t, err)
	require.Empty(t, s.Payload, "off by default")
}

func TestPayloadKeys_WhatIsNoKey_IsRefusedWithoutBeingShown(t *testing.T) {
	t.Parallel()
	env := map[string]string{"GOOD": base64.StdEncoding.EncodeToString(make([]byte, 32)), "SHORT": "aHVudGVyMg==", "WORDS": "hunter2 hunter2"}
	for _, setting := range []string{"hunter2", "k=hunter2", "k=env:SHORT", "k=env:WORDS", "k=env:MISSING", "=env:GOOD", "k=", "k=env:GOOD,k=env:GOOD"} {
		_, err := config.LoadServer(from(env, "--payload-keys="+setting))
		require.ErrorContains(t, err, "--payload-keys", setting)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

func TestCodecOrigin_IsAnOriginAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://temporal.example.com", "http://localhost:8080"} {
		_, err := config.LoadServer(from(nil, "--codec-origin="+good))
		require.NoError(t, err)
	}
	for _, bad := range []string{"*", "null", "temporal.example.com", "https://temporal.example.com/", "https://a@b", "ftp://a"} {
		_, err := config.LoadServer(from(nil, "--codec-origin="+bad))
		require.ErrorContains(t, err, "--codec-origin", bad)
	}
}
