package main

import "golang.org/x/sys/unix"

// How a terminal is asked and told; telling waits for what is being written and throws away what nobody has read.
const getTermios, setTermios = unix.TIOCGETA, unix.TIOCSETAF
