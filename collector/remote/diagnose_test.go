package remote_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshtest"
)

// What a host answers is read with suspicion: it is foreign text.
func TestDiagnoseReadsAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, answer string
		want         remote.Refusal
		text         string
	}{
		{"denied", "denied\nsrwx------ 1 puma shop 0 Nov 21 19:31 /run/puma.sock\ndeploy\n",
			remote.Refusal{Reason: remote.Denied, Path: "/run/puma.sock", Login: "deploy", Detail: "srwx------ puma shop"},
			"deploy may not open /run/puma.sock (srwx------ puma shop)"},
		{"denied on the way", "denied-dir /run/puma\ndrwxr-x--- 2 puma shop 40 Nov 21 19:31 /run/puma\ndeploy\n",
			remote.Refusal{Reason: remote.DeniedDir, Path: "/run/puma.sock", Login: "deploy", Detail: "/run/puma drwxr-x--- puma shop"},
			"deploy may not pass /run/puma (drwxr-x--- puma shop) on the way to /run/puma.sock"},
		{"denied on the way, by a host that does not say by which mode", "denied-dir /run/puma\ndeploy\n",
			remote.Refusal{Reason: remote.DeniedDir, Path: "/run/puma.sock", Login: "deploy", Detail: "/run/puma"},
			"deploy may not pass /run/puma on the way to /run/puma.sock"},
		{"hung", "hung\ndeploy\n",
			remote.Refusal{Reason: remote.Hung, Path: "/run/puma.sock", Login: "deploy"},
			"Puma accepts at /run/puma.sock and does not answer"},
		{"nothing to look with", "unknown\ndeploy\n",
			remote.Refusal{Reason: remote.Unclear, Path: "/run/puma.sock", Login: "deploy"},
			"the connection to /run/puma.sock was refused, and the host cannot tell why"},
		{"nonsense", "\x1b[2Jwhat?\n\x1b]0;x\x07me\n",
			remote.Refusal{Reason: remote.Unclear, Path: "/run/puma.sock", Login: "me"}, ""},
		{"nothing", "", remote.Refusal{Reason: remote.Unclear, Path: "/run/puma.sock"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
					if !strings.HasPrefix(s.Command, "p='/run/puma.sock'\n") {
						t.Errorf("asks %q", s.Command)
					}
					_, _ = s.Stdout.Write([]byte(c.answer))
					return 0
				})})
				r, err := f.connected(t, "web1").Diagnose(t.Context(), "/run/puma.sock")
				if r != c.want || err != nil {
					t.Errorf("got %+v, %v", r, err)
				}
				if c.text != "" && r.String() != c.text {
					t.Errorf("says %q", r)
				}
				if r.Remedy() == "" {
					t.Error("has no remedy")
				}
			})
		})
	}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answer := "refused\ndeploy\n"
		f := newFleet(t, sshtest.Options{Exec: sshtest.Shell(func(s *sshtest.Session) int {
			_, _ = s.Stdout.Write([]byte(answer))
			return 0
		})})
		h := f.connected(t, "web1")
		// The first refusal on a connection is looked into by itself, the next is for Explain.
		var r *remote.RefusedError
		if _, err := h.DialUnix(t.Context(), "/run/puma.sock"); !errors.As(err, &r) || !r.NoListener() || h.Explain(t.Context(), "", err) != err {
			t.Fatalf("the first refusal: %v", err)
		}
		_, refused := h.DialUnix(t.Context(), "/run/puma.sock")
		err := h.Explain(t.Context(), "/run/puma.sock", refused)
		if !errors.As(err, &r) || !r.NoListener() || !errors.Is(err, refused) {
			t.Fatalf("got %v", err)
		}
		if want := "web1: nobody listens at /run/puma.sock"; err.Error() != want || remote.Remedy(err) != r.Refusal.Remedy() {
			t.Errorf("says %q, want %q", err, want)
		}
		answer = "forbidden\ndeploy\n"
		if err := h.Explain(t.Context(), "/run/puma.sock", refused); !errors.As(err, &r) || r.NoListener() {
			t.Errorf("forbidden: %v", err)
		}
		answer = "unknown\ndeploy\n"
		if err := h.Explain(t.Context(), "/run/puma.sock", refused); err != refused {
			t.Errorf("unknown: %v", err)
		}
		if err := h.Explain(t.Context(), "/run/puma.sock", remote.ErrLost); err != remote.ErrLost {
			t.Errorf("another error: %v", err)
		}
		f.Kill()
		<-h.Done()
		if err := h.Explain(t.Context(), "/run/puma.sock", refused); err != refused {
			t.Errorf("a lost host: %v", err)
		}
	})
}
