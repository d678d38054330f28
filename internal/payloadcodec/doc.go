// Package payloadcodec encrypts what Temporal keeps of our workflows, inputs, results,
// signals, updates, memos, summaries and the texts of failures, with AES-256-GCM under
// keys that only this program has. IDs, names of types, and search attributes stay
// readable: Temporal looks into them.
//
// The composition roots of server and worker make the Codec and give it to temporalx;
// the API's /codec shows payloads to people through it. It must never write a payload's
// content or a key into an error or a log, and never refuse payloads that were written
// before it was switched on: those pass as they are.
package payloadcodec
