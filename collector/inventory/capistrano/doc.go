// Package capistrano reads which hosts a team deploys to from its Capfile, config/deploy.rb and config/deploy/STAGE.rb, of
// Capistrano 2 and 3. The files are read as text and nothing is run; what they leave to code, to the environment or to
// other files is a gap with its line.
//
// A stage is an environment, and a role a group. Only servers that run Puma are in them: those with the role that
// capistrano-puma has Puma in (puma_role, else :web from its version 6 on and :app before, else either of them), that are
// not no_release. A server for the database alone has nothing to watch, and a fleet that showed it would call it down. Where
// no server has the role, all of the stage are in, and a gap says so.
//
// The unit is puma_service_unit_name, or the name that the version of capistrano-puma in Gemfile.lock gives it; it is what
// the program calls the app. Without a unit the state file of capistrano-puma before 6 tells which Puma is meant. Where
// the files say neither, every Puma of the host is.
//
// The environment of this process counts for nothing: ENV.fetch("X", "a") is "a", with a gap that says what it depends
// on; ENV["X"] without an alternative is a gap alone.
//
// Every stage is protected unless its name says that it is not production (staging, test, qa, review and the like): to be
// asked once too often costs a word, to restart the wrong fleet costs its users.
package capistrano
