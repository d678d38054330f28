package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
)

// guarded is an API that asks who calls, on a real store.
func guarded(t *testing.T, settings config.Server, log *bytes.Buffer) (*api.Server, *store.Store) {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "agent.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return guardedOn(t, settings, db, log), db
}

func guardedOn(t *testing.T, settings config.Server, db *store.Store, log *bytes.Buffer) *api.Server {
	t.Helper()
	deps := compose(settings, apiDefaults(), db, nil, slog.New(slog.DiscardHandler))
	var err error
	deps.Auth, err = authenticator(context.Background(), settings, db, slog.New(slog.NewTextHandler(log, nil)))
	require.NoError(t, err)
	s, err := api.New(deps, apiDefaults())
	require.NoError(t, err)
	return s
}

func asks(t *testing.T, s *api.Server, key string) int {
	t.Helper()
	base, stop := running(t, s)
	defer func() { require.NoError(t, stop()) }()
	r, _ := send(t, http.MethodGet, base+"/api/v1/keys", "", "Authorization", "Bearer "+key)
	return r.StatusCode
}

func TestBootstrap_FirstStart_LeavesAKeyForItsUserOnly(t *testing.T) {
	t.Parallel()
	settings := config.Server{Common: config.Common{StateDir: filepath.Join(t.TempDir(), "new", "state")}, Auth: "keys"}
	var log bytes.Buffer
	s, db := guarded(t, settings, &log)
	path := filepath.Join(settings.StateDir, "bootstrap-key")
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	key := strings.TrimSpace(string(content))
	require.Contains(t, log.String(), path)
	require.NotContains(t, log.String(), key)
	require.Equal(t, http.StatusOK, asks(t, s, key))
	require.Equal(t, http.StatusUnauthorized, asks(t, s, key+"x"))

	guardedOn(t, settings, db, &log)
	again, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, content, again, "the second start makes none")
}

func TestBootstrap_LastAdminRevoked_OpensTheDoorAgain(t *testing.T) {
	t.Parallel()
	settings := config.Server{Common: config.Common{StateDir: t.TempDir()}, Auth: "keys"}
	var log bytes.Buffer
	_, db := guarded(t, settings, &log)
	path := filepath.Join(settings.StateDir, "bootstrap-key")
	first, err := os.ReadFile(path)
	require.NoError(t, err)
	list, _, err := db.APIKeys(context.Background(), store.Page{})
	require.NoError(t, err)
	require.Len(t, list, 1)
	_, err = db.RevokeAPIKey(context.Background(), list[0].ID, "ana", time.Now())
	require.NoError(t, err)

	s := guardedOn(t, settings, db, &log)
	second, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotEqual(t, first, second)
	require.Equal(t, http.StatusOK, asks(t, s, strings.TrimSpace(string(second))))
	require.Equal(t, http.StatusUnauthorized, asks(t, s, strings.TrimSpace(string(first))))
}

func TestBootstrap_CrashBeforeTheStoreKnew_KeepsTheKeyThatWasLeft(t *testing.T) {
	t.Parallel()
	settings := config.Server{Common: config.Common{StateDir: t.TempDir()}, Auth: "keys"}
	left := api.NewKey()
	require.NoError(t, os.WriteFile(filepath.Join(settings.StateDir, "bootstrap-key"), []byte(left+"\n"), 0o600))
	s, _ := guarded(t, settings, &bytes.Buffer{})
	require.Equal(t, http.StatusOK, asks(t, s, left))
}

func TestBootstrap_GivenKey_IsTakenAndWrittenNowhere(t *testing.T) {
	t.Parallel()
	given := "a-key-of-the-operator-0123456789abcdef"
	settings := config.Server{Common: config.Common{StateDir: t.TempDir()}, Auth: "keys", BootstrapKey: given}
	var log bytes.Buffer
	s, db := guarded(t, settings, &log)
	require.Equal(t, http.StatusOK, asks(t, s, given))
	require.NoFileExists(t, filepath.Join(settings.StateDir, "bootstrap-key"))
	require.NotContains(t, log.String(), given)

	list, _, err := db.APIKeys(context.Background(), store.Page{})
	require.NoError(t, err)
	_, err = db.RevokeAPIKey(context.Background(), list[0].ID, "ana", time.Now())
	require.NoError(t, err)
	s = guardedOn(t, settings, db, &log)
	require.Equal(t, http.StatusUnauthorized, asks(t, s, given), "what was revoked stays revoked")
	require.Contains(t, log.String(), "no admin's key is in force")
}

func TestAuthenticator_Off_IsNobodyAndSaysSo(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	auth, err := authenticator(context.Background(), config.Server{Auth: "off"}, nil, slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	require.Nil(t, auth)
	require.Contains(t, log.String(), "--auth=off")
}

// Two fleets, a scoped operator and a viewer, on the real store and a real port.
func TestServer_WithKeys_ScopesEveryList(t *testing.T) {
	t.Parallel()
	const admin = "a-key-of-the-operator-0123456789abcdef"
	s, db := guarded(t, config.Server{Common: config.Common{StateDir: t.TempDir()}, Auth: "keys", BootstrapKey: admin}, &bytes.Buffer{})
	base, stop := running(t, s)
	as := func(key string) []string { return []string{"Authorization", "Bearer " + key} }
	make := func(body string) string {
		r, answer := send(t, http.MethodPost, base+"/api/v1/keys", body, as(admin)...)
		require.Equal(t, http.StatusCreated, r.StatusCode, answer)
		require.Equal(t, "no-store", r.Header.Get("Cache-Control"))
		return between(answer, `"key":"`, `"`)
	}
	eu := make(`{"name":"eu","role":"operator","fleets":["chat"]}`)
	at := time.Now()
	for _, id := range []string{"chat", "other"} {
		require.NoError(t, db.SaveRun(context.Background(), serving.RunRecord{ID: id, WorkflowID: "optimize:" + id, Fleet: id, StartedAt: at, UpdatedAt: at, ClosedAt: &at}))
		r, body := send(t, http.MethodPost, base+"/api/v1/fleets", strings.Replace(fleet, `"chat"`, `"`+id+`"`, 1), as(admin)...)
		require.Equal(t, http.StatusCreated, r.StatusCode, body)
	}
	for path, want := range map[string]int{"/runs/chat": 200, "/runs/other": 404, "/fleets/chat": 200, "/fleets/other": 403, "/runs?fleet=other": 403, "/keys": 403, "/audit": 403} {
		r, body := send(t, http.MethodGet, base+"/api/v1"+path, "", as(eu)...)
		require.Equal(t, want, r.StatusCode, "%s: %s", path, body)
	}
	for _, path := range []string{"/runs", "/fleets"} {
		_, body := send(t, http.MethodGet, base+"/api/v1"+path, "", as(eu)...)
		require.Contains(t, body, "chat")
		require.NotContains(t, body, "other", path)
	}
	_, audit := send(t, http.MethodGet, base+"/api/v1/audit?actor=bootstrap", "", as(admin)...)
	require.Contains(t, audit, `"key.create"`)
	require.NotContains(t, audit, eu)
	require.NoError(t, stop())
}
