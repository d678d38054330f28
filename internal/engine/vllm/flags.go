package vllm

// Flags that constraints speak of.
const (
	flagKVDtype          = "--kv-cache-dtype"
	flagMaxSeqs          = "--max-num-seqs"
	flagBatchedTokens    = "--max-num-batched-tokens"
	flagChunkedPrefill   = "--enable-chunked-prefill"
	flagLongPrefill      = "--long-prefill-token-threshold"
	flagAsyncScheduling  = "--async-scheduling"
	flagPerformanceMode  = "--performance-mode"
	flagModelLen         = "--max-model-len"
	flagQuantization     = "--quantization"
	flagTensorParallel   = "--tensor-parallel-size"
	flagPipelineParallel = "--pipeline-parallel-size"
	flagDataParallel     = "--data-parallel-size"
	flagSpeculative      = "--speculative-config"
)
