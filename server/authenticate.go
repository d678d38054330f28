package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
	"github.com/optiinfra/performance-agent/server/api"
)

// authenticator is who the API asks about its callers; nil where the settings want
// it open.
func authenticator(ctx context.Context, settings config.Server, db *store.Store, log *slog.Logger) (api.Authenticator, error) {
	if settings.Auth == "off" {
		log.WarnContext(ctx, "the API asks nobody who they are: --auth=off", "listen", settings.Listen)
		return nil, nil
	}
	if err := bootstrap(ctx, settings, db, log); err != nil {
		return nil, fmt.Errorf("first admin's key: %w", err)
	}
	return withIssuer(settings, api.NewKeyring(db, classify, time.Now)), nil
}

// bootstrapName is the actor of the first key.
const bootstrapName = "bootstrap"

// bootstrap lets somebody in: where the store has no admin's key it takes the given
// one, or makes one and leaves it in a file that only our user can read. That also
// opens the door again after the last admin's key was revoked or has expired.
func bootstrap(ctx context.Context, settings config.Server, db *store.Store, log *slog.Logger) error {
	if found, err := db.HasAdminKey(ctx); err != nil || found {
		return err
	}
	key, origin := settings.BootstrapKey, "--bootstrap-key"
	if key == "" {
		origin = filepath.Join(settings.StateDir, "bootstrap-key")
		var err error
		if key, err = keyFile(ctx, origin, db); err != nil {
			return err
		}
	}
	err := db.CreateAPIKey(ctx, serving.APIKey{ID: uuid.NewString(), Name: bootstrapName, Prefix: api.KeyPrefix(key),
		Role: serving.RoleAdmin, CreatedAt: time.Now().UTC(), CreatedBy: bootstrapName}, api.HashKey(key))
	switch {
	case errors.Is(err, store.ErrExists):
		return warnSpent(ctx, db, origin, log)
	case err != nil:
		return err
	}
	log.InfoContext(ctx, "an admin's key for the API was made; make others with it, and revoke it", "key_in", origin)
	return nil
}

// warnSpent tells another server that was faster, which is well, from a key that
// was revoked or has expired, or whose name is taken by a lesser one.
func warnSpent(ctx context.Context, db *store.Store, origin string, log *slog.Logger) error {
	found, err := db.HasAdminKey(ctx)
	if err == nil && !found {
		log.WarnContext(ctx, "no admin's key is in force: the given one is spent, or another key is named "+bootstrapName, "key_in", origin)
	}
	return err
}

// keyFile makes a key in a new file. A file that is there was left by a server that
// died before it told the store, unless the store knows its key: then that is spent.
func keyFile(ctx context.Context, path string, db *store.Store) (string, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("folder for the key: %w", err)
	}
	content, err := os.ReadFile(path)
	left := strings.TrimSpace(string(content))
	switch {
	case err == nil && left != "":
		if _, err := db.APIKeyByHash(ctx, api.HashKey(left)); errors.Is(err, store.ErrNotFound) {
			return left, nil
		} else if err != nil {
			return "", err
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("file for the key: %w", err)
	}
	key := api.NewKey()
	return key, replaceFile(path, key+"\n")
}

// replaceFile writes beside the file and renames, so that nobody ever reads half a
// key, nor one in a file that others may read.
func replaceFile(path, content string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".bootstrap-key-*") // of mode 0600
	if err != nil {
		return fmt.Errorf("file for the key: %w", err)
	}
	_, err = f.WriteString(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the key: %w", err)
	}
	return os.Rename(f.Name(), path)
}
