package inventory

import "testing"

// TestNameApart: hosts of one name go by their addresses, all of them, and the others keep theirs.
func TestNameApart(t *testing.T) {
	t.Parallel()
	hosts := []Host{{Name: "web", Address: "10.0.0.1"}, {Name: "db", Address: "10.0.0.2"}, {Name: "web", Address: "10.0.0.3"}}
	nameApart(hosts)
	for i, want := range []string{"10.0.0.1", "db", "10.0.0.3"} {
		if hosts[i].Name != want {
			t.Errorf("%s is called %s, want %s", hosts[i].Address, hosts[i].Name, want)
		}
	}
}

// TestIgnoredInventory: what Ansible passes over in a directory is no inventory.
func TestIgnoredInventory(t *testing.T) {
	t.Parallel()
	for name, ignored := range map[string]bool{".hosts": true, "hosts~": true, "hosts.bak": true, "README.md": true, "hosts": false, "hosts.yml": false, "10-web": false} {
		if ignoredInventory(name) != ignored {
			t.Errorf("%s: ignored %v", name, !ignored)
		}
	}
}
