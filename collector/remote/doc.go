// Package remote reaches hosts.
package remote
