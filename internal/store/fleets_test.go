package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/optiinfra/performance-agent/internal/serving"
	"github.com/optiinfra/performance-agent/internal/store"
)

func chat() serving.Fleet {
	return serving.Fleet{Name: "chat", Replicas: 2, Config: serving.EngineConfig{
		Engine: serving.VLLM, Model: "m", Flags: []serving.Flag{{Name: "--max-num-seqs", Value: "64"}, {Name: "--enforce-eager"}}}}
}

func TestCreateFleet_TakenName_IsConflict(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		_, err := s.CreateFleet(ctx, chat())
		require.NoError(t, err)
		_, err = s.CreateFleet(ctx, chat())
		require.ErrorIs(t, err, store.ErrConflict)
		require.ErrorIs(t, err, store.ErrExists)
		require.NotErrorIs(t, err, store.ErrStale)
		require.EqualError(t, err, `create fleet "chat": exists already`)
	})
}

func TestCreateFleet_GenerationOfCaller_IsIgnored(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		f := chat()
		f.Generation = 99
		created, err := open(t, url).CreateFleet(context.Background(), f)
		require.NoError(t, err)
		require.Equal(t, int64(1), created.Generation)
	})
}

func TestUpdateFleet_OnlyTheGenerationThatWasReadIsReplaced(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		f, err := s.CreateFleet(ctx, chat())
		require.NoError(t, err)

		f.Replicas = 3
		second, err := s.UpdateFleet(ctx, f, 1)
		require.NoError(t, err)
		require.Equal(t, int64(2), second.Generation)

		f.Replicas = 4
		_, err = s.UpdateFleet(ctx, f, 1)
		require.ErrorIs(t, err, store.ErrConflict)
		require.ErrorIs(t, err, store.ErrStale)
		require.NotErrorIs(t, err, store.ErrExists)
		require.ErrorContains(t, err, "generation is 2, not 1")
		same(t, second)(s.Fleet(ctx, "chat"))

		third, err := s.UpdateFleet(ctx, f, 0)
		require.NoError(t, err, "0 matches any generation")
		require.Equal(t, int64(3), third.Generation)
		require.Equal(t, 4, third.Replicas)

		_, err = s.UpdateFleet(ctx, serving.Fleet{Name: "other"}, 1)
		require.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestDeleteFleet_KeepsHistoryAndFreesTheName(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		_, err := s.CreateFleet(ctx, chat())
		require.NoError(t, err)
		require.NoError(t, s.SaveRun(ctx, serving.RunRecord{ID: "r", Fleet: "chat"}))

		require.ErrorIs(t, s.DeleteFleet(ctx, "chat", 7), store.ErrStale)
		require.NoError(t, s.DeleteFleet(ctx, "chat", 1))
		_, err = s.Fleet(ctx, "chat")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Run(ctx, "r")
		require.NoError(t, err)

		again, err := s.CreateFleet(ctx, chat())
		require.NoError(t, err)
		require.Equal(t, int64(1), again.Generation)
	})
}

func TestSetFleetConfig_BumpsTheGenerationOnceHoweverOftenItIsRepeated(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		_, err := s.CreateFleet(ctx, chat())
		require.NoError(t, err)

		promoted := chat().Config.With("--max-num-seqs", "256").Without("--enforce-eager")
		for range 3 {
			require.NoError(t, s.SetFleetConfig(ctx, "chat", promoted))
		}
		f, err := s.Fleet(ctx, "chat")
		require.NoError(t, err)
		require.Equal(t, promoted, f.Config)
		require.Equal(t, int64(2), f.Generation)
		require.Equal(t, 2, f.Replicas, "the rest of the record stays")
	})
}

func TestSetFleetConfig_OtherSpellingOfTheSameConfig_IsKept(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		s, ctx := open(t, url), context.Background()
		_, err := s.CreateFleet(ctx, chat())
		require.NoError(t, err)
		respelled := chat().Config
		respelled.Flags = []serving.Flag{{Name: "--enforce-eager"}, {Name: "--max-num-seqs", Value: "64", Joined: true}}
		require.NoError(t, s.SetFleetConfig(ctx, "chat", respelled))
		f, err := s.Fleet(ctx, "chat")
		require.NoError(t, err)
		require.Equal(t, respelled.Flags, f.Config.Flags)
	})
}
