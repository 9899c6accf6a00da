package isolation_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker/guarantee"
	. "orrery/checker/isolation"
)

func TestReportsSayWhatResultsSay(t *testing.T) {
	for _, tc := range anomalies {
		res := Check(tc.h, Options{Level: SnapshotIsolation})
		r := res.Report(tc.h)
		require.Equal(t, res.Verdict, r.Verdict)
		require.Len(t, r.Findings, len(res.Findings))
		for i, f := range r.Findings {
			require.NotEmpty(t, f.Ops)
			require.LessOrEqual(t, len(f.Ops), 5)
			require.Equal(t, !SnapshotIsolation.Proscribes(res.Findings[i].Anomaly), f.Allowed)
			require.Positive(t, r.Count[f.Anomaly])
		}
		b, err := json.Marshal(r)
		require.NoError(t, err)
		require.Contains(t, string(b), `"check":"snapshot-isolation","verdict":"`+res.Verdict.String())
	}
	require.Equal(t, guarantee.Worst(guarantee.Report{}), guarantee.Report{}.Verdict)
}
