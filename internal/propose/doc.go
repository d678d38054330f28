// Package propose turns a diagnosis into changes worth trying, orders them by
// what the performance model predicts, and says from measurements whether one is
// a real gain.
//
// Recommend applies rules of three kinds of knowledge: what the flags say, what
// was measured, and what perfmodel predicts for the flag's alternatives under
// the fleet's workload and objectives. Candidates combines recommendations into
// complete configurations, screens them with perfmodel and drops what the engine
// would refuse. Accept and Choose judge trials.
//
// Callers: activities (proposals), workflows (Accept, Choose), the API. The
// package is pure and deterministic. It must never propose a capability cut
// (max_model_len and the like) or a risk that the fleet's policy does not allow,
// never present a prediction as a measurement, and never invent a gain: an empty
// answer is an ordinary outcome.
//
// Rules are written over the roles of engine/dialect and hold for vLLM, TGI and
// SGLang alike; what only one engine has is in a file of its name. A fleet whose
// GPU or model is not in perfmodel's tables gets only the rules that rest on
// flags and measurements, with published ranges as effect. Speculative decoding
// is proposed only where few requests run at once and the time between tokens is
// the trouble, with the published range, because its gain depends on an
// acceptance that only a trial can tell. What no flag changes (replicas, routing)
// is advice: a recommendation without Changes.
package propose
