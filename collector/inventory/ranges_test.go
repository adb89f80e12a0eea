package inventory

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// names are the addresses that an expression stands for.
func names(t *testing.T, text string) ([]string, error) {
	t.Helper()
	terms, err := split(text)
	if err != nil {
		return nil, err
	}
	list, err := evaluate(nil, terms, plainly)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, p := range list {
		all = append(all, target{address: p.address, app: p.app, state: p.state}.text())
	}
	return all, nil
}

// TestClusterShell: what nodeset -e of ClusterShell 1.9.1 makes of an expression. The order is its own within one
// bracket, and that of the writing otherwise.
func TestClusterShell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a[1-3]":               "a1 a2 a3",
		"a[3,1]":               "a1 a3",
		"a[1,1]":               "a1",
		"a[1-3,2-4]":           "a1 a2 a3 a4",
		"a[09-11]":             "a09 a10 a11",
		"a[00-01]":             "a00 a01",
		"n[08-10,7]":           "n7 n08 n09 n10",
		"n[01,1]":              "n1 n01",
		"n[9-11,2]":            "n2 n9 n10 n11",
		"a[1-10/3]":            "a1 a4 a7 a10",
		"node[000-012/4]":      "node000 node004 node008 node012",
		"node[0-6/2]":          "node0 node2 node4 node6",
		"web[1-2]5":            "web15 web25",
		"node-01[01,09,42]":    "node-0101 node-0109 node-0142",
		"a[1 - 3]":             "a1 a2 a3",
		"a[1-2].b[1-2].c":      "a1.b1.c a1.b2.c a2.b1.c a2.b2.c",
		"node[1-2]x[1-2]":      "node1x1 node1x2 node2x1 node2x2",
		"a,b":                  "a b",
		"a b":                  "a b",
		"a,b&a,c":              "a c",
		"a[1-3],b1!a2,a2":      "a1 a3 b1 a2",
		"node[1-9]!node6":      "node1 node2 node3 node4 node5 node7 node8 node9",
		"node[1-9]&node[6-12]": "node6 node7 node8 node9",
		"a[1-3]^a[2-5]":        "a1 a4 a5",
		"a[1-3]!a[1-3]":        "",
		"a[1-3] ! a2":          "a1 a3",
	} {
		got, err := names(t, text)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %s", text, got, err, want)
		}
	}
}

// TestTargetsOfRanges: what is beside ranges stays what it is, IPv6 addresses too.
func TestTargetsOfRanges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"deploy@web[01-02].example.com:2222/shop": "deploy@web01.example.com:2222/shop deploy@web02.example.com:2222/shop",
		"web[1-2]:/srv/a,b[1-2]/puma.state":       "web1:/srv/a,b[1-2]/puma.state web2:/srv/a,b[1-2]/puma.state",
		"web1/shop[1-2]":                          "web1/shop1 web1/shop2",
		"[::1]:22":                                "[::1]:22",
		"me@[fe80::1%eth0]:22/shop":               "me@[fe80::1%eth0]:22/shop",
		"[::1],[::2]:22!::1":                      "[::2]:22",
		"::1":                                     "::1",
		"rack[1][2]":                              "rack12",
		"deploy@web[1-3]!web2":                    "deploy@web1 deploy@web3",
		"deploy@web[1-3]!root@web2":               "deploy@web1 deploy@web2 deploy@web3",
		"web1/shop,web1/blog!web1/shop":           "web1/blog",
		"web[1-2]/shop!web1":                      "web2/shop",
		"web1/shop&web1":                          "web1/shop",
	} {
		got, err := names(t, text)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q, %v, want %s", text, got, err, want)
		}
	}
}

func TestBrokenExpressions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                    `cannot read target "": it names no host`,
		"  ":                  `cannot read target "  ": it names no host`,
		"/":                   `cannot read target "/": column 1: no app stands after the /`,
		"web1/":               `cannot read target "web1/": column 5: no app stands after the /`,
		"web[1-2]/a/b":        `cannot read target "web[1-2]/a/b": column 9: an app has no / in its name`,
		"-F":                  `cannot read target "-F": it names no host`,
		"user@":               `cannot read target "user@": it names no host`,
		":22":                 `cannot read target ":22": it names no host`,
		"@":                   `cannot read target "@": column 1: it names no group`,
		"a[1-3":               `cannot read target "a[1-3": column 2: the bracket is not closed`,
		"a[1-3,b[1]":          `cannot read target "a[1-3,b[1]": column 2: the bracket is not closed`,
		"a1-3]":               `cannot read target "a1-3]": column 5: there is no bracket to close`,
		"a[]":                 `cannot read target "a[]": column 3: a number is missing`,
		"a[1,]":               `cannot read target "a[1,]": column 5: a number is missing`,
		"b,a[1,x-z]":          `cannot read target "b,a[1,x-z]": column 7: a range is written 1-9, 01-40 or 1,3,5-9`,
		"a[3-1]":              `cannot read target "a[3-1]": column 3: the range ends before it begins`,
		"a[1-]":               `cannot read target "a[1-]": column 3: a range is written 1-9, 01-40 or 1,3,5-9`,
		"a[-1-3]":             `cannot read target "a[-1-3]": column 3: a range is written 1-9, 01-40 or 1,3,5-9`,
		"a[01:50]":            `cannot read target "a[01:50]": column 3: a range is written 1-9, 01-40 or 1,3,5-9`,
		"a[1-5/0]":            `cannot read target "a[1-5/0]": column 3: a step is a number from 1 on`,
		"a[1/2]":              `cannot read target "a[1/2]": column 3: a step needs a range, 1-9/2`,
		"a[01-3]":             `cannot read target "a[01-3]": column 3: with leading zeros both ends are as long, 01-03`,
		"a[1-03]":             `cannot read target "a[1-03]": column 3: with leading zeros both ends are as long, 01-03`,
		"a,,b":                `cannot read target "a,,b": column 3: nothing stands before the ,`,
		",a":                  `cannot read target ",a": column 1: nothing stands before the ,`,
		"a,":                  `cannot read target "a,": column 3: nothing stands after the ,`,
		"ä!":                  `cannot read target "ä!": column 3: nothing stands after the !`,
		"x!!y":                `cannot read target "x!!y": column 3: nothing stands before the !`,
		"web1!web1/shop":      `cannot read target "web1!web1/shop": column 6: every Puma of the host is meant, and which they are is not known here; --filter '!APP' leaves one out`,
		"a[0-100000000]":      `"a[0-100000000]" stands for more than 10000 hosts`,
		"a[1-101]b[1-100]":    `"a[1-101]b[1-100]" stands for more than 10000 hosts`,
		"a[1-6000],b[1-6000]": `"a[1-6000],b[1-6000]" stands for more than 10000 hosts`,
		"a[0-9999999999]":     `cannot read target "a[0-9999999999]": column 3: a range is written 1-9, 01-40 or 1,3,5-9`,
		"a\x1b[2Jb":           `cannot read target "ab": column 3: the bracket is not closed`,
	} {
		got, err := names(t, text)
		var remedy interface{ Remedy() string }
		if err == nil || err.Error() != want || !errors.As(err, &remedy) || remedy.Remedy() == "" {
			t.Errorf("%q: %q, %v, want %s", text, got, err, want)
		}
	}
}

func TestNatural(t *testing.T) {
	t.Parallel()
	want := []string{"a", "a1", "a01", "a2", "a10", "a10b2", "a10b10", "b", "web9", "web10", "web10.example"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, Natural)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func FuzzExpression(f *testing.F) {
	for _, s := range []string{"web[01-40,51].example.com", "a[1-9/2]!a3&b^c", "@web,x y", "u@[::1]:22/app", "h:/p,[/q", "[", "]", "a[1-3]b[1-3]:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		terms, err := split(text)
		if err != nil {
			return
		}
		list, err := evaluate(nil, terms, plainly)
		if len(list) > maxHosts {
			t.Errorf("%q stands for %d hosts", text, len(list))
		}
		for _, p := range list {
			if p.bare == "" || p.address[0] == '-' || p.app != "" && p.state != "" {
				t.Errorf("%q stands for %+v", text, p)
			}
		}
		if err != nil && utf8.ValidString(text) && !utf8.ValidString(err.Error()) {
			t.Errorf("%q: %q", text, err)
		}
	})
}

func FuzzNatural(f *testing.F) {
	f.Add("a1", "a01", "a10")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if Natural(a, b) != -Natural(b, a) || (Natural(a, b) == 0) != (a == b) {
			t.Errorf("%q and %q", a, b)
		}
		if Natural(a, b) <= 0 && Natural(b, c) <= 0 && Natural(a, c) > 0 {
			t.Errorf("%q, %q, %q", a, b, c)
		}
	})
}
