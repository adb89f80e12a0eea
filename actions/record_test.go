package actions

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pumatop/collector/puma"
)

func TestRecordAsJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 19, 31, 22, 125e6, time.UTC)
	zero := 0
	asked := Record{
		Version: RecordVersion, ID: "812-1/web1/shop", Event: RecordAsked, At: at, User: "root (ana)", From: "ops1", PID: 812, Pumatop: "1.2.3",
		Rollout: "812-1", Target: "web1/shop", Action: string(Reload), Via: string(ViaControl), Request: "GET /phased-restart",
		Evidence: []string{"phased: one worker at a time"},
	}
	ended := asked
	ended.Event, ended.At, ended.Verdict, ended.Exit, ended.Summary, ended.Seconds = RecordEnded, at.Add(3*time.Second), string(Verified), &zero, "2 of 2 workers replaced in 3.1s", 3.1
	ended.Environment, ended.PhaseBefore, ended.PhaseAfter, ended.Killed = "production", puma.Of(0), puma.Of(1), 1
	for _, tc := range []struct {
		name   string
		record Record
		want   string
	}{
		{"what is not known when it is asked is left out", asked, `{"v":1,"id":"812-1/web1/shop","event":"asked","at":"2026-11-21T19:31:22.125Z",` +
			`"user":"root (ana)","from":"ops1","pid":812,"pumatop":"1.2.3","rollout":"812-1","target":"web1/shop","action":"reload","via":"control",` +
			`"request":"GET /phased-restart","evidence":["phased: one worker at a time"]}`},
		{"phase 0 and exit 0 are known", ended, `{"v":1,"id":"812-1/web1/shop","event":"ended","at":"2026-11-21T19:31:25.125Z",` +
			`"user":"root (ana)","from":"ops1","pid":812,"pumatop":"1.2.3","environment":"production","rollout":"812-1","target":"web1/shop",` +
			`"action":"reload","via":"control","request":"GET /phased-restart","evidence":["phased: one worker at a time"],"verdict":"verified",` +
			`"exit":0,"summary":"2 of 2 workers replaced in 3.1s","seconds":3.1,"phase_before":0,"phase_after":1,"killed":1}`},
	} {
		got, err := json.Marshal(tc.record)
		if err != nil || string(got) != tc.want {
			t.Errorf("%s:\n got %s, %v\nwant %s", tc.name, got, err, tc.want)
		}
		var back Record
		if err := json.Unmarshal(got, &back); err != nil || !reflect.DeepEqual(back, tc.record) {
			t.Errorf("%s: read back as %+v, %v", tc.name, back, err)
		}
	}
}

func TestEntry(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 21, 19, 31, 22, 0, time.UTC)
	asked := &Record{Event: RecordAsked, Target: "web1/shop", At: began}
	ended := &Record{Event: RecordEnded, Target: "web1/shop", At: began.Add(time.Second), Verdict: "stuck", Summary: "nothing has changed"}
	for _, tc := range []struct {
		name    string
		entry   Entry
		word    Word
		summary string
		latest  time.Time
	}{
		{"both", Entry{Asked: asked, Ended: ended}, Stuck, "nothing has changed", ended.At},
		{"no end", Entry{Asked: asked}, Unrecorded, "no verdict was recorded: pumatop still watches, or ended before there was one", began},
		{"no beginning", Entry{Ended: ended}, Stuck, "nothing has changed", ended.At},
		{"an end of a later pumatop without a word", Entry{Ended: &Record{Target: "web1/shop"}}, Unrecorded, "", time.Time{}},
	} {
		e := tc.entry
		if e.Word() != tc.word || e.Summary() != tc.summary || !e.Latest().Equal(tc.latest) || e.About().Target != "web1/shop" {
			t.Errorf("%s: %s, %q, %s, %+v", tc.name, e.Word(), e.Summary(), e.Latest(), e.About())
		}
	}
	if got := (Entry{}).About(); got.ID != "" {
		t.Errorf("nothing is about %+v", got)
	}
}
