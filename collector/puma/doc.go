// Package puma is Puma's control protocol and vocabulary, for Puma 3.12 to 8.0 in cluster and in single mode: its state
// file, control URL and process titles, the figures and commands of its control app, its log, and what the text of
// its configuration says. It owns no connection: a [Client] is given a function that dials.
//
// # What it promises
//
// What was not seen is missing, never zero: a [Count] knows whether it is known, a time is zero, an [Answer] is
// Unknown. A command that may have left is never sent again and never called a failure ([MaybeSentError]). Tokens
// cannot be printed ([Token]), and no error has one, nor a URL. Text that a person may see is sanitised here, but for
// [Setting.Text], [State.ControlURL] and [Address.Name], which are used as they are; Address.String draws one. All
// foreign input is bounded and fuzzed.
//
// # Why it is as it is
//
// The control app is a tiny HTTP server with one thread in the master. In Puma 5.2 and later a connection that says
// nothing blocks it for 30 s, so the client writes at once and has one request under way, each on a new connection.
// A worker that is forked meanwhile inherits the connection, and its end then does not come: the client reads by
// Content-Length and never to the end. The token is compared with the raw query and up to 6.5 has to be its only
// parameter, so it goes verbatim and alone. Connections through SSH have no deadlines; what ends a request is its
// context, by closing the connection, and where even that does not help (a dead link) the caller goes free while the
// turn stays taken, so that no second request piles up behind the first.
//
// Puma's answer to a command says that it was accepted. phased-restart is answered 200 by a cluster that preloads and
// then restarts in full, and 404 by single mode, which restarts in full too ([ErrRestartsInFull]). Hence [Phased]:
// whether a phased restart is possible is not in the figures, and is read from the start-up lines ([PhasedFromLog]),
// from the configuration ([PhasedFromSettings]), or is not known. A wrong yes costs a full restart that nobody wanted,
// so whatever the text of a configuration does not decide by itself (a condition, the environment, a plug-in) yields
// no answer.
//
// State files are read by lines, not as YAML: from 5.6 on Puma writes them without a YAML library and leaves a token of
// digits unquoted. Puma never deletes one, and truncates before it writes ([ErrPartialState]).
//
// Workers before 8.0 are not listed in the order of their index; [Decode] sorts them. A worker that has booted has not
// yet reported: CheckedIn is what proves that a pid spoke for itself.
package puma
