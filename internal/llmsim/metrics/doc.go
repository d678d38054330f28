// Package metrics exposes a simulated engine's state under the names, types,
// labels and buckets of the real one, so that scrapers and dashboards cannot
// tell them apart: vLLM 0.20 (V1 engine, one API process), TGI 3.3 and SGLang
// 0.5.15, read in their sources.
//
// VLLM, TGI and SGLang observe an engine, in real time or in virtual time; the
// traffic types count what only the HTTP side knows; Page serves it all. Each
// keeps its engine's habits: vLLM's series exist from the start, at zero, and
// have *_created gauges beside them; a series of TGI exists only after its first
// update; SGLang writes its gauges with every prefill and every so many decode
// steps.
//
// The one family of our own is llmsim_time_lost_seconds_total, present once the
// host was too slow. Nothing here may be estimated: every value comes from what
// the scheduler did or from the clock, and what is not simulated (speculation,
// the parts of a step, disaggregation) is at its zero or absent as in an engine
// that does not use it. Only a Page may lie, when a fault says so.
package metrics
