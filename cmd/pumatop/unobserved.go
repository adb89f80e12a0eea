//go:build !observed

package main

// observe does nothing in the program that is shipped.
func observe() {}
