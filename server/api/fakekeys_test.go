package api_test

import (
	"context"
	"fmt"
	"time"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

func (s *fakeStore) CreateAPIKey(_ context.Context, k serving.APIKey, hash string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.keys {
		if other.Name == k.Name && other.RevokedAt == nil {
			return fmt.Errorf("key %q: %w", k.Name, errThere)
		}
	}
	s.keys[hash] = k
	return nil
}

func (s *fakeStore) APIKeyByHash(_ context.Context, hash string) (serving.APIKey, error) {
	if s.fail != nil {
		return serving.APIKey{}, s.fail
	}
	return one(s, s.keys, "key", hash)
}

func (s *fakeStore) ListAPIKeys(_ context.Context, q api.Query) (api.Page[serving.APIKey], error) {
	return listOf(s, s.keys, q)
}

func (s *fakeStore) RevokeAPIKey(_ context.Context, id, by string, at time.Time) (serving.APIKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for hash, k := range s.keys {
		if k.ID != id {
			continue
		}
		if k.RevokedAt == nil {
			k.RevokedAt, k.RevokedBy = &at, by
			s.keys[hash] = k
		}
		return k, nil
	}
	return serving.APIKey{}, fmt.Errorf("key %q: %w", id, errMissing)
}

func (s *fakeStore) TouchAPIKey(_ context.Context, id string, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touched = append(s.touched, id)
	return nil
}

// held puts a key into the store and returns it.
func (s *fakeStore) held(k serving.APIKey) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	secret := api.NewKey()
	if k.ID == "" {
		k.ID = "key-" + k.Name
	}
	s.keys[api.HashKey(secret)] = k
	return secret
}
