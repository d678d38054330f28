package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/optiinfra/performance-agent/internal/dialguard"
	"github.com/optiinfra/performance-agent/internal/engine"
	"github.com/optiinfra/performance-agent/internal/overview"
	"github.com/optiinfra/performance-agent/internal/report"
)

// Deps are what the API works with.
type Deps struct {
	Store     Store
	Workflows Workflows
	Clockwork Clockwork
	Variants  Variants
	Router    Router
	Scraper   Scraper
	// ParsePage reads a metrics page that a caller sends.
	ParsePage PageParser
	Resolver  Resolver
	Engines   engine.Registry
	// Orchestrator is nil where there is none.
	Orchestrator Orchestrator
	// Auth knows callers by their bearer tokens; nil lets everybody do everything,
	// under the name that they give in X-Actor.
	Auth Authenticator
	// Payloads is nil where what Temporal keeps is not encrypted.
	Payloads PayloadCodec
	// Checks must pass for /health/ready.
	Checks []Check
	// Classify says what an adapter's error means by returning one of ErrNotFound,
	// ErrExists, ErrStale, ErrConflict, ErrBadCursor and ErrDown, or nil for others.
	Classify func(error) error
	Log      *slog.Logger
	Now      func() time.Time
	NewID    func() string
}

// Config are the limits and the names that are allowed.
type Config struct {
	Version string
	// RouterKinds and ProvisionerKinds are the adapters that this installation has.
	RouterKinds      []string
	ProvisionerKinds []string
	// AddressChecks judge the addresses of kinds that are not reached by a URL, in
	// place of the guard of networks: each tells what is wrong with an address.
	AddressChecks map[string]func(address string) error
	// AllowedNetworks are where fleets, routers and load test targets may be.
	// Link-local and metadata addresses are refused whatever it says.
	AllowedNetworks []netip.Prefix
	// AlertmanagerToken is what alerts must come with; "" takes them from anybody
	// who reaches the API.
	AlertmanagerToken string
	// WebUI is the base address of Temporal's Web UI, for links to the workflows of
	// Namespace; "" makes no links.
	WebUI     string
	Namespace string
	// RatePerSecond and Burst bound one credential, or one address where there is
	// none; 0 switches the limit off.
	RatePerSecond float64
	Burst         int
	// CodecOrigin is the origin whose pages may have payloads decrypted, that of
	// Temporal's Web UI; "" for none.
	CodecOrigin string
	// TLS says that browsers reach this server by https, so that they keep a session's
	// cookie to it.
	TLS bool
	// RequestTimeout bounds ordinary requests.
	RequestTimeout time.Duration
	// BodyTimeout bounds the sending of an ordinary request's body.
	BodyTimeout time.Duration
	// Streams bounds the live streams of all callers together.
	Streams int
	// EventPoll is how often a live stream looks for new events, and Heartbeat how
	// often it says that it is alive.
	EventPoll time.Duration
	Heartbeat time.Duration
}

// DefaultConfig allows loopback and private networks. A person clicks a few times
// a second and a dashboard polls a few routes each second: 50/s per address is
// far above both and far below what hurts. Ten seconds are more than any read or
// workflow command takes while a worker is up. A proxy cuts an idle stream after
// 30-60 s, hence a heartbeat at 15.
func DefaultConfig() Config {
	return Config{
		Version:         "dev",
		AllowedNetworks: dialguard.LocalNetworks(),
		RatePerSecond:   50, Burst: 200,
		RequestTimeout: 10 * time.Second,
		BodyTimeout:    5 * time.Second,
		Streams:        512, // some thousand reads of the store a second
		EventPoll:      500 * time.Millisecond,
		Heartbeat:      15 * time.Second,
	}
}

// Server is the API.
type Server struct {
	deps    Deps
	cfg     Config
	echo    *echo.Echo
	api     huma.API
	metrics *httpMetrics
	guard   addressGuard
	spec    func() ([]byte, error)
	reports *report.Renderer
	live    *overview.Renderer
	changes *changes
	// counted are the budgets that the live page has shown last.
	counted budgetMemory
	// routes are what was declared, by the router's pattern.
	routes map[string]route
	known  knownTokens
	limits *callLimits
	places streamPlaces
	// pages has a place for each metrics page that is being read.
	pages chan struct{}
	// tasks has a place for each task of the orchestrator's that is waited for.
	tasks chan struct{}
	// commands are the paths of the routes that need no store, see outage.go.
	commands map[string]bool
	// ending is closed when the process is about to end.
	ending chan struct{}
	drain  func()
}

// New builds the API. It starts nothing and calls no dependency.
func New(deps Deps, cfg Config) (*Server, error) {
	s := &Server{deps: deps, cfg: cfg, echo: echo.New(), metrics: newHTTPMetrics(), ending: make(chan struct{}),
		pages: make(chan struct{}, pagesAtOnce), tasks: make(chan struct{}, tasksAtOnce), routes: map[string]route{}, commands: map[string]bool{},
		limits: newCallLimits(cfg.RatePerSecond, cfg.Burst), places: streamPlaces{most: cfg.Streams}}
	s.drain = sync.OnceFunc(func() { close(s.ending) })
	s.guard = addressGuard{allowed: cfg.AllowedNetworks, resolver: deps.Resolver}
	s.echo.HideBanner, s.echo.HidePort = true, true
	// X-Forwarded-For can be written by anyone (libraries.md 0.3).
	s.echo.IPExtractor = echo.ExtractIPDirect()
	s.echo.HTTPErrorHandler = s.writeError
	s.metrics.registry.MustRegister(&advisorCollector{server: s})
	s.useMiddleware()
	var err error
	if s.reports, err = report.NewRenderer(); err != nil {
		return nil, fmt.Errorf("reports: %w", err)
	}
	if s.live, err = overview.NewRenderer(cfg.WebUI); err != nil {
		return nil, fmt.Errorf("live page: %w", err)
	}
	s.changes = &changes{look: s.version, every: cfg.EventPoll, fail: func(err error) { deps.Log.Warn("changes not looked for", "error", err) }}
	s.api = humaecho.NewV4(s.echo, humaConfig(cfg.Version, s.finishProblem))
	s.registerAll()
	if err := s.registerDocs(); err != nil {
		return nil, err
	}
	return s, nil
}

// Handler serves the API.
func (s *Server) Handler() http.Handler { return s.echo }

// OpenAPI is the document of the API as JSON.
func (s *Server) OpenAPI() ([]byte, error) { return s.spec() }

func (s *Server) registerAll() {
	s.registerHealth()
	s.registerFleets()
	s.registerFleetViews()
	s.registerMetrics()
	s.registerNormalize()
	s.registerHistory()
	s.registerTrends()
	s.registerWindows()
	s.registerAnalyses()
	s.registerPreview()
	s.registerRecommendations()
	s.registerInsights()
	s.registerLoadTests()
	s.registerComparisons()
	s.registerValidations()
	s.registerRuns()
	s.registerRunCommands()
	s.registerSchedules()
	s.registerEvents()
	s.registerReports()
	s.registerOverview()
	s.registerChanges()
	s.registerLivePage()
	s.registerRollouts()
	s.registerWaves()
	s.registerSLOs()
	s.registerOpenSLO()
	s.registerPrometheusRules()
	s.registerViolations()
	s.registerAlertmanager()
	s.registerMonitor()
	s.registerEngines()
	s.registerAudit()
	s.registerOrchestrator()
	s.registerTasks()
	s.registerKeys()
	s.registerSession()
	s.registerCodec()
}
