package puma

import (
	"errors"
	"testing"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	const from = "/srv/shop/releases/20261121191110"
	for _, tc := range []struct {
		url, from string
		want      Address
		text      string
	}{
		{"unix:///srv/shop/pumactl.sock", "", Address{Network: Unix, Name: "/srv/shop/pumactl.sock"}, "unix:///srv/shop/pumactl.sock"},
		{"unix:///srv/pumactl.sock?umask=0117&mode=0660&backlog=5", from, Address{Network: Unix, Name: "/srv/pumactl.sock"}, "unix:///srv/pumactl.sock"},
		{"unix://tmp/pumactl.sock", from, Address{Network: Unix, Name: from + "/tmp/pumactl.sock"}, "unix://" + from + "/tmp/pumactl.sock"},
		{"unix:///srv/my%20shop/a%2Fb.sock", "", Address{Network: Unix, Name: "/srv/my shop/a%2Fb.sock"}, "unix:///srv/my shop/a%2Fb.sock"},
		{"unix://@puma", "", Address{Network: Abstract, Name: "puma"}, "unix://@puma"},
		{"tcp://127.0.0.1:9293", "", Address{Network: TCP, Name: "127.0.0.1:9293"}, "tcp://127.0.0.1:9293"},
		{"tcp://[::1]:9293", "", Address{Network: TCP, Name: "[::1]:9293"}, "tcp://[::1]:9293"},
		{"tcp://localhost:9293/", "", Address{Network: TCP, Name: "localhost:9293"}, "tcp://localhost:9293"},
		{"ssl://127.0.0.1:9293?key=/etc/k.pem&cert=/etc/c.pem&verify_mode=force_peer", "",
			Address{Network: SSL, Name: "127.0.0.1:9293", ClientCert: true}, "ssl://127.0.0.1:9293"},
		{"ssl://127.0.0.1:9293?key=/etc/k.pem&cert=/etc/c.pem&verify_mode=peer", "", Address{Network: SSL, Name: "127.0.0.1:9293"}, "ssl://127.0.0.1:9293"},
		{"", from, Address{}, ""},
	} {
		got, err := ParseAddress(tc.url, tc.from)
		if err != nil || got != tc.want {
			t.Errorf("ParseAddress(%q, %q) = %+v, %v, want %+v", tc.url, tc.from, got, err, tc.want)
		}
		if got.String() != tc.text {
			t.Errorf("%q prints as %q, want %q", tc.url, got, tc.text)
		}
		if got.IsZero() != (tc.url == "") {
			t.Errorf("%q: IsZero is %v", tc.url, got.IsZero())
		}
	}
}

func TestParseAddressErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		url, from string
		want      error
	}{
		{"unix://tmp/pumactl.sock", "", ErrRelative},
		{"unix://tmp/pumactl.sock", "not/absolute", ErrRelative},
		{"auto", "/srv", ErrAuto},
		{"unix://", "/srv", nil},
		{"unix://@", "/srv", nil},
		{"tcp://127.0.0.1", "", nil},
		{"tcp://127.0.0.1:0", "", nil},
		{"http://127.0.0.1:9293", "", nil},
		{"/srv/pumactl.sock", "", nil},
		{"unix:///srv/\x00puma", "", nil},
		{"unix:///srv/\npuma", "", nil},
		{"unix://tmp/puma", "/srv/\x00", ErrRelative},
	} {
		got, err := ParseAddress(tc.url, tc.from)
		if err == nil || !got.IsZero() {
			t.Errorf("ParseAddress(%q, %q) = %+v, %v, want an error", tc.url, tc.from, got, err)
		}
		if tc.want != nil && !errors.Is(err, tc.want) {
			t.Errorf("ParseAddress(%q, %q): %v, want %v", tc.url, tc.from, err, tc.want)
		}
	}
}
