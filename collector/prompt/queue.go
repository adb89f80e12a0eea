package prompt

import (
	"context"
	"slices"
	"sync"
)

// Queue holds questions until somebody attends to them. It is safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	number  int
	waiting []*pending
	changed chan struct{}
}

// Pending is a question that waits. Number is its own in this run.
type Pending struct {
	Number   int
	Question Question
}

type pending struct {
	Pending
	answer chan reply
}

type reply struct {
	secret Secret
	err    error
}

// NewQueue returns an empty queue.
func NewQueue() *Queue { return &Queue{changed: make(chan struct{})} }

// Ask queues a question and waits for its answer, or for the end of ctx, which takes it out of the queue. A Challenge
// goes to the front: the server waits for it.
func (q *Queue) Ask(ctx context.Context, question Question) (Secret, error) {
	q.mu.Lock()
	q.number++
	p := &pending{Pending{q.number, question}, make(chan reply, 1)}
	if question.Kind == Challenge {
		q.waiting = slices.Insert(q.waiting, 0, p)
	} else {
		q.waiting = append(q.waiting, p)
	}
	q.announce()
	q.mu.Unlock()
	select {
	case r := <-p.answer:
		return r.secret, r.err
	case <-ctx.Done():
		q.take(p.Number)
		return Secret{}, context.Cause(ctx)
	}
}

// Waiting are the questions without an answer, the next one first. changed is closed when that changes.
func (q *Queue) Waiting() (questions []Pending, changed <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, p := range q.waiting {
		questions = append(questions, p.Pending)
	}
	return questions, q.changed
}

// Answer answers a question and takes it out of the queue. A question that is gone is none: its login has ended.
func (q *Queue) Answer(number int, s Secret) { q.reply(number, reply{secret: s}) }

// Decline answers a question with ErrDeclined.
func (q *Queue) Decline(number int) { q.Fail(number, ErrDeclined) }

// Fail answers a question with the error that whoever should put it has met.
func (q *Queue) Fail(number int, err error) { q.reply(number, reply{err: err}) }

func (q *Queue) reply(number int, r reply) {
	if p := q.take(number); p != nil {
		p.answer <- r
	}
}

// take takes a question out of the queue.
func (q *Queue) take(number int) *pending {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.waiting, func(p *pending) bool { return p.Number == number })
	if i < 0 {
		return nil
	}
	p := q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	q.announce()
	return p
}

// announce tells whoever waits that the queue is another.
func (q *Queue) announce() {
	close(q.changed)
	q.changed = make(chan struct{})
}
