package search

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// process is a Gaussian process over the errors of the prior, conditioned on what
// was measured.
type process struct {
	kernel   kernel
	seen     []input
	factored mat.Cholesky
	weights  *mat.VecDense // inverse of the covariance times the errors
	empty    bool
}

// input is where the process is asked.
type input struct {
	*point
	fidelity float64
}

// reading of the process's subject at an input.
type sample struct {
	at               input
	error, deviation float64 // measured less prior, both logarithms
}

// condition learns from samples. Where they contradict the kernel by more than
// chance, its deviations are taken to be larger in proportion: the prior is then
// worth less, and the trials more.
func condition(k kernel, samples []sample) process {
	p := factor(k, samples)
	if p.empty {
		return p
	}
	var surprise float64
	for i, s := range samples {
		surprise += s.error * p.weights.AtVec(i) / float64(len(samples))
	}
	if surprise <= 1 {
		return p
	}
	k.scale *= min(surprise, mostScale)
	return factor(k, samples)
}

// mostScale bounds the variance of a prior that is plainly wrong.
const mostScale = 9

// factor solves for one kernel. Likenesses are of points in Euclidean spaces, and
// each sample has its noise, duplicates too, so the covariance is positive
// definite; if rounding makes it none, nothing is learned and the prior stands.
func factor(k kernel, samples []sample) process {
	n := len(samples)
	p := process{kernel: k, empty: true}
	if n == 0 {
		return p
	}
	cov, errors := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil)
	for i, s := range samples {
		p.seen = append(p.seen, s.at)
		errors.SetVec(i, s.error)
		for j := range i {
			cov.SetSym(i, j, k.covariance(s.at, samples[j].at))
		}
		cov.SetSym(i, i, k.covariance(s.at, s.at)+s.deviation*s.deviation)
	}
	p.weights = mat.NewVecDense(n, nil)
	p.empty = !p.factored.Factorize(cov) || p.factored.SolveVecTo(p.weights, errors) != nil
	return p
}

// at is the expected error of the prior at an input, and its deviation.
func (p *process) at(x input) (mean, deviation float64) {
	own := p.kernel.covariance(x, x)
	if p.empty {
		return 0, math.Sqrt(own)
	}
	cross := mat.NewVecDense(len(p.seen), nil)
	for i, s := range p.seen {
		cross.SetVec(i, p.kernel.covariance(x, s))
	}
	var solved mat.VecDense
	if p.factored.SolveVecTo(&solved, cross) != nil {
		return 0, math.Sqrt(own)
	}
	return mat.Dot(cross, p.weights), math.Sqrt(max(own-mat.Dot(cross, &solved), 1e-9))
}

// kernel says how alike the prior errs at two inputs.
type kernel struct {
	axes   []Axis
	doubts []doubt
	misfit float64 // deviation of what no constant explains
	scale  float64 // of all variances, 1 unless the trials contradict them
}

// Deviations of the prior's errors, of logarithms.
const (
	commonError  = 0.5  // that all configurations share
	misfit       = 0.10 // of a modelled fleet, by which two unlike configurations differ
	misfitBlind  = 0.25 // of a fleet that is not modelled
	shortTrials  = 0.15 // by which trials of no length would err, all alike
	smoothLength = 0.7  // of the axes' range, over which misfits change
)

func (k kernel) covariance(a, b input) float64 {
	c := commonError*commonError + k.misfit*k.misfit*k.likeness(a.point, b.point)
	for i, d := range k.doubts {
		if i < len(a.slopes) && i < len(b.slopes) {
			c += d.deviation * d.deviation * a.slopes[i] * b.slopes[i]
		}
	}
	return k.scale * (c + shortTrials*shortTrials*(1-a.fidelity)*(1-b.fidelity))
}

// likeness of two configurations, 0..1: by their flags, and mostly, where there is
// a model, by what it says of them. A flag that does nothing to the model under
// this workload (memory that is not short, slots that are not full) is not worth a
// trial of its own; the model may be wrong about that, too.
func (k kernel) likeness(a, b *point) float64 {
	flags := matern(k.distance(a, b) / smoothLength)
	if len(k.doubts) == 0 {
		return flags
	}
	return byFlags*flags + (1-byFlags)*matern(toModel(a, b))
}

// byFlags is the part of a misfit that the model has no say in.
const byFlags = 0.1

// Differences of the prior and of its slopes over which misfits change.
const (
	priorLength = 0.2
	slopeLength = 0.4
)

// toModel is how differently the model sees two points.
func toModel(a, b *point) float64 {
	sum := square((a.prior - b.prior) / priorLength)
	for i := range max(len(a.slopes), len(b.slopes)) {
		sum += square((a.slope(i) - b.slope(i)) / slopeLength)
	}
	return math.Sqrt(sum)
}

func square(v float64) float64 { return v * v }

// slope is 0 where the model has none.
func (p *point) slope(i int) float64 {
	if i < len(p.slopes) {
		return p.slopes[i]
	}
	return 0
}

func (k kernel) distance(a, b *point) float64 {
	var sum float64
	for i, axis := range k.axes {
		sum += axis.apart(a.places[i], b.places[i])
	}
	for _, flag := range differing(a, b) {
		if !k.has(flag) {
			sum++
		}
	}
	return math.Sqrt(sum)
}

func (k kernel) has(flag string) bool {
	for _, a := range k.axes {
		if a.Flag == flag {
			return true
		}
	}
	return false
}

// matern is the Matern 5/2 correlation at a distance in length scales.
func matern(r float64) float64 {
	s := math.Sqrt(5) * r
	return (1 + s + s*s/3) * math.Exp(-s)
}
