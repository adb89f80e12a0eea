package ruby_test

import (
	"fmt"
	"strings"
	"testing"

	"pumatop/collector/ruby"
)

// recorder is a language that has note, which keeps what it is given, and setting, which is unknown.
type recorder struct{ notes []string }

func (h *recorder) Call(c ruby.Call) (ruby.Value, bool) {
	if c.Name != "note" {
		return ruby.Value{}, false
	}
	var words []string
	for _, v := range c.Args {
		words = append(words, shown(v))
	}
	note := fmt.Sprintf("%d %s", c.Line, strings.Join(words, " "))
	if c.Doubt != nil {
		note += fmt.Sprintf(" ?%d %s", c.Doubt.Line, c.Doubt.Why)
	}
	h.notes = append(h.notes, strings.TrimSpace(note))
	return ruby.Literally("noted"), true
}

// shown is a value with ~ for one that something else may change, and the reason of an unknown one.
func shown(v ruby.Value) string {
	var items []string
	s := v.Text
	switch v.Kind {
	case ruby.Unknown:
		return fmt.Sprintf("<%s>", v.Why)
	case ruby.String:
		s = fmt.Sprintf("%q", v.Text)
	case ruby.Symbol:
		s = ":" + v.Text
	case ruby.Lambda:
		s = "->"
	case ruby.List:
		for _, item := range v.Items {
			items = append(items, shown(item))
		}
		return "[" + strings.Join(items, " ") + "]"
	case ruby.Hash:
		for _, p := range v.Pairs {
			items = append(items, p.Key+"="+shown(p.Value))
		}
		return "{" + strings.Join(items, " ") + "}"
	}
	if !v.Literal {
		s += "~"
	}
	return s
}

func follow(text string) []string {
	h := &recorder{}
	r := &ruby.Reader{Variables: map[string]ruby.Value{}, File: "/srv/shop/config/deploy.rb", Here: "/srv/shop", Home: "~", Host: h}
	r.Run(ruby.Parse(ruby.Tokenize(text, 1)))
	return h.notes
}

func TestFollow(t *testing.T) {
	t.Parallel()
	const env = "it depends on the environment variable "
	for _, tc := range []struct{ text, want string }{
		// values
		{`note 1, -2, 1_000, "a", 'b', :c, :"d e", nil, true`, `1 1 -2 1000 "a" "b" :c "d e" nil true`},
		{`note %w[a b], %i(c d), [1, [2]], %W[x#{1}y z]`, `1 ["a" "b"] ["c" "d"] [1 [2]] ["x1y" "z"]`},
		{`note({ a: 1, :b => 2, "c" => 3, "d": 4 })`, `1 {a=1 b=2 c=3 d=4}`},
		{"note a: 1,\n  b: %w[x],\n  'c' => 2", `1 {a=1 b=["x"] c=2}`},
		{`x = "w"; note "#{x}#{1 + 2}", x + "e" "b", x * 2, "a%03d" % 7`, `1 "w3" "web" <> "a007"`},
		{`note (1..3), ('a'..'c'), (1...3), ("08".."10")`, `1 [1 2 3] ["a" "b" "c"] [1 2] ["08" "09" "10"]`},
		{`x = [1]; x << 2; x += [3]; x.push(4, 5); note x, x[0], x[-1], x.first, x.size`, `1 [1 2 3 4 5] 1 5 1 5`},
		{`note [1].push(2, 3).concat([4], [5]), [1].push(nil).size`, `1 [1 2 3 4 5] 2`},
		{`x = { a: { b: 1 } }; x[:c] = 2; note x[:a][:b], x.fetch(:c), x.dig(:z), x[:z], x.merge(d: 1).keys`, `1 1 2 <what .dig returns is not followed> nil ["a" "c" "d"]`},
		{`a, b = 1, 2; a, b = [3, 4]; note a, b`, `1 3 4`},
		{`note "a,b".split(","), %w[a b].join("-"), "A".downcase, "7".rjust(2, "0")`, `1 ["a" "b"] "a-b" "a" "07"`},
		{`note ENV["X"], ENV.fetch("X", "y"), ENV["X"] || "z", ENV["HOME"], ENV.fetch("X") { 1 }`, `1 <` + env + `X> "y"~ "z"~ "~" 1~`},
		{`note Some.thing(1), thing, thing(2), [thing]`, `1 <what Some.thing returns is not followed> <nothing here says what thing is> <what thing returns is not followed> [<nothing here says what thing is>]`},
		{"note `hostname`, /x/, 1 / 2", `1 <what it comes to only running it tells> <what it comes to only running it tells> <what / comes to is not followed>`},
		{`note 1 == 1, "a" != "b", !true, 1 == x, nil.nil?, [].empty?, [1, 2].include?(2)`, `1 true true false <nothing here says what x is> true true true`},
		{`note true ? :a : :b, ENV.fetch("X", "a") == "a" ? 1 : 2, x ? 1 : 2`, `1 :a 1~ <nothing here says what x is>`},
		{`note __FILE__, __dir__, File.expand_path("../x", __FILE__), Dir.pwd`, `1 "/srv/shop/config/deploy.rb"~ "/srv/shop/config"~ "/srv/shop/config/x"~ "/srv/shop"~`},
		// what is no code
		{"# note 1\n=begin\nnote 2\n=end\nx = <<~A\n  note 3\nA\nnote 4\n__END__\nnote 5", `8 4`},
		{"note <<~A, 1\n  text\nA\nnote 2", "1 \"text\\n\" 1|4 2"},
		// statements
		{"note(\n  1,\n  2\n)\nnote 3 if true\nnote 4 unless true", `1 1 2|5 3`},
		{"x = [1, 2]\n  .map { |i| i * 10 }\n  .reject { |i| i == 10 }\nnote x", `4 [20]`},
		{"if 1 == 2\n  note 1\nelsif true\n  note 2\nelse\n  note 3\nend", `4 2`},
		{"note 1 if thing\nif thing then note 2 else note 3 end", `1 1 ?1 nothing here says what thing is|2 2 ?2 nothing here says what thing is|2 3 ?2 nothing here says what thing is`},
		{"x = 1\nx = 2 if thing\nnote x", `3 <nothing here says what thing is>`},
		{"x = 1\nx = 2 if ENV.fetch('A', 'n') == 'y'\nif ENV.fetch('A', 'n') == 'y'\n  x = 3\n  note 1\nend\nnote x", `5 1 ?3 ` + env + `A|7 <` + env + `A>`},
		{"case :b\nwhen :a, :c then note 1\nwhen :b\n  note 2\nelse note 3\nend", `4 2`},
		{"case thing\nwhen 1 then note 1\nend", `2 1 ?1 nothing here says what thing is`},
		{"begin\n  note 1\nrescue Some::Error => e\n  note 2\nensure\n  note 3\nend", `2 1|6 3`},
		{"x = if true then 1 else 2 end\nnote x", `2 1`},
		{"note 1 and note 2", `1 1|1 2 ?1 whether it runs is not followed`},
		// loops
		{"%w[a b].each do |x|\n  note x\nend", `2 "a"|2 "b"`},
		{"2.times { |i| note i }; 3.upto(4) { |i| note i }; for i in [5] do note i end", `1 0|1 1|1 3|1 4|1 5`},
		{"{ a: 1, b: 2 }.each { |k, v| note k, v }", `1 "a" 1|1 "b" 2`},
		{"[1, 2].each_with_index { |x, i| note x, i }; [[1, 2]].each { |a, b| note b }; [1].each { note it }", `1 1 0|1 2 1|1 2|1 1`},
		{"[1, 2, 3].each { |i| next if i == 2; break if i == 3; note i }", `1 1`},
		{"thing.each do |x|\n  note x\nend", `2 <nothing here says what thing is> ?1 nothing here says what thing is`},
		{"while thing do note 1 end\nnote 2 until thing", `1 1 ?1 a loop whose end only running it tells|2 2 ?2 a loop whose end only running it tells`},
		{"with_retries(3) { note 1 }", `1 1 ?1 what with_retries does with its block is not followed`},
		// methods and lambdas
		{"def twice(x, y = 1, z: 2)\n  note x, y, z\n  x + x\nend\nnote twice('a', z: 3)", `2 "a" 1 3|5 "aa"`},
		{"def f(*a, **o) note a, o end\nf 1, 2, b: 3\ndef g = note(4)\nnote 5", `1 [1 2] {b=3}|4 5`},
		{"def f(x) = x\ndef f(x) return x if x == 1; note 2; end\nf(1); f(2)", `2 2`},
		{"x = -> { 1 }\ny = lambda { x.call }\nnote x, y.call", `3 -> 1`},
		{"f = ->(n) { n }\nnote f.call", `2 <nothing here says what n is>`},
		// blocks that are not closed, and ends that close nothing
		{"end\nnote 1\nif true\nnote 2", `2 1|4 2`},
	} {
		if got := strings.Join(follow(tc.text), "|"); got != tc.want {
			t.Errorf("%s\ngot  %s\nwant %s", tc.text, got, tc.want)
		}
	}
}

// Whatever the bytes are, they cost no more than their length and the bound of the work.
func TestBounded(t *testing.T) {
	t.Parallel()
	const most = ruby.MaxSize / 16
	fill := func(s string) string { return strings.Repeat(s, most/len(s)) }
	for _, text := range []string{
		fill("("), fill("[") + "1", fill("{a: "), fill("\"#{"), fill("<<~A "), fill("if x\n"), fill("do |a|\n"), fill("-> { "), fill("def f(\n"),
		fill("x = "), fill("x and "), fill("x || "), "note " + fill("1 + "), "note x" + fill(".y"), "note x" + fill("[1]"), fill("end\n"), fill("!"), fill("not "),
		fill("a, "), fill("case x\nwhen y\n"), fill("x ? "), fill("note x if "), fill("%w[#{"), fill("::A"), fill("x.each { |y| "), fill("\n"), fill("\\\n"), fill("|"),
		"x = [1, 2]\n" + fill("x += x\n"), "x = 'a'\n" + fill("x = \"#{x}#{x}\"\n"), "x = {}\n" + fill("x[:a] = 1\n"), "x = []\n" + fill("x << x\n"),
		strings.Repeat("10000.times { |i|\n", 20) + "note i" + strings.Repeat("}", 20), "def f(x) f(x); f(x) end\nf(1)", "f = -> { f.call }\nf.call",
		"def f\n" + fill("f\n"), "a = 'x' * 3; " + fill("a.b "), "x = [1]\n" + fill("x = [x, x]\n") + "x.flatten", fill("'a' "), fill("a: "), fill("b "),
	} {
		h := &recorder{}
		r := &ruby.Reader{Variables: map[string]ruby.Value{}, Host: h}
		r.Run(ruby.Parse(ruby.Tokenize(text, 1)))
		ruby.Statements(ruby.Tokenize(text, 1))
	}
}

func FuzzFollow(f *testing.F) {
	for _, s := range []string{
		"x = <<~A\n", "%w[a", "note \"#{\"#{'a'}\"}\"", "=begin\n", "a ? b : c", "$", "x ||= {a: 1}\n", "\\", "def f(a, *b, c: 1, **d) a end\nf 1",
		"[1, 2].each do |x, (y, z)|\n note x\nend", "case x\nwhen 1, 2 then y\nend", "for a, b in c do d end", "x = -> (a) { a }", "a[1] = 2", "1.upto(3) { |i| next if i }",
		"note(*x, **y, &z)", "'%03d' % 1", "begin; rescue => e; ensure; end", "a.b&.c :d do end", "->", "::", "def", "for", "[*", "{**", "%", "note x: %w[a b]",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Count(text, "\n") + 1
		for _, note := range follow(text) {
			var line int
			if _, err := fmt.Sscan(note, &line); err != nil || line < 1 || line > lines {
				t.Fatalf("%q in %d lines", note, lines)
			}
		}
		ruby.Statements(ruby.Tokenize(text, 1))
	})
}
