// Package probe asks a host about its Pumas.
package probe
