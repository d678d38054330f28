// Package dcgm reads the figures of GPUs from what NVIDIA's DCGM exporter
// exposes: how busy they are and how much memory is in use. The sources of
// measurements (scrape, promql) call it with a page of the exporter, or with what
// a Prometheus server has of it.
//
// It is pure. It must never guess which GPUs are a replica's: where the page has
// more or fewer than a replica uses, the figures are missing and the reason says
// how to name the right ones.
package dcgm
