// Package puma is Puma's control protocol and vocabulary.
package puma
