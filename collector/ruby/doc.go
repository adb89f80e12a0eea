// Package ruby reads Ruby as text: configurations such as puma.rb, deploy.rb and Capfile, which are programs. Nothing is
// ever run. What a text decides by itself has a value here; what depends on code, on the environment or on another
// machine is unknown, with the reason and the line.
//
// There are three ways to look at a text. [Tokenize] tells code from comments, strings and here-documents. [Statements]
// is the flat view: every statement, and whether something decides that it runs. [Parse] keeps blocks and conditions, and
// a [Reader] follows them: assignments, conditions that the text decides, loops over what it lists, methods that it
// defines, lambdas; the calls of a configuration language go to the [Host] that knows what they mean.
//
// All of it is bounded, whatever the bytes are: the length by [MaxSize], nesting by a depth, and the work of a Reader by a
// number of steps, behind which everything is unknown.
package ruby
