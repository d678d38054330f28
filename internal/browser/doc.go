// Package browser drives a headless Chromium for tests of web pages, by its
// DevTools protocol over a pipe: no port is opened and no library is needed. A
// Page loads addresses, evaluates, presses keys, takes pictures, prints, and
// remembers all that the browser complained about.
//
// Only tests use it. It must never wait by time alone: whatever takes long is
// awaited by a condition within the caller's context.
package browser
