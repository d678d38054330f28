package tgi

// Flags that constraints speak of.
const (
	flagInputTokens    = "--max-input-tokens"
	flagTotalTokens    = "--max-total-tokens"
	flagPrefillTokens  = "--max-batch-prefill-tokens"
	flagBatchTokens    = "--max-batch-total-tokens"
	flagNumShard       = "--num-shard"
	flagSharded        = "--sharded"
	flagQuantize       = "--quantize"
	flagDtype          = "--dtype"
	flagCUDAGraphs     = "--cuda-graphs"
	flagSpeculate      = "--speculate"
	flagNgrok          = "--ngrok"
	flagNgrokAuthtoken = "--ngrok-authtoken"
	flagNgrokEdge      = "--ngrok-edge"
)
