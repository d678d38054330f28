package perfmodel

// architectureTable lists the models by the values of their published
// config.json. More specific names come before the ones they contain.
func architectureTable() []Architecture {
	return append(denseModels(), expertModels()...)
}

func denseModels() []Architecture {
	return []Architecture{
		{Name: "Llama 3.1 8B", Match: []string{"llama-3.1-8b"}, Layers: 32, Hidden: 4096, Intermediate: 14336, QueryHeads: 32, KVHeads: 8, HeadDim: 128, Vocab: 128256, MaxModelLen: 131072},
		{Name: "Llama 3 8B", Match: []string{"llama-3-8b"}, Layers: 32, Hidden: 4096, Intermediate: 14336, QueryHeads: 32, KVHeads: 8, HeadDim: 128, Vocab: 128256, MaxModelLen: 8192},
		{Name: "Llama 3.1 70B", Match: []string{"llama-3.1-70b"}, Layers: 80, Hidden: 8192, Intermediate: 28672, QueryHeads: 64, KVHeads: 8, HeadDim: 128, Vocab: 128256, MaxModelLen: 131072},
		{Name: "Llama 3.3 70B", Match: []string{"llama-3.3-70b"}, Layers: 80, Hidden: 8192, Intermediate: 28672, QueryHeads: 64, KVHeads: 8, HeadDim: 128, Vocab: 128256, MaxModelLen: 131072},
		{Name: "Llama 3 70B", Match: []string{"llama-3-70b"}, Layers: 80, Hidden: 8192, Intermediate: 28672, QueryHeads: 64, KVHeads: 8, HeadDim: 128, Vocab: 128256, MaxModelLen: 8192},
		{Name: "Llama 2 7B", Match: []string{"llama-2-7b"}, Layers: 32, Hidden: 4096, Intermediate: 11008, QueryHeads: 32, KVHeads: 32, HeadDim: 128, Vocab: 32000, MaxModelLen: 4096},
		{Name: "Llama 2 70B", Match: []string{"llama-2-70b"}, Layers: 80, Hidden: 8192, Intermediate: 28672, QueryHeads: 64, KVHeads: 8, HeadDim: 128, Vocab: 32000, MaxModelLen: 4096},
		{Name: "CodeLlama 34B", Match: []string{"codellama-34b"}, Layers: 48, Hidden: 8192, Intermediate: 22016, QueryHeads: 64, KVHeads: 8, HeadDim: 128, Vocab: 32000, MaxModelLen: 16384},
		{Name: "Mistral 7B", Match: []string{"mistral-7b"}, Layers: 32, Hidden: 4096, Intermediate: 14336, QueryHeads: 32, KVHeads: 8, HeadDim: 128, Vocab: 32768, MaxModelLen: 32768},
		{Name: "Mistral Nemo 12B", Match: []string{"mistral-nemo"}, Layers: 40, Hidden: 5120, Intermediate: 14336, QueryHeads: 32, KVHeads: 8, HeadDim: 128, Vocab: 131072, MaxModelLen: 131072},
		{Name: "Yi 34B", Match: []string{"yi-34b"}, Layers: 60, Hidden: 7168, Intermediate: 20480, QueryHeads: 56, KVHeads: 8, HeadDim: 128, Vocab: 64000, MaxModelLen: 4096},
		{Name: "Qwen2 7B", Match: []string{"qwen2-7b"}, Layers: 28, Hidden: 3584, Intermediate: 18944, QueryHeads: 28, KVHeads: 4, HeadDim: 128, Vocab: 152064, MaxModelLen: 32768},
		{Name: "Qwen2.5 7B", Match: []string{"qwen2.5-7b"}, Layers: 28, Hidden: 3584, Intermediate: 18944, QueryHeads: 28, KVHeads: 4, HeadDim: 128, Vocab: 152064, MaxModelLen: 32768},
		{Name: "Qwen3 8B", Match: []string{"qwen3-8b"}, Layers: 36, Hidden: 4096, Intermediate: 12288, QueryHeads: 32, KVHeads: 8, HeadDim: 128, Vocab: 151936, MaxModelLen: 40960},
		{Name: "Qwen3 14B", Match: []string{"qwen3-14b"}, Layers: 40, Hidden: 5120, Intermediate: 17408, QueryHeads: 40, KVHeads: 8, HeadDim: 128, Vocab: 151936, MaxModelLen: 40960},
		{Name: "Qwen3 32B", Match: []string{"qwen3-32b"}, Layers: 64, Hidden: 5120, Intermediate: 25600, QueryHeads: 64, KVHeads: 8, HeadDim: 128, Vocab: 151936, MaxModelLen: 40960},
	}
}

// expertModels are mixtures of experts. gpt-oss loads 8% more than its formula
// (rows padded to 3072, 16-bit attention), from its logged start at TP4; Scout's
// FP8 checkpoint 15% (16-bit attention and vision tower), from its logged blocks.
func expertModels() []Architecture {
	return []Architecture{
		{Name: "Mixtral 8x7B", Match: []string{"mixtral-8x7b"}, Layers: 32, Hidden: 4096, QueryHeads: 32, KVHeads: 8, HeadDim: 128, Vocab: 32000, MaxModelLen: 32768, Experts: 8, Active: 2, ExpertIntermediate: 14336},
		{Name: "Mixtral 8x22B", Match: []string{"mixtral-8x22b"}, Layers: 56, Hidden: 6144, QueryHeads: 48, KVHeads: 8, HeadDim: 128, Vocab: 32768, MaxModelLen: 65536, Experts: 8, Active: 2, ExpertIntermediate: 16384},
		{Name: "Llama 4 Scout", Match: []string{"llama-4-scout"}, Layers: 48, Hidden: 5120, Intermediate: 8192, QueryHeads: 40, KVHeads: 8, HeadDim: 128, Vocab: 202048, MaxModelLen: 10485760, Experts: 16, Active: 1, ExpertIntermediate: 8192, Padding: 1.15},
		{Name: "gpt-oss-20b", Match: []string{"gpt-oss-20b"}, Layers: 24, Hidden: 2880, QueryHeads: 64, KVHeads: 8, HeadDim: 64, Vocab: 201088, MaxModelLen: 131072, Experts: 32, Active: 4, ExpertIntermediate: 2880, WindowLayers: 12, Window: 128, Native: WeightsMXFP4, Padding: 1.08},
		{Name: "gpt-oss-120b", Match: []string{"gpt-oss-120b"}, Layers: 36, Hidden: 2880, QueryHeads: 64, KVHeads: 8, HeadDim: 64, Vocab: 201088, MaxModelLen: 131072, Experts: 128, Active: 4, ExpertIntermediate: 2880, WindowLayers: 18, Window: 128, Native: WeightsMXFP4, Padding: 1.08},
	}
}
