package dialguard_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/dialguard"
)

// everywhere allows all that can be allowed.
var everywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

func TestJudge_MetadataInEveryForm_IsRefusedWhateverIsAllowed(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "64:ff9b:1::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254",
		"169.254.0.1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192",
		"0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:0.0.0.0",
	} {
		message, fix := dialguard.Judge(netip.MustParseAddr(a), everywhere)
		require.NotEmpty(t, message, a)
		require.NotEmpty(t, fix, a)
	}
}

func TestJudge_LocalNetworks_ByDefault(t *testing.T) {
	t.Parallel()
	for a, allowed := range map[string]bool{
		"127.0.0.1": true, "::1": true, "10.1.2.3": true, "172.31.0.1": true, "192.168.1.1": true, "fd12::1": true, "::ffff:10.0.0.1": true,
		"8.8.8.8": false, "172.32.0.1": false, "2001:db8::1": false, "::ffff:8.8.8.8": false, "64:ff9b::8.8.8.8": false,
	} {
		message, _ := dialguard.Judge(netip.MustParseAddr(a), dialguard.LocalNetworks())
		require.Equal(t, allowed, message == "", a)
	}
}

// client dials what the given names resolve to, under the guard.
func client(t *testing.T, allowed []netip.Prefix) *http.Client {
	t.Helper()
	transport := &http.Transport{DialContext: (&net.Dialer{ControlContext: dialguard.Control(allowed)}).DialContext}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestSecurity_Redirects_AreNoWayAroundTheGuard(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"http://169.254.169.254/latest/meta-data", "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/", "http://8.8.8.8/"} {
		server := httptest.NewServer(http.RedirectHandler(to, http.StatusFound))
		t.Cleanup(server.Close)
		answer, err := client(t, dialguard.LocalNetworks()).Get(server.URL)
		if err == nil {
			_ = answer.Body.Close()
		}
		require.Error(t, err, to)
		require.True(t, strings.Contains(err.Error(), "link-local") || strings.Contains(err.Error(), "outside the networks"), "%s: %v", to, err)
	}
}

// A name that was harmless when it was checked resolves to something else when it
// is dialled: the dialled address counts.
func TestControl_ANameThatResolvesAnew_IsJudgedByWhatIsDialled(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	answer, err := client(t, dialguard.LocalNetworks()).Get("http://localhost:" + port)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	_, err = client(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}).Get("http://localhost:" + port)
	require.ErrorContains(t, err, "outside the networks")
}

// rebinding is a name server whose first answers are good, and whose later ones lead
// where nobody may go.
func rebinding(t *testing.T, good, later netip.Addr) (resolver *net.Resolver, turn func()) {
	t.Helper()
	var turned atomic.Bool
	at := func() netip.Addr {
		if turned.Load() {
			return later
		}
		return good
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go answer(theirs, at)
		return ours, nil
	}}, func() { turned.Store(true) }
}

// answer speaks DNS over a stream (RFC 1035, 4.2.2): a length of two bytes, then the
// message. It has a record for questions of type A alone.
func answer(c net.Conn, at func() netip.Addr) {
	defer c.Close()
	for {
		size := make([]byte, 2)
		if _, err := io.ReadFull(c, size); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size))
		if _, err := io.ReadFull(c, query); err != nil {
			return
		}
		const header, typeAndClass = 12, 5 // of them the 0 that ends the name
		question := query[header : header+bytes.IndexByte(query[header:], 0)+typeAndClass]
		reply := append(append([]byte{}, query[:2]...), 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)
		reply = append(reply, question...)
		if question[len(question)-3] == 1 { // an A record, of the name at offset 12
			reply[7] = 1
			reply = append(append(reply, 0xc0, header, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), at().AsSlice()...)
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...)); err != nil {
			return
		}
	}
}

// DNS rebinding: the name is harmless whenever it is looked up to be judged, and
// leads to the machine itself or to the metadata once it is dialled.
func TestSecurity_Rebinding_TheAddressThatIsDialledCounts(t *testing.T) {
	t.Parallel()
	public := netip.MustParseAddr("93.184.216.34")
	for later, allowed := range map[string][]netip.Prefix{
		"169.254.169.254": everywhere, "0.0.0.0": everywhere, "127.0.0.1": {netip.MustParsePrefix("93.184.0.0/16")},
	} {
		resolver, turn := rebinding(t, public, netip.MustParseAddr(later))
		found, err := resolver.LookupNetIP(t.Context(), "ip4", "rebinding.example.")
		require.NoError(t, err)
		require.Equal(t, []netip.Addr{public}, found)
		message, _ := dialguard.Judge(found[0], allowed)
		require.Empty(t, message, "it is good when it is asked about")
		turn()
		transport := &http.Transport{DialContext: (&net.Dialer{Resolver: resolver, ControlContext: dialguard.Control(allowed)}).DialContext}
		_, err = (&http.Client{Transport: transport}).Get("http://rebinding.example.:80/latest/meta-data")
		require.ErrorContains(t, err, later, "it is the later address that was dialled")
		require.Regexp(t, "link-local|outside the networks", err.Error(), later)
	}
}

func TestControl_WhatIsNoAddress_IsRefused(t *testing.T) {
	t.Parallel()
	control := dialguard.Control(everywhere)
	require.Error(t, control(context.Background(), "unix", "/run/secret.sock", nil))
	require.Error(t, control(context.Background(), "tcp4", "localhost:80", nil))
	require.NoError(t, control(context.Background(), "tcp4", "127.0.0.1:80", nil))
}

func TestClient_GoesWhereItMayAndNowhereElse(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(server.Close)
	answer, err := dialguard.Client(dialguard.Allowed(nil), time.Minute).Get(server.URL)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	_, err = dialguard.Client(dialguard.Allowed([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}), time.Minute).Get(server.URL)
	require.ErrorContains(t, err, "outside the networks")
}
