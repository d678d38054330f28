package perfmodel

// gpuRow is a GPU as data/gpus.yaml writes it: GB, GB/s, TFLOP/s, microseconds.
type gpuRow struct {
	Name        string   `yaml:"name"`
	Aliases     []string `yaml:"aliases"`
	Source      string   `yaml:"source"`
	MemoryGB    float64  `yaml:"memory_gb"`
	HBM         float64  `yaml:"hbm_gb_per_s"`
	TFLOPs      formats  `yaml:"tflops"`
	W8A8        w8a8     `yaml:"w8a8"`
	Stream      formats  `yaml:"stream"`
	Compute     formats  `yaml:"compute"`
	GEMM        formats  `yaml:"gemm_us"`
	Sharpness   float64  `yaml:"sharpness"`
	Attention   kernel   `yaml:"attention"`
	EagerReduce float64  `yaml:"all_reduce_eager_us"`
	AllReduce   []reduce `yaml:"all_reduce"`
}

// formats holds one figure by number format; a file gives those that differ.
type formats struct {
	BF16     float64 `yaml:"bf16"`
	EightBit float64 `yaml:"8bit"`
	FP8      float64 `yaml:"fp8"`
	INT8     float64 `yaml:"int8"`
	W4       float64 `yaml:"w4"`
}

type w8a8 struct {
	FP8  bool `yaml:"fp8"`
	INT8 bool `yaml:"int8"`
}

type kernel struct {
	KVStream float64 `yaml:"kv_stream"`
	Compute  float64 `yaml:"compute"`
	FixedUS  float64 `yaml:"fixed_us"`
}

type reduce struct {
	Ranks     int     `yaml:"ranks"`
	SmallUS   float64 `yaml:"small_us"`
	SmallRate float64 `yaml:"small_gb_per_s"`
	LargeUS   float64 `yaml:"large_us"`
	LargeRate float64 `yaml:"large_gb_per_s"`
	SkewUS    float64 `yaml:"skew_us"`
}

const (
	giga = 1e9
	tera = 1e12
	us   = 1e-6
)

func (r gpuRow) gpu() GPU {
	g := GPU{
		Name: r.Name, Aliases: r.Aliases, Source: r.Source,
		MemoryBytes: r.MemoryGB * giga, BytesPerSecond: r.HBM * giga,
		FlopsBF16: r.TFLOPs.BF16 * tera, Flops8Bit: r.TFLOPs.EightBit * tera,
		HasFP8: r.W8A8.FP8, HasINT8: r.W8A8.INT8,
		StreamBF16: r.Stream.BF16, Stream8Bit: r.Stream.EightBit, StreamW4: r.Stream.W4,
		ComputeBF16: r.Compute.BF16, ComputeFP8: r.Compute.FP8, ComputeINT8: r.Compute.INT8,
		GEMMBF16: r.GEMM.BF16 * us, GEMM8Bit: r.GEMM.EightBit * us, GEMMW4: r.GEMM.W4 * us,
		Sharpness: r.Sharpness, KVStream: r.Attention.KVStream,
		Attention: r.Attention.Compute, AttentionFix: r.Attention.FixedUS * us,
		AllReduceEager: r.EagerReduce * us,
	}
	for _, a := range r.AllReduce {
		g.AllReduce = append(g.AllReduce, AllReduce{
			Ranks: a.Ranks, Skew: a.SkewUS * us,
			SmallSeconds: a.SmallUS * us, SmallPerByte: 1 / (a.SmallRate * giga),
			LargeSeconds: a.LargeUS * us, LargePerByte: 1 / (a.LargeRate * giga),
		})
	}
	return g
}
