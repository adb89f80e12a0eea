package proxy_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"pumatop/collector/doctor/proxy"
)

// read is a configuration of one file, or of several, as the lines of where it leads: "LINE server SETTINGS", and its gaps.
func read(kind proxy.Kind, files map[string]string, roots ...string) string {
	all := map[string]proxy.File{}
	for name, text := range files {
		all[name] = proxy.File{Text: text}
	}
	c := proxy.Read(kind, all, roots)
	var b strings.Builder
	for _, r := range c.Routes {
		fmt.Fprintf(&b, "%s:%d", r.File, r.Line)
		if r.Conditional {
			b.WriteString(" if")
		}
		for _, s := range r.To.Servers {
			fmt.Fprintf(&b, " %s@%d", s.Address, s.Line)
		}
		b.WriteByte('\n')
	}
	for _, g := range c.Gaps {
		fmt.Fprintf(&b, "gap %s:%d %s\n", g.File, g.Line, g.Why)
	}
	return b.String()
}

func TestNginxTokens(t *testing.T) {
	t.Parallel()
	tests := []struct{ what, text, want string }{
		{"one line", `server{location /{proxy_pass http://127.0.0.1:1;}}`, "n:1 127.0.0.1:1@1\n"},
		{"a comment begins at a word's start only", "server { location / { proxy_pass http://a#b:1; } } # proxy_pass http://c:1;", "n:1 a#b:1@1\n"},
		{"quotes", "server { location \"/a } b\" { proxy_pass 'http://127.0.0.1:1'; } }", "n:1 127.0.0.1:1@1\n"},
		{"a quote within a word is a character", "location / { set $x it's; proxy_pass http://h:1; }", "n:1 h:1@1\n"},
		{"an escaped quote", `location / { add_header X "a\"; }"; proxy_pass http://h:1; }`, "n:1 h:1@1\n"},
		{"a brace of a variable", "location / { set $x a${y}b; proxy_pass http://h:1; }", "n:1 h:1@1\n"},
		{"over lines", "location /\n{\n  proxy_pass\n   http://h:1\n  ;\n}\n", "n:3 h:1@3\n"},
		{"CRLF", "upstream u {\r\n server h:1;\r\n}\r\nlocation / {\r\n proxy_pass http://u;\r\n}\r\n", "n:5 h:1@2\n"},
		{"a port by default", "location / { proxy_pass http://h; } location /s { proxy_pass https://h/x; }", "n:1 h:80@1\nn:1 h:443@1\n"},
		{"IPv6", "upstream u { server [::1]:3000; } location / { proxy_pass http://u; }", "n:1 [::1]:3000@1\n"},
		{"a socket with a path behind it", "location / { proxy_pass http://unix:/run/a.sock:/x/; }", "n:1 unix:/run/a.sock@1\n"},
		{"upstream behind its use, in other letters", "location / { proxy_pass http://APP; }\nupstream app { server unix:/a; server unix:/b backup; }", "n:1 unix:/a@2 unix:/b@2\n"},
		{"stream has names of its own", "upstream a { server h:1; } stream { upstream a { server h:2; } server { proxy_pass a; } } location / { proxy_pass http://a; }", "n:1 h:2@1\nn:1 h:1@1\n"},
		{"if", "location / { if ($x) { proxy_pass http://h:1; } }", "n:1 if h:1@1\n"},
		{"a variable", "location / { proxy_pass http://$x; }", "gap n:1 where requests go is in a variable\n"},
		{"a variable for the path alone", "location / { proxy_pass http://h:1/$x; }\nlocation /u { proxy_pass http://h:2$request_uri; }", "n:1 h:1@1\nn:2 h:2@2\n"},
		{"a server in a variable", "upstream u { server $x:1; }", "gap n:1 where the server is, is not in the text\n"},
		{"an open quote", "location / { proxy_pass http://h:1; }\nadd_header a \"b\nc", "n:1 h:1@1\ngap n:2 a quote is not closed\n"},
		{"an open block", "location / { proxy_pass http://h:1;\n", "n:1 h:1@1\ngap n:2 the file ends within a block or a directive\n"},
		{"lua", "content_by_lua_block { local a = \"}\" -- }\n [[ } ]] if x then y = { } end }\nlocation / { proxy_pass http://h:1; }", "n:3 h:1@3\n"},
		{"nothing", "", ""},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			if got := read(proxy.Nginx, map[string]string{"n": test.text}, "n"); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestIncludes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what  string
		kind  proxy.Kind
		files map[string]string
		want  string
	}{
		{"by pattern, sorted, hidden ones left out", proxy.Nginx, map[string]string{"/e/n": "include d/*.conf;", "/e/d/b.conf": "location / { proxy_pass http://h:2; }",
			"/e/d/a.conf": "location / { proxy_pass http://h:1; }", "/e/d/.c.conf": "location / { proxy_pass http://h:3; }", "/e/d/a.conf.bak": "x"},
			"/e/d/a.conf:1 h:1@1\n/e/d/b.conf:1 h:2@1\n"},
		{"within an upstream", proxy.Nginx, map[string]string{"/e/n": "upstream u { include servers; }\nlocation / { proxy_pass http://u; }", "/e/servers": "\nserver h:1;"}, "/e/n:2 h:1@2\n"},
		{"missing", proxy.Nginx, map[string]string{"/e/n": "include gone.conf;\ninclude gone/*.conf;\ninclude mime.types;"}, "gap /e/n:1 /e/gone.conf was not read\n"},
		{"itself", proxy.Nginx, map[string]string{"/e/n": "include n;"}, "gap /e/n:1 /e/n includes itself\n"},
		{"each other", proxy.Nginx, map[string]string{"/e/n": "include m;", "/e/m": "include n;"}, "gap /e/m:1 /e/n includes itself\n"},
		{"a directory", proxy.Apache, map[string]string{"/e/n": "Include d", "/e/d/x": `ProxyPass "/" "http://h:1/"`}, "/e/d/x:1 h:1@1\n"},
		{"below ServerRoot", proxy.Apache, map[string]string{"/e/n": "ServerRoot /o\nIncludeOptional none.conf\nInclude d/*.conf", "/o/d/x.conf": "ProxyPass / http://h:1/"}, "/o/d/x.conf:1 h:1@1\n"},
		{"in a variable", proxy.Apache, map[string]string{"/e/n": "Include ${X}/a.conf"}, "gap /e/n:1 which file is included is in a variable\n"},
		{"a snippet, twice, with arguments", proxy.Caddy, map[string]string{"/e/n": "(p) {\n\treverse_proxy {args[0]}:{args.1}\n}\na {\n import p h 1\n}\nb {\n import p h 2\n}"},
			"/e/n:2 h:1@2\n/e/n:2 h:2@2\n"},
		{"a snippet that imports itself", proxy.Caddy, map[string]string{"/e/n": "(p) {\n import p\n}\nimport p"}, "gap /e/n:2 files are imported deeper than is read\n"},
		{"relative to the file", proxy.Caddy, map[string]string{"/e/n": "import d/x", "/e/d/x": "import y*", "/e/d/y1": "reverse_proxy h:1"}, "/e/d/y1:1 h:1@1\n"},
		{"a directory of files", proxy.HAProxy, map[string]string{"/e/n/b.cfg": "listen b\nserver s h:2", "/e/n/a.cfg": "listen a\nserver s h:1", "/e/n/c": "x"}, "/e/n/a.cfg:1 h:1@2\n/e/n/b.cfg:1 h:2@2\n"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			if got := read(test.kind, test.files, "/e/n"); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestOthersTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		what string
		kind proxy.Kind
		text string
		want string
	}{
		{"escapes and quotes", proxy.HAProxy, "listen \"a b\" # not this\n server s\\ 1 'unix@/run/a b.sock' # nor this\n", "n:1 unix:/run/a b.sock@2\n"},
		{"bare IPv6, families, a name without a port", proxy.HAProxy, "listen a\nserver a ::1:80\nserver b ipv4@h:81\nserver c h", "n:1 [::1]:80@2 h:81@3 :@4\ngap n:4 where the server is, is not in the text\n"},
		{"a frontend before its backend", proxy.HAProxy, "frontend f\nuse_backend b if x\nuse_backend c\nbackend b\nserver s h:1", "n:2 h:1@5\ngap n:3 there is no backend c\n"},
		{"decided by each request", proxy.HAProxy, "frontend f\nuse_backend %[hdr(host)]", "gap n:2 which backend is used is decided by each request\n"},
		{"conditions", proxy.HAProxy, ".if defined(X)\nfrontend f\ndefault_backend b\n.else\n.endif\nbackend b\nserver s h:1", "n:3 if h:1@7\n"},
		{"continued", proxy.Apache, "ProxyPass \\\n \"/\" \\\n http://h:1/\nProxyPass /a http://h:2/", "n:1 h:1@1\nn:4 h:2@4\n"},
		{"a quote in quotes", proxy.Apache, `RewriteRule "^/a\"b" 'http://h:1/' [P]`, "n:1 h:1@1\n"},
		{"a rewrite that is no proxy's", proxy.Apache, "RewriteRule ^/ http://h:1/ [R=301,L]\nRewriteRule ^/ - [F]", ""},
		{"a location of its own", proxy.Apache, "<Location /x>\nProxyPass http://h:1/\n</Location>\n<LocationMatch /y>\nProxyPass !\n</LocationMatch>", "n:2 h:1@2\n"},
		{"other protocols", proxy.Apache, "ProxyPass /a ajp://h:1/\nProxyPass /b fcgi://h:2/\nProxyPassMatch ^/(.*\\.php)$ unix:/run/php.sock|fcgi://localhost/srv/", ""},
		{"a section that is not closed", proxy.Apache, "<VirtualHost *:80>\nProxyPass / http://h:1/", "n:2 h:1@2\ngap n:1 the section is not closed\n"},
		{"a section that was not opened", proxy.Apache, "</VirtualHost>\nProxyPass / http://h:1/", "n:2 h:1@2\ngap n:1 a section is closed that was not opened\n"},
		{"defined after all", proxy.Apache, "Define a h\nProxyPass / http://${a}:1/\nUndefine a\nProxyPass /b http://${a}:1/", "n:2 h:1@2\ngap n:4 where the server is, is not in the text\n"},
		{"matchers and several", proxy.Caddy, "a {\n\t@x path /y\n\treverse_proxy @x h:1 h:2\n\treverse_proxy /z h:3\n\treverse_proxy * h:4 {\n\t\tto h:5\n\t}\n}", "n:3 h:1@3 h:2@3\nn:4 h:3@4\nn:5 h:4@5 h:5@6\n"},
		{"addresses", proxy.Caddy, "reverse_proxy :1\nreverse_proxy https://h\nreverse_proxy h2c://h:2\nreverse_proxy unix//a/b", "n:1 localhost:1@1\nn:2 h:443@2\nn:3 h:2@3\nn:4 unix:/a/b@4\n"},
		{"quotes are no braces", proxy.Caddy, "a {\n\theader X \"}\"\n\theader Y `{`\n\treverse_proxy h:1\n}", "n:4 h:1@4\n"},
		{"a line goes on", proxy.Caddy, "reverse_proxy \\\n  h:1 \\\n  h:2\nreverse_proxy h:3", "n:1 h:1@1 h:2@1\nn:4 h:3@4\n"},
		{"a comment behind a word is none", proxy.Caddy, "reverse_proxy h:1/#x h:2 # h:3", "n:1 h:2@1\ngap n:1 where the server is, is not in the text\n"},
		{"an open quote", proxy.Caddy, "reverse_proxy h:1\nheader \"x\ny", "n:1 h:1@1\ngap n:3 a quote is not closed\n"},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			if got := read(test.kind, map[string]string{"n": test.text}, "n"); got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
		})
	}
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	for _, kind := range proxy.Kinds() {
		c := proxy.Read(kind, map[string]proxy.File{"n": {Err: "permission denied"}}, []string{"n"})
		if len(c.Gaps) != 1 || c.Gaps[0].Why != "n: permission denied" {
			t.Errorf("%s: %v", kind, c.Gaps)
		}
		c = proxy.Read(kind, map[string]proxy.File{"n": {Cut: true}}, []string{"n"})
		if len(c.Gaps) != 1 || !strings.Contains(c.Gaps[0].Why, "not all of n, or of what it includes, was read") {
			t.Errorf("%s: %v", kind, c.Gaps)
		}
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind proxy.Kind
		text string
		want time.Duration // negative for none
	}{
		{proxy.Nginx, "60", time.Minute}, {proxy.Nginx, "1m30s", 90 * time.Second}, {proxy.Nginx, "1h 30m", 90 * time.Minute}, {proxy.Nginx, "500ms", 500 * time.Millisecond},
		{proxy.Nginx, "0", 0}, {proxy.Nginx, "5x", -1}, {proxy.Nginx, "$t", -1}, {proxy.Nginx, "", -1},
		{proxy.Apache, "60", time.Minute}, {proxy.Apache, "5min", 5 * time.Minute}, {proxy.Apache, "500ms", 500 * time.Millisecond},
		{proxy.HAProxy, "50000", 50 * time.Second}, {proxy.HAProxy, "1m", time.Minute}, {proxy.HAProxy, "infinite", -1},
		{proxy.Caddy, "1m30s", 90 * time.Second}, {proxy.Caddy, "1.5s", 1500 * time.Millisecond}, {proxy.Caddy, "1d", 24 * time.Hour},
		{proxy.Nginx, "99999999999y", -1},
	}
	for _, test := range tests {
		d, ok := test.kind.Duration(test.text)
		if ok != (test.want >= 0) || ok && d != test.want {
			t.Errorf("%s %q is %v, %v", test.kind, test.text, d, ok)
		}
	}
}

// Whatever a host says, reading it ends, and soon.
func TestBounded(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("a {\n", 10_000)
	wide := strings.Repeat("a b;\n", 60_000)
	bomb := map[string]string{"n": strings.Repeat("include m;\n", 600), "m": strings.Repeat("x;\n", 200)}
	snippets := "(a) {\n" + strings.Repeat("b c\n", 1000) + "}\n(b) {\n" + strings.Repeat("import a\n", 100) + "}\n" + strings.Repeat("import b\n", 100)
	for _, kind := range proxy.Kinds() {
		for _, text := range []string{deep, wide, strings.Repeat("<a>\n", 10_000), snippets, strings.Repeat("Define a ${a}${a}x\n", 10_000), strings.Repeat("\\\n", 10_000)} {
			if got := read(kind, map[string]string{"n": text}, "n"); len(got) > 30_000 {
				t.Errorf("%s: %d bytes", kind, len(got))
			}
		}
		read(kind, bomb, "n")
	}
}

func FuzzRead(f *testing.F) {
	for _, kind := range proxy.Kinds() {
		f.Add(string(kind), "upstream u { server unix:/a fail_timeout=0; }\nlocation / { proxy_pass http://u; }\ninclude *;", "server $x;")
		f.Add(string(kind), "<Proxy balancer://a>\nBalancerMember http://h:1\n</Proxy>\nProxyPass / balancer://a/ retry=0\nInclude m", "Define a ${a}")
		f.Add(string(kind), "defaults a\nbackend b from a\nserver s \"unix@/a\" check\nfrontend f\ndefault_backend b", "listen x\nserver s ${Y}:1")
		f.Add(string(kind), "(a) {\n reverse_proxy {args[0]} `x\n}\n<<E\nE\nimport a h:1\nimport m", "reverse_proxy \\\n unix//a")
	}
	f.Fuzz(func(t *testing.T, kind, a, b string) {
		c := proxy.Read(proxy.Kind(kind), map[string]proxy.File{"n": {Text: a}, "m": {Text: b}}, []string{"n", "gone"})
		check := func(p proxy.Place) {
			if p.Line < 0 || p.File != "" && p.File != "n" && p.File != "m" && p.File != "gone" {
				t.Errorf("place %v", p)
			}
			if strings.ContainsFunc(p.Text, unicode.IsControl) {
				t.Errorf("%q", p.Text)
			}
		}
		for _, r := range c.Routes {
			check(r.Place)
			for _, s := range r.To.Servers {
				check(s.Place)
			}
		}
		for _, g := range c.Gaps {
			check(g.Place)
			if strings.ContainsFunc(g.Why, unicode.IsControl) {
				t.Errorf("%q", g.Why)
			}
		}
	})
}
