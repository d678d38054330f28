package api_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/payloadcodec"
	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

const webUI = "https://temporal.example.com"

// withCodec is an API with payload keys and a Web UI.
func withCodec(t *testing.T) *harness {
	t.Helper()
	codec, err := payloadcodec.New([]payloadcodec.Key{{ID: "k1", Bytes: bytes.Repeat([]byte{1}, payloadcodec.KeySize)}})
	require.NoError(t, err)
	h, _ := withKeys(t, func(d *api.Deps, c *api.Config) {
		d.Payloads, c.Namespace, c.CodecOrigin = codec, "llm", webUI
	})
	return h
}

var plainPayloads = api.Payloads{Payloads: []api.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`{"secret":"hunter2"}`)}}}

func TestCodec_WhatIsEncoded_DecodesForWhoMayReadAllFleets(t *testing.T) {
	t.Parallel()
	h := withCodec(t)
	viewer := h.store.held(serving.APIKey{Name: "v", Role: serving.RoleViewer})
	scoped := h.store.held(serving.APIKey{Name: "s", Role: serving.RoleOperator, Fleets: []string{"chat"}})
	operator := h.store.held(serving.APIKey{Name: "o", Role: serving.RoleOperator})
	var kept, out api.Payloads
	h.as(operator, http.MethodPost, "/codec/encode", plainPayloads, "X-Namespace", "llm").into(&kept)
	require.NotContains(t, string(kept.Payloads[0].Data), "hunter2")
	h.as(viewer, http.MethodPost, "/codec/decode", kept, "X-Namespace", "llm").into(&out)
	require.Equal(t, plainPayloads, out)
	require.Equal(t, http.StatusForbidden, h.as(viewer, http.MethodPost, "/codec/encode", plainPayloads).Code)
	require.Equal(t, http.StatusForbidden, h.as(scoped, http.MethodPost, "/codec/decode", kept).Code, "a payload does not say whose it is")
	require.Equal(t, http.StatusUnauthorized, h.do(http.MethodPost, "/codec/decode", kept).Code)

	r := h.as(viewer, http.MethodPost, "/codec/decode", kept, "X-Namespace", "another")
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Equal(t, "header.X-Namespace", fieldsOf(r.problem()))
	kept.Payloads[0].Data[20] ^= 1
	r = h.as(viewer, http.MethodPost, "/codec/decode", kept)
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Equal(t, "body.payloads", fieldsOf(r.problem()))
	require.Empty(t, h.store.claims)
	require.NotContains(t, h.log.String(), "hunter2")
}

func TestCodec_WithoutKeys_SaysThatItIsOff(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	r := h.do(http.MethodPost, "/codec/decode", plainPayloads)
	require.Equal(t, http.StatusNotFound, r.Code)
	require.Contains(t, r.problem().Detail, "--payload-keys")
}

func TestCodec_OtherOrigins_TheWebUIsAloneAndForNothingElse(t *testing.T) {
	t.Parallel()
	h := withCodec(t)
	const allowed = "Access-Control-Allow-Origin"
	ask := func(path, origin string) reply {
		return h.do(http.MethodOptions, path, nil, "Origin", origin, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,x-namespace")
	}
	r := ask("/codec/decode", webUI)
	require.Equal(t, http.StatusNoContent, r.Code)
	require.Equal(t, webUI, r.Header().Get(allowed))
	require.Equal(t, "true", r.Header().Get("Access-Control-Allow-Credentials"))
	require.Contains(t, r.Header().Get("Access-Control-Allow-Headers"), "X-Namespace")
	require.Equal(t, "Origin", r.Header().Get("Vary"))
	for _, origin := range []string{"https://evil.example", "null", webUI + ".evil.example", "http://temporal.example.com", ""} {
		require.Empty(t, ask("/codec/decode", origin).Header().Get(allowed), origin)
	}
	for _, path := range []string{"/api/v1/fleets", "/session", "/codec", "/"} {
		require.Empty(t, ask(path, webUI).Header().Get(allowed), path)
	}
	off, _ := withKeys(t)
	require.Empty(t, off.do(http.MethodOptions, "/codec/decode", nil, "Origin", "").Header().Get(allowed))
}

func TestCodec_TheWebUIsPages_MayUseASession_OthersMayNot(t *testing.T) {
	t.Parallel()
	h := withCodec(t)
	cookie := signedIn(t, h, h.store.held(serving.APIKey{Name: "ana", Role: serving.RoleAdmin}))
	r := h.with(cookie, http.MethodPost, "/codec/decode", plainPayloads, "Origin", webUI, "Sec-Fetch-Site", "same-site")
	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Equal(t, webUI, r.Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, http.StatusForbidden, h.with(cookie, http.MethodPost, "/codec/decode", plainPayloads, "Origin", "https://evil.example", "Sec-Fetch-Site", "same-site").Code)
	require.Equal(t, http.StatusForbidden, h.with(cookie, http.MethodPost, "/api/v1/fleets", fleetBody(), "Origin", webUI, "Sec-Fetch-Site", "same-site").Code,
		"for the codec alone")
}
