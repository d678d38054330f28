package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

// changeNothing are the operations that only compute, ask, or speak to the browser
// alone: nothing of ours is another after them.
func changeNothing() []string {
	return []string{"preview-analysis", "normalize-metrics", "validate-config", "probe-fleet", "sign-out",
		"decode-payloads", "encode-payloads"}
}

// beginSomething are the operations after which there is something that was not
// there; all other mutations change or end what was, and their rows say what.
func beginSomething() []string {
	return []string{"create-fleet", "create-slo", "create-key", "create-analysis", "create-insight", "create-comparison", "create-schedule",
		"recommend-all", "recommend-kv-cache", "recommend-quantization", "recommend-batching", "recommend-parallelism",
		"collect-metrics", "start-loadtest", "start-validation", "start-run", "start-wave", "receive-alerts", "sign-in", "task"}
}

// requireAudited holds an operation that was just driven to its rows in the audit
// log: a mutation has one that says who, what, before and after, and nothing else has
// any.
func (c *contractor) requireAudited(operation string) {
	c.t.Helper()
	rows := c.newRows()
	mutates := c.operations[operation].Method != http.MethodGet && !slices.Contains(changeNothing(), operation)
	if !mutates {
		require.Empty(c.t, rows, "%s changes nothing and is in the audit log", operation)
		return
	}
	require.NotEmpty(c.t, rows, "%s is not in the audit log", operation)
	actor := "anonymous" // the contract is driven without keys
	if operation == "receive-alerts" {
		actor = "alertmanager"
	}
	deletes := c.operations[operation].Method == http.MethodDelete && operation != "revoke-key"
	for _, row := range rows {
		require.Equal(c.t, actor, row.Actor, operation)
		require.NotEmpty(c.t, row.Action, operation)
		require.NotEmpty(c.t, row.Target, operation)
		require.NotEmpty(c.t, row.RequestID, operation)
		require.False(c.t, row.At.IsZero(), operation)
		require.Equal(c.t, deletes, row.After == nil, "%s: %s of %s says what is after: %v", operation, row.Action, row.Target, row.After)
	}
	if !slices.Contains(beginSomething(), operation) {
		require.NotNil(c.t, rows[0].Before, "%s: %s of %s does not say what was before", operation, rows[0].Action, rows[0].Target)
	}
	c.requireNoSecret(operation, rows)
}

// requireNothingAudited: what was refused has changed nothing.
func (c *contractor) requireNothingAudited(operation string) {
	c.t.Helper()
	if c.operations[operation].Path != "/task" { // the protocol answers a bad task with 200, and it is on record
		require.Empty(c.t, c.newRows(), "%s was refused and is in the audit log", operation)
	}
}

// requireNoSecret looks for every key that the API has given out, and for what the
// examples send as secrets.
func (c *contractor) requireNoSecret(operation string, rows []serving.AuditRecord) {
	c.t.Helper()
	text, err := json.Marshal(rows)
	require.NoError(c.t, err)
	if created, is := c.answers["create-key"].(map[string]any); is {
		require.NotContains(c.t, string(text), created["key"], operation)
	}
	body, _ := c.exampleBody(c.operations[operation])
	var sent struct {
		Key string `json:"key"`
	}
	if json.Unmarshal(body, &sent) == nil && strings.Contains(operation, "sign") {
		require.NotContains(c.t, string(text), sent.Key, operation)
	}
}

// newRows are the rows since the last look, the newest first.
func (c *contractor) newRows() []serving.AuditRecord {
	c.t.Helper()
	rows, _, err := c.db.Audit(context.Background(), store.AuditFilter{}, store.Page{Limit: 50})
	require.NoError(c.t, err)
	rows = slices.DeleteFunc(rows, func(r serving.AuditRecord) bool { return r.ID <= c.audited })
	for _, r := range rows {
		c.audited = max(c.audited, r.ID)
	}
	return rows
}
