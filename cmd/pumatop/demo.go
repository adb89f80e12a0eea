package main

import "github.com/spf13/cobra"

func newDemo(s streams, f *flags) *cobra.Command {
	return &cobra.Command{Use: "demo", Hidden: true}
}
