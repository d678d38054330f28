package config_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/config"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func oidcFlags(more ...string) []string {
	return append([]string{"--oidc-issuer=https://login.example.com/realms/ops", "--oidc-audience=performance-agent", "--oidc-roles=sre=admin,dev=operator"}, more...)
}

func TestOIDC_WithIssuerAudienceAndRoles_IsOn(t *testing.T) {
	t.Parallel()
	s, err := config.LoadServer(from(nil, oidcFlags("--oidc-roles=all=viewer")...))
	require.NoError(t, err)
	require.Equal(t, map[string]serving.Role{"sre": serving.RoleAdmin, "dev": serving.RoleOperator, "all": serving.RoleViewer}, s.RoleOf)
	require.Equal(t, []string{"RS256", "ES256"}, s.OIDCAlgorithms)
	require.Equal(t, 30*time.Second, s.OIDCLeeway)
	require.Equal(t, []string{"sub", "roles", ""}, []string{s.OIDCActor, s.OIDCRole, s.OIDCFleets})

	off, err := config.LoadServer(from(nil))
	require.NoError(t, err)
	require.Empty(t, off.OIDCIssuer)
}

func TestOIDC_WhatWouldLetStrangersIn_IsRefusedBySetting(t *testing.T) {
	t.Parallel()
	for setting, args := range map[string][]string{
		"--oidc-issuer":     {"--oidc-issuer=http://login.example.com"},
		"--oidc-audience":   {"--oidc-issuer=https://a", "--oidc-roles=a=viewer"},
		"--oidc-roles":      {"--oidc-issuer=https://a", "--oidc-audience=b"},
		"--oidc-algorithms": oidcFlags("--oidc-algorithms=HS256"),
		"--oidc-leeway":     oidcFlags("--oidc-leeway=1h"),
		"--oidc-role":       oidcFlags("--oidc-actor="),
	} {
		_, err := config.LoadServer(from(nil, args...))
		require.ErrorContains(t, err, setting)
	}
	for _, roles := range []string{"sre", "=admin", "sre=root", "sre="} {
		_, err := config.LoadServer(from(nil, oidcFlags("--oidc-roles="+roles)...))
		require.ErrorContains(t, err, "--oidc-roles", roles)
	}
	_, err := config.LoadServer(from(nil, oidcFlags("--oidc-algorithms=none")...))
	require.ErrorContains(t, err, "--oidc-algorithms")
	_, err = config.LoadServer(from(nil, oidcFlags("--auth=off", "--listen=127.0.0.1:8002")...))
	require.ErrorContains(t, err, "--oidc-issuer")
}
