package temporalx_test

import (
	"context"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"github.com/optiinfra/performance-agent/internal/temporalx"
	"github.com/optiinfra/performance-agent/workflows"
)

// operator is a namespace's attributes, and records what was asked to be added.
// Methods that are not defined here must not be called.
type operator struct {
	operatorservice.OperatorServiceClient
	present         map[string]enums.IndexedValueType
	listErr, addErr error
	added           []map[string]enums.IndexedValueType
	namespaces      []string
}

func (o *operator) OperatorService() operatorservice.OperatorServiceClient { return o }

func (o *operator) ListSearchAttributes(_ context.Context, r *operatorservice.ListSearchAttributesRequest, _ ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	o.namespaces = append(o.namespaces, r.GetNamespace())
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: o.present}, o.listErr
}

func (o *operator) AddSearchAttributes(_ context.Context, r *operatorservice.AddSearchAttributesRequest, _ ...grpc.CallOption) (*operatorservice.AddSearchAttributesResponse, error) {
	o.namespaces = append(o.namespaces, r.GetNamespace())
	o.added = append(o.added, r.GetSearchAttributes())
	return &operatorservice.AddSearchAttributesResponse{}, o.addErr
}

// ours are the attributes that workflows really set.
func ours() map[string]enums.IndexedValueType {
	out := map[string]enums.IndexedValueType{}
	for _, key := range []temporal.SearchAttributeKey{workflows.FleetKey, workflows.EngineKey, workflows.PhaseKey,
		workflows.OutcomeKey, workflows.WeightKey, workflows.ImprovementKey} {
		out[key.GetName()] = key.GetValueType()
	}
	return out
}

func TestEnsureSearchAttributes_EmptyNamespace_GetsAllThatWorkflowsSet(t *testing.T) {
	t.Parallel()
	o := &operator{}
	require.NoError(t, temporalx.EnsureSearchAttributes(context.Background(), o, "llm"))
	require.Equal(t, []map[string]enums.IndexedValueType{ours()}, o.added)
	require.Equal(t, []string{"llm", "llm"}, o.namespaces)
}

func TestEnsureSearchAttributes_OnlyWhatIsMissingIsAdded(t *testing.T) {
	t.Parallel()
	o := &operator{present: ours()}
	require.NoError(t, temporalx.EnsureSearchAttributes(context.Background(), o, "llm"))
	require.Empty(t, o.added)

	delete(o.present, "Weight")
	o.present["Elsewhere"] = enums.INDEXED_VALUE_TYPE_TEXT
	require.NoError(t, temporalx.EnsureSearchAttributes(context.Background(), o, "llm"))
	require.Equal(t, []map[string]enums.IndexedValueType{{"Weight": enums.INDEXED_VALUE_TYPE_INT}}, o.added)
}

func TestEnsureSearchAttributes_AnotherWorkerWasFaster_IsFine(t *testing.T) {
	t.Parallel()
	o := &operator{addErr: serviceerror.NewAlreadyExists("Search attribute Fleet already exists.")}
	require.NoError(t, temporalx.EnsureSearchAttributes(context.Background(), o, "llm"))
}

func TestEnsureSearchAttributes_OtherType_ChangesNothing(t *testing.T) {
	t.Parallel()
	o := &operator{present: maps.Clone(ours())}
	o.present["Weight"] = enums.INDEXED_VALUE_TYPE_KEYWORD
	delete(o.present, "Improvement")
	err := temporalx.EnsureSearchAttributes(context.Background(), o, "llm")
	require.ErrorIs(t, err, temporalx.ErrAttributeType)
	require.ErrorContains(t, err, "Weight is Keyword and must be Int")
	require.Empty(t, o.added)
}

func TestEnsureSearchAttributes_Refused_TellsAdministratorsTheCommand(t *testing.T) {
	t.Parallel()
	denied := serviceerror.NewPermissionDenied("not allowed", "")
	for name, o := range map[string]*operator{
		"to list": {listErr: denied},
		"to add":  {addErr: denied},
	} {
		err := temporalx.EnsureSearchAttributes(context.Background(), o, "llm")
		require.ErrorIs(t, err, denied, name)
		require.ErrorContains(t, err, "temporal operator search-attribute create --namespace llm"+
			" --name Fleet --type Keyword --name Engine --type Keyword --name Phase --type Keyword"+
			" --name Outcome --type Keyword --name Weight --type Int --name Improvement --type Double", name)
	}
}

func TestEnsureSearchAttributes_NoAnswer_IsNotTakenForARefusal(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{serviceerror.NewUnavailable("connection refused"), serviceerror.NewDeadlineExceeded("late"), context.DeadlineExceeded} {
		err := temporalx.EnsureSearchAttributes(context.Background(), &operator{listErr: cause}, "llm")
		require.ErrorIs(t, err, cause)
		require.NotContains(t, err.Error(), "administrator")
	}
}
