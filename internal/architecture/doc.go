// Package architecture holds the test that keeps the import rules of the
// blueprint: which layer may import which. It has no code of its own and
// nothing imports it.
package architecture
