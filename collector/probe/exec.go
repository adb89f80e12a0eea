package probe

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// ErrNoStatus means that the output of a command ended before it was told how the command did.
var ErrNoStatus = errors.New("its end was not seen")

// maxExecLine bounds a line of a command's output; a longer one comes in pieces.
const maxExecLine = 64 << 10

// Exec is one command line that runs on a host, through sh, in a directory of a Puma's: in its container, where it has
// one.
type Exec struct {
	script, mark string
}

// NewExec prepares a command line. The directory has to be there; a command that is not found ends with 127, as sh has it.
func NewExec(p Puma, dir, command string) Exec {
	mark := "pumatop-" + rand.Text()
	words := fmt.Sprintf("mark=%s dir=%s engine=%s box=%s command=%s\n", mark, Quote(dir), Quote(p.Container.Engine), Quote(p.Container.ID),
		Quote(command))
	return Exec{script: words + load("script/exec.sh"), mark: mark}
}

// Script is for a stream. The command ends with it, but for one in a container, which no engine ends from outside.
func (e Exec) Script() string { return e.script }

// ExecOutput reads what a command prints.
type ExecOutput struct {
	r    *bufio.Reader
	mark []byte
	// kept are lines that came in one: what the command left without an end stands in front of a mark.
	kept   []ExecLine
	status int
	ended  bool
}

// ExecLine is a line of a command's output, as it came but for its end.
type ExecLine struct {
	Text string
	// Complaint is whether it was written to stderr.
	Complaint bool
}

// Output reads the output of the command from a stream of its script.
func (e Exec) Output(r io.Reader) *ExecOutput {
	return &ExecOutput{r: bufio.NewReaderSize(r, maxExecLine), mark: []byte(e.mark)}
}

// Next is the next line. Its error is io.EOF after the last one, or that of the reader.
func (o *ExecOutput) Next() (ExecLine, error) {
	for len(o.kept) == 0 {
		line, err := o.r.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			return ExecLine{}, err
		}
		o.take(bytes.TrimSuffix(line, []byte("\n")))
	}
	next := o.kept[0]
	o.kept = o.kept[1:]
	return next, nil
}

// take reads one line, in which a mark may stand anywhere.
func (o *ExecOutput) take(line []byte) {
	text, told, marked := bytes.Cut(line, o.mark)
	if len(text) > 0 || !marked {
		o.kept = append(o.kept, ExecLine{Text: string(text)})
	}
	if !marked {
		return
	}
	if complaint, ok := bytes.CutPrefix(told, []byte(" err ")); ok {
		o.kept = append(o.kept, ExecLine{Text: string(complaint), Complaint: true})
		return
	}
	number, _ := bytes.CutPrefix(told, []byte(" exit "))
	if n, err := strconv.ParseUint(string(number), 10, 8); err == nil { // others would wrap around to success
		o.status, o.ended = int(n), true
	}
}

// Status is how the command ended, 128 and more by a signal. Its error is ErrNoStatus where that was not told, once the
// output has ended.
func (o *ExecOutput) Status() (int, error) {
	if !o.ended {
		return 0, ErrNoStatus
	}
	return o.status, nil
}
