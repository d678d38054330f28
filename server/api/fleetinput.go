package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/optiinfra/performance-agent/internal/admission"
	"github.com/optiinfra/performance-agent/internal/perfmodel"
	"github.com/optiinfra/performance-agent/internal/serving"
)

// FleetInput is a fleet as a person describes it. What GET answers may be sent
// back as it is.
type FleetInput struct {
	ConfigInput
	Name        string                `json:"name" required:"true" pattern:"^[a-z0-9][a-z0-9-]{0,62}$" patternDescription:"lower-case letters, digits and hyphens, at most 63, starting with a letter or digit" example:"chat"`
	Engine      serving.EngineKind    `json:"engine,omitempty" doc:"Only needed when the command line does not tell." example:"vllm"`
	Hardware    serving.Hardware      `json:"hardware" required:"true"`
	Replicas    int                   `json:"replicas" required:"true" minimum:"1" maximum:"10000"`
	Router      serving.AdapterRef    `json:"router" required:"true"`
	Provisioner serving.AdapterRef    `json:"provisioner" required:"true"`
	Endpoints   []string              `json:"endpoints,omitempty" maxItems:"1000" doc:"Base URLs of the replicas, when something else than the provisioner runs them."`
	Metrics     serving.MetricsSource `json:"metrics,omitempty" doc:"Where the engines' measurements come from: the replicas' own pages (kind scrape, the default), or the Prometheus server at address that scrapes them (kind prometheus). Series are found by instance_label (default instance), which holds a replica's host and port or its host, and by labels, for example {\"job\": \"chat\"}."`
	GPUMetrics  serving.GPUSource     `json:"gpu_metrics,omitempty" doc:"Where GPU figures come from: DCGM exporters (kind dcgm, their base URLs in addresses) or the Prometheus server that scrapes them (kind prometheus, its base URL). A replica's GPUs are those on its host that have the labels; where a host has more than hardware.gpus, replicas names them by endpoint, for example {\"http://10.0.0.7:8000\": {\"gpu\": \"0\"}}."`
	SLOs        []serving.Objective   `json:"slos,omitempty" maxItems:"50"`
	Workload    *serving.Workload     `json:"workload,omitempty" doc:"Used instead of the observed one."`
	Policy      serving.Policy        `json:"policy,omitempty"`
	Quality     QualityInput          `json:"quality,omitempty" doc:"How the answers of a candidate are held to those of the present configuration."`
	Generation  int64                 `json:"generation,omitempty" doc:"Ignored: the server counts, and If-Match guards."`
}

// fleetOf checks everything about a fleet and gives the record.
func (s *Server) fleetOf(ctx context.Context, in FleetInput) (serving.Fleet, error) {
	config, err := s.resolve(in.ConfigInput, in.Engine)
	if err != nil {
		return serving.Fleet{}, err
	}
	if in.Hardware.GPUs == 0 {
		in.Hardware.GPUs = 1
	}
	f := serving.Fleet{
		Name: in.Name, Config: config, Hardware: in.Hardware, Replicas: in.Replicas,
		Router: in.Router, Provisioner: in.Provisioner, Endpoints: in.Endpoints,
		Metrics: in.Metrics, GPUMetrics: in.GPUMetrics,
		SLOs: in.SLOs, Workload: in.Workload, Policy: in.Policy,
	}
	if err := s.checkFleet(ctx, f); err != nil {
		return serving.Fleet{}, err
	}
	if err := s.checkConfig(f.Config, f.Hardware); err != nil {
		return serving.Fleet{}, err
	}
	f.Quality, err = s.qualityOf(ctx, "body.quality", in.Quality)
	return f, err
}

func (s *Server) checkFleet(ctx context.Context, f serving.Fleet) error {
	list := s.hardwareProblems(f.Hardware)
	list = append(list, kindProblem("body.router", f.Router, s.cfg.RouterKinds)...)
	list = append(list, kindProblem("body.provisioner", f.Provisioner, s.cfg.ProvisionerKinds)...)
	list = append(list, s.addressProblems(ctx, f)...)
	list = append(list, s.metricsProblems(ctx, f)...)
	list = append(list, policyProblems(f.Policy)...)
	list = append(list, freezeProblems(f.Policy.Freeze)...)
	if len(list) > 0 {
		return invalidFields(list)
	}
	if err := checkObjectives("body.slos", f.SLOs); err != nil {
		return err
	}
	return takeWorkload("body.workload", f.Workload)
}

func (s *Server) hardwareProblems(hw serving.Hardware) []FieldProblem {
	var list []FieldProblem
	if _, err := perfmodel.LookupGPU(hw.GPU); err != nil {
		list = append(list, FieldProblem{Field: "body.hardware.gpu", Message: err.Error()})
	}
	// 64 is beyond the largest scale-up domain that one replica spans today.
	if hw.GPUs < 1 || hw.GPUs > 64 {
		list = append(list, FieldProblem{Field: "body.hardware.gpus", Message: "must be within 1..64", Fix: "give the GPUs of one replica"})
	}
	return list
}

func kindProblem(field string, ref serving.AdapterRef, known []string) []FieldProblem {
	if slices.Contains(known, ref.Kind) {
		return nil
	}
	return []FieldProblem{{Field: field + ".kind", Message: fmt.Sprintf("%q is unknown", ref.Kind), Fix: fmt.Sprintf("use one of %v", known)}}
}

func (s *Server) addressProblems(ctx context.Context, f serving.Fleet) []FieldProblem {
	var list []FieldProblem
	add := func(field, address string) {
		if message, fix := s.guard.check(ctx, address); message != "" {
			list = append(list, FieldProblem{Field: field, Message: message, Fix: fix})
		}
	}
	for i, e := range f.Endpoints {
		add(fmt.Sprintf("body.endpoints[%d]", i), e)
	}
	adapter := func(at string, ref serving.AdapterRef) {
		if ref.Secret != "" {
			if err := ref.Secret.Validate(); err != nil {
				list = append(list, FieldProblem{Field: at + ".secret", Message: err.Error()})
			}
		}
		check, own := s.cfg.AddressChecks[ref.Kind]
		if !own {
			if ref.Address != "" {
				add(at+".address", ref.Address)
			}
		} else if err := check(ref.Address); err != nil {
			list = append(list, FieldProblem{Field: at + ".address", Message: err.Error()})
		}
	}
	adapter("body.router", f.Router)
	adapter("body.provisioner", f.Provisioner)
	return list
}

func policyProblems(p serving.Policy) []FieldProblem {
	known := []serving.RiskClass{serving.RiskCheap, serving.RiskNumerics, serving.RiskNewWeights, serving.RiskGPUSurge}
	var list []FieldProblem
	if p.MaxReadySeconds < 0 {
		list = append(list, FieldProblem{Field: "body.policy.max_ready_seconds", Message: "must not be negative",
			Fix: "give the longest cold start in seconds, or leave it out"})
	}
	for i, r := range p.AllowedRisks {
		if !slices.Contains(known, r) {
			list = append(list, FieldProblem{
				Field: fmt.Sprintf("body.policy.allowed_risks[%d]", i), Message: fmt.Sprintf("%q cannot be allowed", r),
				Fix: fmt.Sprintf("use some of %v", known),
			})
		}
	}
	if err := p.Validate(); err != nil {
		field, message, _ := strings.Cut(err.Error(), ": ")
		list = append(list, FieldProblem{Field: "body.policy." + field, Message: message})
	}
	return list
}

func freezeProblems(f serving.Freeze) []FieldProblem {
	if err := admission.Check(f); err != nil {
		return invalidField("body.policy.freeze", err).Errors
	}
	return nil
}

func checkObjectives(field string, list []serving.Objective) error {
	for i, o := range list {
		at := fmt.Sprintf("%s[%d]", field, i)
		if err := o.Validate(); err != nil {
			return invalidField(at, err)
		}
		if slices.ContainsFunc(list[:i], func(p serving.Objective) bool { return p.Name == o.Name }) {
			return invalid(at+".name", fmt.Sprintf("%q is given twice", o.Name), "give each objective its own name")
		}
	}
	return nil
}

// takeWorkload checks a workload that somebody gave and fills in the means that
// the shapes of its lengths imply.
func takeWorkload(at string, w *serving.Workload) error {
	if w == nil {
		return nil
	}
	if err := w.Validate(); err != nil {
		return invalidField(at, err)
	}
	*w = w.WithMoments()
	return nil
}
