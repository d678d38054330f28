package api_test

import (
	"errors"
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/server/api"
)

func TestCreateFleet_FromCommandLine_StoresCanonicalConfig(t *testing.T) {
	t.Parallel()
	h := newHarness(t)

	r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(), "X-Actor", "ana@example.com")

	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
	require.Equal(t, `"1"`, r.Header().Get("ETag"))
	require.Equal(t, "/api/v1/fleets/chat", r.Header().Get("Location"))
	var f serving.Fleet
	r.into(&f)
	require.Equal(t, serving.VLLM, f.Config.Engine)
	require.Equal(t, "meta-llama/Llama-3.1-8B-Instruct", f.Config.Model)
	value, set := f.Config.Get("--max-num-seqs")
	require.True(t, set)
	require.Equal(t, "16", value)
	require.Equal(t, 1, f.Hardware.GPUs, "one GPU a replica is the default")
	require.Equal(t, []string{"fleet.create chat"}, h.store.actions())
	require.Equal(t, "ana@example.com", h.store.audit[0].Actor)
	require.NotEmpty(t, h.store.audit[0].RequestID)
}

func TestCreateFleet_FlagsAndCommandLine_AreTheSameConfiguration(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.withFleet(func(b map[string]any) {
		delete(b, "command_line")
		b["name"] = "typed"
		b["config"] = map[string]any{"engine": "vllm", "model": "meta-llama/Llama-3.1-8B-Instruct",
			"flags": []any{map[string]any{"name": "--max_num_seqs", "value": "16", "joined": true}}}
	})
	require.True(t, h.store.fleets["chat"].Config.Equal(h.store.fleets["typed"].Config))
}

func TestCreateFleet_WhatGetAnswers_MayBePutBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	got := h.do(http.MethodGet, "/api/v1/fleets/chat", nil)
	require.Equal(t, http.StatusOK, got.Code)

	r := h.do(http.MethodPut, "/api/v1/fleets/chat", got.Body.String(), "If-Match", got.Header().Get("ETag"))

	require.Equal(t, http.StatusOK, r.Code, r.Body.String())
	require.Equal(t, `"2"`, r.Header().Get("ETag"))
}

func set(path string, value any) func(map[string]any) {
	return func(b map[string]any) { b[path] = value }
}

func TestCreateFleet_WrongInput_NamesFieldAndFix(t *testing.T) {
	t.Parallel()
	slo := func(o map[string]any) func(map[string]any) { return set("slos", []any{o}) }
	for name, c := range map[string]struct {
		edit  func(map[string]any)
		field string
		says  string
	}{
		"name":               {set("name", "Chat Fleet"), "body.name", "lower-case"},
		"no replicas":        {set("replicas", 0), "body.replicas", "1"},
		"unknown field":      {set("replicaz", 2), "body.replicaz", "unexpected"},
		"unknown engine":     {set("command_line", "ollama serve x"), "body.command_line", "engine"},
		"open quote":         {set("command_line", `vllm serve "x`), "body.command_line", "open"},
		"no model":           {set("command_line", "vllm serve"), "body.command_line", ""},
		"no config":          {set("command_line", ""), "body.config", "missing"},
		"both":               {set("config", map[string]any{"engine": "vllm", "model": "x"}), "body.command_line", "exclude"},
		"unknown gpu":        {set("hardware", map[string]any{"gpu": "GTX 970"}), "body.hardware.gpu", ""},
		"too many gpus":      {set("hardware", map[string]any{"gpu": "H100", "gpus": 1000}), "body.hardware.gpus", "64"},
		"unknown router":     {set("router", map[string]any{"kind": "f5"}), "body.router.kind", "gateway"},
		"unknown provision":  {set("provisioner", map[string]any{"kind": "slurm"}), "body.provisioner.kind", "process"},
		"capability cut":     {set("policy", map[string]any{"allowed_risks": []string{"capability-cut"}}), "body.policy.allowed_risks[0]", "cheap"},
		"slo quantile":       {slo(map[string]any{"name": "a", "metric": "ttft", "quantile": 7, "threshold": 1}), "body.slos[0].quantile", "0.5..0.999"},
		"slo metric":         {slo(map[string]any{"name": "a", "metric": "happiness", "threshold": 1}), "body.slos[0].metric", "ttft"},
		"slo threshold":      {slo(map[string]any{"name": "a", "metric": "ttft", "quantile": .9}), "body.slos[0].threshold", "positive"},
		"workload rate":      {set("workload", map[string]any{"rate_per_second": -1}), "body.workload.rate_per_second", "above 0"},
		"flag out of range":  {set("command_line", "vllm serve m --gpu-memory-utilization 1.5"), "config.flags.--gpu-memory-utilization", ""},
		"flag not a number":  {set("command_line", "vllm serve m --max-num-seqs many"), "", "max-num-seqs"},
		"metadata address":   {set("endpoints", []string{"http://169.254.169.254/latest"}), "body.endpoints[0]", "metadata"},
		"mapped metadata":    {set("endpoints", []string{"http://[::ffff:169.254.169.254]"}), "body.endpoints[0]", "metadata"},
		"NAT64 metadata":     {set("endpoints", []string{"http://[64:ff9b::a9fe:a9fe]"}), "body.endpoints[0]", "metadata"},
		"AWS IPv6 metadata":  {set("endpoints", []string{"http://[fd00:ec2::254]"}), "body.endpoints[0]", "metadata"},
		"link-local":         {set("endpoints", []string{"http://[fe80::1%25eth0]:8000"}), "body.endpoints[0]", "link-local"},
		"public address":     {set("router", map[string]any{"kind": "gateway", "address": "http://8.8.8.8"}), "body.router.address", "outside"},
		"public name":        {set("endpoints", []string{"http://public.example"}), "body.endpoints[0]", "outside"},
		"name of metadata":   {set("endpoints", []string{"http://rebound.example"}), "body.endpoints[0]", "metadata"},
		"name of nothing":    {set("endpoints", []string{"http://nowhere.example"}), "body.endpoints[0]", "resolve"},
		"empty approver":     {set("policy", map[string]any{"approvers": []string{""}}), "body.policy.approvers", "none empty"},
		"endless undo":       {set("policy", map[string]any{"undo_seconds": 1e9}), "body.policy.undo_seconds", "within"},
		"unknown repair":     {set("policy", map[string]any{"repair_drift": "maybe"}), "body.policy.repair_drift", "unknown"},
		"file address":       {set("endpoints", []string{"file:///etc/passwd"}), "body.endpoints[0]", "http"},
		"address of a kind":  {set("router", map[string]any{"kind": "socket", "address": "tcp:secret"}), "body.router.address", "not this one"},
		"address with login": {set("endpoints", []string{"http://me:secret@127.0.0.1"}), "body.endpoints[0]", "credentials"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t, withSockets)
			h.world.names = map[string]netip.Addr{
				"public.example": netip.MustParseAddr("1.1.1.1"), "rebound.example": netip.MustParseAddr("169.254.169.254"),
			}
			r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(c.edit))
			require.Equal(t, http.StatusUnprocessableEntity, r.Code, r.Body.String())
			p := r.problem()
			require.Contains(t, fieldsOf(p), c.field)
			require.Contains(t, r.Body.String(), c.says)
			require.NotContains(t, r.Body.String(), "secret", "a rejected value is never repeated")
			require.Empty(t, h.store.fleets)
			require.Empty(t, h.store.actions(), "what was refused is no mutation")
		})
	}
}

// withSockets adds a kind of router that judges its addresses itself.
func withSockets(_ *api.Deps, c *api.Config) {
	c.RouterKinds = append(c.RouterKinds, "socket")
	c.AddressChecks = map[string]func(string) error{"socket": func(address string) error {
		if address != "unix:/run/a.sock" {
			return errors.New("not this one")
		}
		return nil
	}}
}

func TestCreateFleet_KindWithAddressesOfItsOwn_IsNotHeldToURLs(t *testing.T) {
	t.Parallel()
	h := newHarness(t, withSockets)
	r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(set("router", map[string]any{"kind": "socket", "address": "unix:/run/a.sock"})))
	require.Equal(t, http.StatusCreated, r.Code, r.Body.String())
}

func TestCreateFleet_OperatorNarrowsNetworks_PrivateIsRefused(t *testing.T) {
	t.Parallel()
	h := newHarness(t, func(_ *api.Deps, c *api.Config) {
		c.AllowedNetworks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16")}
	})
	for _, address := range []string{"http://10.0.0.7:8000", "http://169.254.1.1:8000"} {
		r := h.do(http.MethodPost, "/api/v1/fleets", fleetBody(set("endpoints", []string{address})))
		require.Equal(t, http.StatusUnprocessableEntity, r.Code, "allowing link-local does not allow it")
	}
	h.withFleet()
}

func TestCreateFleet_TwoObjectivesOfOneName_AreRefused(t *testing.T) {
	t.Parallel()
	o := map[string]any{"name": "a", "metric": "error_rate", "threshold": 0.01}
	r := newHarness(t).do(http.MethodPost, "/api/v1/fleets", fleetBody(set("slos", []any{o, o})))
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Equal(t, "body.slos[1].name", fieldsOf(r.problem()))
}

func TestCreateFleet_NameTaken_Conflicts(t *testing.T) {
	t.Parallel()
	r := newHarness(t).withFleet().do(http.MethodPost, "/api/v1/fleets", fleetBody())
	require.Equal(t, http.StatusConflict, r.Code)
	require.Equal(t, "urn:performance-agent:exists", r.problem().Type)
}

func TestUpdateFleet_ETag(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ifMatch string
		status  int
	}{
		"none is unconditional": {"", http.StatusOK},
		"current":               {`"1"`, http.StatusOK},
		"one of several":        {`"7", "1"`, http.StatusOK},
		"any":                   {"*", http.StatusOK},
		"stale":                 {`"0"`, http.StatusPreconditionFailed},
		"weak never matches":    {`W/"1"`, http.StatusPreconditionFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t).withFleet()
			r := h.do(http.MethodPut, "/api/v1/fleets/chat", fleetBody(set("replicas", 3)), "If-Match", c.ifMatch)
			require.Equal(t, c.status, r.Code, r.Body.String())
			if c.status != http.StatusOK {
				require.Contains(t, r.problem().Detail, `"1"`, "it says what is current")
				require.Equal(t, 2, h.store.fleets["chat"].Replicas)
			}
		})
	}
}

func TestUpdateFleet_ChangedBetweenReadAndWrite_IsStale(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	// Asking whether the fleet is idle comes between the read and the write.
	h.workflows.running = nil
	racing := &racingWorkflows{fakeWorkflows: h.workflows, store: h.store}
	h2 := newHarness(t, func(d *api.Deps, _ *api.Config) { d.Store, d.Workflows = h.store, racing })

	r := h2.do(http.MethodPut, "/api/v1/fleets/chat", fleetBody(set("replicas", 3)))

	require.Equal(t, http.StatusPreconditionFailed, r.Code, r.Body.String())
}

func TestUpdateFleet_WhileARunWorksOnIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	h.workflows.running["optimize:chat"] = api.Execution{WorkflowID: "optimize:chat", RunID: "r1"}

	r := h.do(http.MethodPut, "/api/v1/fleets/chat", fleetBody(set("replicas", 3)))
	require.Equal(t, http.StatusConflict, r.Code, "what the run stands on must not move")
	require.Equal(t, "r1", r.problem().Current.RunID)

	r = h.do(http.MethodPut, "/api/v1/fleets/chat", fleetBody(set("policy", map[string]any{"auto_approve": true})))
	require.Equal(t, http.StatusOK, r.Code, "policy and objectives may change")

	r = h.do(http.MethodDelete, "/api/v1/fleets/chat", nil)
	require.Equal(t, http.StatusConflict, r.Code)
}

func TestUpdateFleet_OtherNameThanThePath_IsRefused(t *testing.T) {
	t.Parallel()
	r := newHarness(t).withFleet().do(http.MethodPut, "/api/v1/fleets/chat", fleetBody(set("name", "other")))
	require.Equal(t, http.StatusUnprocessableEntity, r.Code)
	require.Equal(t, "body.name", fieldsOf(r.problem()))
}

func TestDeleteFleet_ForgetsIt(t *testing.T) {
	t.Parallel()
	h := newHarness(t).withFleet()
	require.Equal(t, http.StatusPreconditionFailed, h.do(http.MethodDelete, "/api/v1/fleets/chat", nil, "If-Match", `"9"`).Code)
	require.Equal(t, http.StatusNoContent, h.do(http.MethodDelete, "/api/v1/fleets/chat", nil, "If-Match", `"1"`).Code)
	require.Equal(t, http.StatusNotFound, h.do(http.MethodGet, "/api/v1/fleets/chat", nil).Code)
	require.Equal(t, []string{"fleet.create chat", "fleet.delete chat"}, h.store.actions())
}
