package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// TestSettingsAt: what is remembered is what reading says, for each path and each text, and as often as it is asked.
func TestSettingsAt(t *testing.T) {
	t.Parallel()
	texts := []string{
		"", "workers 2", "workers 3", "\nworkers 3", "workers 3\n",
		"directory File.expand_path('..', __dir__)\nbind \"unix://#{__dir__}/puma.sock\"\non_worker_boot { }",
		"threads 1, 5\n" + strings.Repeat("# long\n", memoText/4) + "workers 7",
	}
	for i := range memoSettings + 10 {
		texts = append(texts, fmt.Sprintf("workers %d", 100+i))
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for _, file := range []string{"/srv/shop/config/puma.rb", "/srv/blog/config/puma.rb", ""} {
				for _, text := range texts {
					want := puma.ReadSettingsAt([]byte(text+"\n"), file)
					for range 2 {
						if got := settingsAt(strings.Split(text, "\n"), file); !reflect.DeepEqual(got, want) {
							t.Errorf("%s at %s: %+v, want %+v", text, file, got, want)
						}
					}
				}
			}
		})
	}
	all.Wait()
	memo.Lock()
	defer memo.Unlock()
	if len(memo.settings) > memoSettings {
		t.Errorf("%d are remembered", len(memo.settings))
	}
}

func TestCleaned(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{
		nil, {}, {""}, {"a"}, {"a", ""}, {"a\r", "", "\r"}, {"", "a\r\r", "b\r\r"}, {"\x1b[1mtok\x1b[0men=1", "\ta", "é"},
	} {
		want := clean.Lines(strings.Join(lines, "\n"))
		if got := cleaned(lines); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%q: %q, want %q", lines, got, want)
		}
	}
}

// TestProbedAgain: a host is the same however often its report is read, among others.
func TestProbedAgain(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for range 3 {
		for _, name := range all {
			out, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r, err := Decode(out)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Want{}.Parse(out)
			if want := r.Host(); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v\n%+v, want\n%+v", name, err, got, want)
			}
		}
	}
}
