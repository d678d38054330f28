// Package mapping turns an engine's metrics page into a serving.Reading by
// tables: which families have carried a quantity, newest name first, and what it
// usually means that none of them is there. engine/vllm, engine/tgi and
// engine/sglang each hold a Table and add by hand only what no table can say;
// nothing else calls it.
//
// It is pure. It must never let absence read as zero: what a page lacks is noted
// as missing with the reason, and what was computed is noted as derived.
package mapping
