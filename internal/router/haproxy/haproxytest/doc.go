// Package haproxytest runs Debian's HAProxy on the configuration that this
// repository ships (deploy/haproxy/haproxy.cfg), for the tests of the router and
// for the end-to-end tests.
//
// Without haproxy a test is skipped, unless HAPROXY_REQUIRED=1. Only tests import
// this package; it must not speak to the Runtime API, which is for the router
// under test.
package haproxytest
