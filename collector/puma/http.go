package puma

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// Limits of an answer. A stats answer has 260 bytes a worker, thread-backtraces some kilobytes a thread.
const (
	maxHead = 64 << 10
	maxBody = 1 << 20
)

// answer is one HTTP response of a control app.
type answer struct {
	status int
	body   []byte
	// server is the Server header, cleaned: Puma's control app sends none.
	server string
	// buffer is what body may lie in, see release.
	buffer *[]byte
}

// readAnswer reads one response up to the end of its body and no further: a worker that is forked meanwhile inherits
// the connection, and then its end does not come until that worker is gone. It is no general HTTP client; what it
// reads are the answers of Puma's control app, whose length is always given, but for the 400 of Puma up to 5.6, which is
// a bare status line.
func readAnswer(r io.Reader) (answer, error) {
	buffer := buffers.Get().(*[]byte)
	a, err := readInto(*buffer, r)
	if err != nil {
		buffers.Put(buffer)
		return answer{}, err
	}
	a.buffer = buffer
	return a, nil
}

// buffers are for answers, of the size that most have: a fleet has a thousand a second. A larger one has its own.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, 8<<10)
	return &b
}}

// release gives the answer's buffer to the next one. Nothing may be left that points into its body.
func (a *answer) release() {
	if a.buffer != nil {
		buffers.Put(a.buffer)
		a.buffer, a.body = nil, nil
	}
}

// readInto is readAnswer with a buffer, which the body may then lie in.
func readInto(buffer []byte, r io.Reader) (answer, error) {
	head, rest, err := readHead(buffer, r)
	if err != nil {
		return answer{}, err
	}
	first, headers, _ := strings.Cut(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n")
	status, err := parseStatusLine(first)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: status, server: serverHeader(headers)}
	length, err := contentLength(headers)
	if err != nil {
		return answer{}, &ForeignError{What: webServer(a.server), Err: err}
	}
	if length < 0 {
		if status == 200 {
			return answer{}, &ForeignError{What: webServer(a.server), Err: errors.New("the answer does not say how long it is")}
		}
		return a, nil
	}
	n := min(len(rest), length)
	if a.body = rest[:n:cap(rest)]; cap(rest) < length {
		a.body = append(make([]byte, 0, length), rest...)
	}
	a.body = a.body[:length]
	if m, err := io.ReadFull(r, a.body[n:]); err == io.EOF || err == io.ErrUnexpectedEOF {
		return answer{}, &exchangeError{fmt.Sprintf("the answer ends after %d of %d bytes", n+m, length), io.ErrUnexpectedEOF}
	} else if err != nil {
		return answer{}, err
	}
	return a, nil
}

// readHead reads up to the empty line, and returns what came behind it too, in the given buffer where there is room. A
// connection that ends after a whole status line ends the head as well.
func readHead(room []byte, r io.Reader) (head, rest []byte, err error) {
	buffer := room[:0]
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(make([]byte, 0, 4*cap(buffer)), buffer...)
		}
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		from := max(len(buffer)-3, 0)
		buffer = buffer[:len(buffer)+n]
		if foreign := foreignHello(buffer); foreign != nil {
			return nil, nil, foreign
		}
		if head, rest, ok := cutHead(buffer, from); ok && len(head) <= maxHead {
			return head, rest, nil
		}
		switch {
		case len(buffer) > maxHead:
			return nil, nil, &ForeignError{What: "something without end", Err: errors.New("the headers of the answer are too long")}
		case err == io.EOF && bytes.Count(buffer, []byte("\n")) > 0:
			return bytes.TrimRight(buffer, "\r\n"), nil, nil
		case err == io.EOF && len(buffer) == 0:
			return nil, nil, &exchangeError{"the connection closed without an answer", err}
		case err != nil:
			return nil, nil, err
		}
	}
}

// cutHead splits b at the first empty line, which cannot begin before from.
func cutHead(b []byte, from int) (head, rest []byte, ok bool) {
	for _, end := range [...]string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(b[from:], []byte(end)); i >= 0 {
			return b[:from+i], b[from+i+len(end):], true
		}
	}
	return nil, nil, false
}

// parseStatusLine reads "HTTP/1.0 200 OK"; Puma echoes the version of the request or says 1.1.
func parseStatusLine(line string) (int, error) {
	version, rest, _ := strings.Cut(line, " ")
	code, _, _ := strings.Cut(rest, " ")
	status, err := strconv.ParseUint(code, 10, 16)
	if err != nil || len(code) != 3 || version != "HTTP/1.0" && version != "HTTP/1.1" {
		return 0, notHTTP() // without its text, which might be our own, token and all
	}
	return int(status), nil
}

// contentLength is -1 where no header gives it. Header names are capitalised up to Puma 6 and not from 7 on.
func contentLength(headers string) (int, error) {
	length := -1
	for line := range strings.SplitSeq(headers, "\n") {
		name, value, _ := strings.Cut(line, ":")
		if strings.EqualFold(name, "Transfer-Encoding") {
			return 0, errors.New("the answer is in chunks, which no control app sends")
		}
		if !strings.EqualFold(name, "Content-Length") {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
		if err != nil || length >= 0 && length != int(n) {
			return 0, errors.New("the answer gives no single length")
		}
		if n > maxBody {
			return 0, errors.New("the body of the answer is too long")
		}
		length = int(n)
	}
	return length, nil
}
