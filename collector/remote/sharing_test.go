package remote

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"pumatop/collector/remote/sshconfig"
)

// notShared are the fields of an endpoint that decide neither on the login nor on what the server is trusted for. A host
// with another value shares the connection.
var notShared = map[string]string{
	"name": "for errors", "attempts": "patience", "depth": "where it was asked for", "connectLimit": "patience",
	"keepaliveEvery": "patience", "keepaliveLimit": "patience", "tcpKeepAlive": "patience", "rekeyAfter": "performance",
	"asking.tries": "patience", "asking.keep": "the agent's", "notes": "for people", "hashKnownHosts": "how it is written",
	"openSSH": "has a key of its own, below", "query": "of OpenSSH", "hops": "of OpenSSH", "firstHop": "of OpenSSH", "way": "of OpenSSH", "detaches": "of OpenSSH", "mute": "of OpenSSH", "batch": "of OpenSSH",
	"gssapi": "decides on the transport, which has another key",
}

// TestEveryTrustSeparates sets each field of an endpoint to something else: a strict host must not get the connection of
// a lax one. A new field has to be in the key, or above.
func TestEveryTrustSeparates(t *testing.T) {
	t.Parallel()
	var walk func(prefix string, at func(*endpoint) reflect.Value, kind reflect.Type)
	walk = func(prefix string, at func(*endpoint) reflect.Value, kind reflect.Type) {
		for i := range kind.NumField() {
			name := prefix + kind.Field(i).Name
			field := func(e *endpoint) reflect.Value { return at(e).Field(i) }
			if name == "asking" {
				walk("asking.", field, kind.Field(i).Type)
				continue
			}
			e := &endpoint{}
			other(t, name, field(e))
			if same := e.key() == (&endpoint{}).key(); same != (notShared[name] != "") && name != "openSSH" {
				t.Errorf("%s: the key is the same: %v", name, same)
			}
		}
	}
	walk("", func(e *endpoint) reflect.Value { return reflect.ValueOf(e).Elem() }, reflect.TypeFor[endpoint]())
}

// other sets a field to what is not its zero value.
func other(t *testing.T, name string, field reflect.Value) {
	t.Helper()
	field = reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
	switch value := field.Addr().Interface().(type) {
	case *string:
		*value = "x"
	case *bool:
		*value = true
	case *int:
		*value = 7
	case *uint64:
		*value = 7
	case *time.Duration:
		*value = time.Minute
	case *[]string:
		*value = []string{"x"}
	case *[]address:
		*value = []address{{text: "x"}}
	case **keysCommand:
		*value = &keysCommand{words: []string{"/bin/x"}, config: sshconfig.Config{}}
	case *keeping:
		value.add = true
	case *[]*endpoint:
		*value = []*endpoint{{name: "x"}}
	case *sshconfig.Query:
		value.Host = "x"
	default:
		t.Fatalf("%s: there is no other %s", name, field.Type())
	}
}

// The names that a KnownHostsCommand is asked for are part of it, and a fleet without any shares as ever.
func TestKeysCommandSeparates(t *testing.T) {
	t.Parallel()
	of := func(host, command string) string {
		c := changed("hostname 10.0.0.1\nknownhostscommand " + command)
		e, err := newEndpoint(address{text: host, host: host}, c, oldSSH)
		if err != nil {
			t.Fatal(err)
		}
		return e.key()
	}
	if of("a", "/bin/keys %H") != of("b", "/bin/keys %H") {
		t.Error("two names of one address, asked for alike, are apart")
	}
	if of("a", "/bin/keys %n") == of("b", "/bin/keys %n") || of("a", "/bin/keys") == of("a", "/bin/others") {
		t.Error("what was asked for differently is shared")
	}
}
