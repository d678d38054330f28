package perfmodel

// gpuTable is the hardware the model knows. Rates are from the vendors' data
// sheets; efficiencies (stream, compute, KVStream, Attention) and fixed times were
// fitted on published kernel timings of aiconfigurator (Apache-2.0) and end-to-end
// results; Source says how well a row is founded. A10G, L4 and MI300X rest on few
// points.
func gpuTable() []GPU {
	return []GPU{
		{
			Name: "A10G", Aliases: []string{"A10"}, Source: "few points (3) and data sheet",
			MemoryBytes: 23.7e9, BytesPerSecond: 600e9, FlopsBF16: 70e12, Flops8Bit: 140e12, HasFP8: false, HasINT8: true,
			StreamBF16: 0.83, Stream8Bit: 0.78, StreamW4: 0.72,
			ComputeBF16: 0.75, ComputeFP8: 0, ComputeINT8: 0.65,
			GEMMBF16: 4e-6, GEMM8Bit: 6e-6, GEMMW4: 7e-6,
			Sharpness: 2.5, KVStream: 0.78, Attention: 0.5, AttentionFix: 12e-6,
			AllReduce: []AllReduce{
				{2, 25e-6, 1 / 10e9, 25e-6, 1 / 10e9, 4.4e-6},
				{4, 35e-6, 1 / 5e9, 35e-6, 1 / 5e9, 6.8e-6},
			},
			AllReduceEager: 30e-6,
		},
		{
			Name: "L4", Aliases: []string{}, Source: "few points (8) and data sheet; power-capped",
			MemoryBytes: 23.6e9, BytesPerSecond: 300e9, FlopsBF16: 121e12, Flops8Bit: 242e12, HasFP8: true, HasINT8: true,
			StreamBF16: 0.83, Stream8Bit: 0.8, StreamW4: 0.75,
			ComputeBF16: 0.45, ComputeFP8: 0.4, ComputeINT8: 0.4,
			GEMMBF16: 4e-6, GEMM8Bit: 6e-6, GEMMW4: 7e-6,
			Sharpness: 3, KVStream: 0.8, Attention: 0.4, AttentionFix: 10e-6,
			AllReduce: []AllReduce{
				{2, 25e-6, 1 / 10e9, 25e-6, 1 / 10e9, 4.4e-6},
				{4, 35e-6, 1 / 5e9, 35e-6, 1 / 5e9, 6.8e-6},
			},
			AllReduceEager: 30e-6,
		},
		{
			Name: "L40S", Aliases: []string{"L40S-48GB"}, Source: "kernel tables, 1 end-to-end point",
			MemoryBytes: 48.3e9, BytesPerSecond: 864e9, FlopsBF16: 362e12, Flops8Bit: 733e12, HasFP8: true, HasINT8: true,
			StreamBF16: 0.78, Stream8Bit: 0.68, StreamW4: 0.65,
			ComputeBF16: 0.61, ComputeFP8: 0.46, ComputeINT8: 0.46,
			GEMMBF16: 3e-6, GEMM8Bit: 5e-6, GEMMW4: 6e-6,
			Sharpness: 3, KVStream: 0.78, Attention: 0.5, AttentionFix: 10e-6,
			AllReduce: []AllReduce{
				{2, 5.5e-6, 1 / 18e9, 5.5e-6, 1 / 19e9, 4.4e-6},
				{4, 15e-6, 1 / 2.5e9, 15e-6, 1 / 2.5e9, 6.8e-6},
				{8, 15e-6, 1 / 1.1e9, 15e-6, 1 / 1.1e9, 9e-6},
			},
			AllReduceEager: 22e-6,
		},
		{
			Name: "A100-40", Aliases: []string{"A100-SXM4-40GB", "A100-PCIE-40GB", "A100-40GB"}, Source: "kernel tables of the 80 GB card, end-to-end points",
			MemoryBytes: 42.3e9, BytesPerSecond: 1555e9, FlopsBF16: 312e12, Flops8Bit: 624e12, HasFP8: false, HasINT8: true,
			StreamBF16: 0.76, Stream8Bit: 0.72, StreamW4: 0.68,
			ComputeBF16: 0.84, ComputeFP8: 0, ComputeINT8: 0.65,
			GEMMBF16: 6.1e-6, GEMM8Bit: 7e-6, GEMMW4: 8e-6,
			Sharpness: 2, KVStream: 0.8, Attention: 0.55, AttentionFix: 17e-6,
			AllReduce: []AllReduce{
				{2, 5.2e-6, 1 / 210e9, 46e-6, 1 / 192e9, 4.4e-6},
				{4, 6e-6, 1 / 118e9, 59e-6, 1 / 143e9, 6.8e-6},
				{8, 6.9e-6, 1 / 109e9, 60e-6, 1 / 122e9, 9e-6},
			},
			AllReduceEager: 44e-6,
		},
		{
			Name: "A100-80", Aliases: []string{"A100", "A100-SXM4-80GB", "A100-80GB-PCIe", "A100-80GB", "A800-SXM4-80GB"}, Source: "kernel tables and end-to-end points",
			MemoryBytes: 85.1e9, BytesPerSecond: 2039e9, FlopsBF16: 312e12, Flops8Bit: 624e12, HasFP8: false, HasINT8: true,
			StreamBF16: 0.75, Stream8Bit: 0.7, StreamW4: 0.68,
			ComputeBF16: 0.84, ComputeFP8: 0, ComputeINT8: 0.65,
			GEMMBF16: 6.1e-6, GEMM8Bit: 7e-6, GEMMW4: 8e-6,
			Sharpness: 2, KVStream: 0.8, Attention: 0.55, AttentionFix: 17e-6,
			AllReduce: []AllReduce{
				{2, 5.2e-6, 1 / 210e9, 46e-6, 1 / 192e9, 4.4e-6},
				{4, 6e-6, 1 / 118e9, 59e-6, 1 / 143e9, 6.8e-6},
				{8, 6.9e-6, 1 / 109e9, 60e-6, 1 / 122e9, 9e-6},
			},
			AllReduceEager: 44e-6,
		},
		{
			Name: "H100", Aliases: []string{"H100-80GB-HBM3", "H100-SXM", "H100-SXM5", "H100-80GB"}, Source: "kernel tables and end-to-end points",
			MemoryBytes: 85.03e9, BytesPerSecond: 3350e9, FlopsBF16: 989e12, Flops8Bit: 1978e12, HasFP8: true, HasINT8: true,
			StreamBF16: 0.87, Stream8Bit: 0.84, StreamW4: 0.8,
			ComputeBF16: 0.78, ComputeFP8: 0.6, ComputeINT8: 0.6,
			GEMMBF16: 4e-6, GEMM8Bit: 4.9e-6, GEMMW4: 6e-6,
			Sharpness: 3.4, KVStream: 0.9, Attention: 0.7, AttentionFix: 10e-6,
			AllReduce: []AllReduce{
				{2, 4.4e-6, 1 / 265e9, 17e-6, 1 / 299e9, 4.4e-6},
				{4, 4.8e-6, 1 / 164e9, 16e-6, 1 / 223e9, 6.8e-6},
				{8, 5.4e-6, 1 / 166e9, 16e-6, 1 / 240e9, 9e-6},
			},
			AllReduceEager: 21e-6,
		},
		{
			Name: "H200", Aliases: []string{"H200-SXM", "H200-141GB"}, Source: "kernel tables and end-to-end points",
			MemoryBytes: 150e9, BytesPerSecond: 4800e9, FlopsBF16: 989e12, Flops8Bit: 1978e12, HasFP8: true, HasINT8: true,
			StreamBF16: 0.86, Stream8Bit: 0.82, StreamW4: 0.78,
			ComputeBF16: 0.75, ComputeFP8: 0.56, ComputeINT8: 0.58,
			GEMMBF16: 4.3e-6, GEMM8Bit: 5e-6, GEMMW4: 6e-6,
			Sharpness: 3.4, KVStream: 0.89, Attention: 0.7, AttentionFix: 10e-6,
			AllReduce: []AllReduce{
				{2, 4.4e-6, 1 / 265e9, 14e-6, 1 / 300e9, 4.4e-6},
				{4, 4.8e-6, 1 / 168e9, 14e-6, 1 / 226e9, 6.8e-6},
				{8, 5.4e-6, 1 / 178e9, 14e-6, 1 / 244e9, 9e-6},
			},
			AllReduceEager: 21e-6,
		},
		{
			Name: "B200", Aliases: []string{"B200-SXM"}, Source: "kernel tables and end-to-end points",
			MemoryBytes: 191.5e9, BytesPerSecond: 7700e9, FlopsBF16: 2250e12, Flops8Bit: 4500e12, HasFP8: true, HasINT8: false,
			StreamBF16: 0.8, Stream8Bit: 0.66, StreamW4: 0.5,
			ComputeBF16: 0.7, ComputeFP8: 0.55, ComputeINT8: 0,
			GEMMBF16: 4.2e-6, GEMM8Bit: 6.1e-6, GEMMW4: 6e-6,
			Sharpness: 3.6, KVStream: 0.9, Attention: 0.65, AttentionFix: 8e-6,
			AllReduce: []AllReduce{
				{2, 7.2e-6, 1 / 153e9, 30e-6, 1 / 534e9, 4.4e-6},
				{4, 7.7e-6, 1 / 190e9, 22e-6, 1 / 391e9, 6.8e-6},
				{8, 8.3e-6, 1 / 229e9, 15e-6, 1 / 352e9, 9e-6},
			},
			AllReduceEager: 21e-6,
		},
		{
			Name: "MI300X", Aliases: []string{"MI300X-OAM"}, Source: "fitted on 5 of 14 points, +-15%",
			MemoryBytes: 206e9, BytesPerSecond: 5300e9, FlopsBF16: 1307e12, Flops8Bit: 2615e12, HasFP8: true, HasINT8: false,
			StreamBF16: 0.7, Stream8Bit: 0.62, StreamW4: 0.45,
			ComputeBF16: 0.45, ComputeFP8: 0.4, ComputeINT8: 0,
			GEMMBF16: 5e-6, GEMM8Bit: 5e-6, GEMMW4: 9e-6,
			Sharpness: 2, KVStream: 0.65, Attention: 0.25, AttentionFix: 10e-6,
			AllReduce: []AllReduce{
				{2, 9e-6, 1 / 60e9, 25e-6, 1 / 90e9, 5e-6},
				{4, 8e-6, 1 / 110e9, 25e-6, 1 / 150e9, 5e-6},
				{8, 7e-6, 1 / 180e9, 25e-6, 1 / 220e9, 5e-6},
			},
			AllReduceEager: 40e-6,
		},
		{
			Name: "RTX4090", Aliases: []string{"RTX-4090"}, Source: "end-to-end points",
			MemoryBytes: 25.25e9, BytesPerSecond: 1008e9, FlopsBF16: 165.2e12, Flops8Bit: 330e12, HasFP8: true, HasINT8: true,
			StreamBF16: 0.88, Stream8Bit: 0.8, StreamW4: 0.75,
			ComputeBF16: 0.9, ComputeFP8: 0.75, ComputeINT8: 0.65,
			GEMMBF16: 3e-6, GEMM8Bit: 5e-6, GEMMW4: 6e-6,
			Sharpness: 3, KVStream: 0.8, Attention: 0.6, AttentionFix: 10e-6,
			AllReduceEager: 22e-6,
		},
		{
			Name: "RTXA6000", Aliases: []string{"A6000"}, Source: "end-to-end points",
			MemoryBytes: 51e9, BytesPerSecond: 768e9, FlopsBF16: 154.8e12, Flops8Bit: 309.7e12, HasFP8: false, HasINT8: true,
			StreamBF16: 0.78, Stream8Bit: 0.74, StreamW4: 0.7,
			ComputeBF16: 0.75, ComputeFP8: 0, ComputeINT8: 0.65,
			GEMMBF16: 4e-6, GEMM8Bit: 6e-6, GEMMW4: 7e-6,
			Sharpness: 2.5, KVStream: 0.78, Attention: 0.5, AttentionFix: 12e-6,
			AllReduce: []AllReduce{
				{2, 25e-6, 1 / 20e9, 25e-6, 1 / 20e9, 4.4e-6},
				{4, 35e-6, 1 / 6e9, 35e-6, 1 / 6e9, 6.8e-6},
				{8, 50e-6, 1 / 4e9, 50e-6, 1 / 4e9, 9e-6},
			},
			AllReduceEager: 30e-6,
		},
		{
			Name: "RTX6000Ada", Aliases: []string{"RTX-6000-Ada"}, Source: "end-to-end points",
			MemoryBytes: 51e9, BytesPerSecond: 960e9, FlopsBF16: 364e12, Flops8Bit: 728e12, HasFP8: true, HasINT8: true,
			StreamBF16: 0.85, Stream8Bit: 0.75, StreamW4: 0.7,
			ComputeBF16: 0.45, ComputeFP8: 0.4, ComputeINT8: 0.4,
			GEMMBF16: 3e-6, GEMM8Bit: 5e-6, GEMMW4: 6e-6,
			Sharpness: 3, KVStream: 0.78, Attention: 0.3, AttentionFix: 10e-6,
			AllReduce: []AllReduce{
				{2, 25e-6, 1 / 20e9, 25e-6, 1 / 20e9, 4.4e-6},
			},
			AllReduceEager: 30e-6,
		},
	}
}
