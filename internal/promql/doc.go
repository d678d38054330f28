// Package promql measures the replicas of a fleet from a Prometheus server that
// scrapes them, instead of from the replicas themselves. The composition roots
// put it behind the same interface as package scrape.
//
// It asks for all series of a replica as of one scrape and puts them together to
// the metrics page that the server read then, so that the engine's own mapping
// and serving.Window interpret both paths. Windows end at scrapes: it asks when
// they were, and what was there at that very instant. It must never take a value
// that Prometheus only remembers for one that was measured: a target that is
// down, gone or not scraped any more is an error, not its last page.
package promql
