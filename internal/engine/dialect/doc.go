// Package dialect says which launch flag of which engine plays which role: how
// vLLM, TGI and SGLang each spell "requests that run at once" or "no CUDA
// graphs". Rules of diagnose and propose are written over roles and read the
// spelling here, so that a rule holds for every engine that has the role.
//
// It is data with a few readers, pure and deterministic. It must never hold
// advice (that is propose's) nor ranges of values (the engine's catalogue has
// them), and a role that an engine lacks is empty rather than a near miss.
package dialect
