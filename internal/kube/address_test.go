package kube_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/kube"
	"github.com/optiinfra/performance-agent/internal/serving"
)

func TestParseAddress_ReadsNamespaceNameOptionsAndPart(t *testing.T) {
	t.Parallel()
	a, err := kube.ParseAddress("llm/chat-route?context=arn:aws:eks:eu:1:cluster/prod&container=engine#completions", "container")
	require.NoError(t, err)
	require.Equal(t, "llm", a.Namespace)
	require.Equal(t, "chat-route", a.Name)
	require.Equal(t, "arn:aws:eks:eu:1:cluster/prod", a.Context)
	require.Equal(t, "engine", a.Option("container"))
	require.Equal(t, "completions", a.Part)
	require.Equal(t, "llm/chat-route", a.String())

	a, err = kube.ParseAddress("llm/chat")
	require.NoError(t, err)
	require.Empty(t, a.Context)
	require.Empty(t, a.Part)
	require.Empty(t, a.Option("container"))
}

func TestParseAddress_WhatNamesNoObject_IsRefused(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                            "namespace/name",
		"chat":                        "namespace/name",
		"/chat":                       "namespace/name",
		"llm/":                        "namespace/name",
		"llm/chat/extra":              "namespace/name",
		"http://gateway:8101":         "namespace/name",
		"LLM/chat":                    "namespace/name",
		"llm/chat?container=engine":   "unknown option",
		"llm/chat?context=%zz":        "cannot be read",
		"llm/" + longName(254) + "#x": "namespace/name",
	} {
		_, err := kube.ParseAddress(address)
		require.ErrorContains(t, err, want, address)
	}
}

func TestPointer_EscapesTheSeparators(t *testing.T) {
	t.Parallel()
	require.Equal(t, "/metadata/annotations/a.b~1c~0d/0", kube.Pointer("metadata", "annotations", "a.b/c~d", 0))
}

func TestObjectName_IsReadableAndFitsAService(t *testing.T) {
	t.Parallel()
	require.Equal(t, "chat-canary", kube.ObjectName("chat", serving.Canary))
	long, other := kube.ObjectName(longName(70)+"a", serving.Canary), kube.ObjectName(longName(70)+"b", serving.Canary)
	require.Len(t, long, 63)
	require.True(t, strings.HasSuffix(long, "-canary"))
	require.NotEqual(t, long, other, "names that are cut stay apart")
	require.Equal(t, long, kube.ObjectName(longName(70)+"a", serving.Canary), "and are always the same")
}

func TestOwns_OnlyWhatCarriesAllLabelsOfTheFleet(t *testing.T) {
	t.Parallel()
	ours := kube.Labels("chat", serving.Canary)
	require.True(t, kube.Owns(ours, "chat"))
	require.False(t, kube.Owns(ours, "other"))
	require.False(t, kube.Owns(map[string]string{kube.LabelFleet: "chat"}, "chat"))
	require.False(t, kube.Owns(nil, "chat"))
}

func longName(n int) string { return strings.Repeat("a", n) }
