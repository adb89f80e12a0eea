package puma

import (
	"maps"
	"slices"
	"strings"

	"pumatop/collector/ruby"
)

// apply sets what a call of Puma's configuration language sets. Names are those of 3.12 to 8.0.
func (r *reader) apply(name string, c call) {
	s := &r.settings
	if plain := s.plain(name); plain != nil {
		if len(c.values) > 0 {
			set(plain, c.argument(0, unread))
		}
		return
	}
	if isHook(name) {
		s.Hooks = append(s.Hooks, Setting{Text: name, Literal: true, Conditional: c.conditional, Line: c.line, File: c.file})
		return
	}
	switch name {
	case "preload_app!":
		set(&s.Preload, c.argument(0, ruby.Literally("true")))
	case "prune_bundler":
		set(&s.PruneBundler, c.argument(0, ruby.Literally("true")))
	case "fork_worker":
		set(&s.ForkWorker, c.argument(0, ruby.Literally("1000")))
	case "threads":
		set(&s.ThreadsMin, c.argument(0, unread))
		set(&s.ThreadsMax, c.argument(min(1, len(c.values)-1), unread))
	case "stdout_redirect":
		set(&s.Stdout, c.argument(0, ruby.Literally("")))
		set(&s.Stderr, c.argument(1, ruby.Literally("")))
		set(&s.Append, c.argument(2, ruby.Literally("false")))
	case "activate_control_app":
		r.control(c)
	case "bind", "port", "ssl_bind":
		s.Binds = append(s.Binds, c.bind(name))
	case "plugin":
		if !c.isOwnPlugin() {
			s.Opaque = c.argument(0, unread)
		}
	case "eval", "instance_eval", "instance_exec", "send", "public_send", "__send__", "@options", "@config":
		s.Opaque = Setting{Conditional: c.conditional, Line: c.line, File: c.file}
	}
}

// plain is the setting that takes the first argument of a call as it is.
func (s *Settings) plain(name string) *Setting {
	switch name {
	case "workers":
		return &s.Workers
	case "directory":
		return &s.Directory
	case "state_path":
		return &s.StatePath
	case "state_permission":
		return &s.StatePermission
	case "pidfile":
		return &s.PIDFile
	case "rackup":
		return &s.Rackup
	case "environment":
		return &s.Environment
	case "tag":
		return &s.Tag
	case "worker_shutdown_timeout":
		return &s.WorkerShutdownTimeout
	case "worker_boot_timeout":
		return &s.WorkerBootTimeout
	case "worker_timeout":
		return &s.WorkerTimeout
	case "worker_check_interval":
		return &s.WorkerCheckInterval
	}
	return nil
}

// isHook reports whether the setting is a block that runs at a certain moment. Those with on_ have other names from 7.0 on.
func isHook(name string) bool {
	switch name {
	case "before_fork", "after_worker_fork", "after_worker_boot", "after_worker_shutdown", "after_refork", "out_of_band", "lowlevel_error_handler":
		return true
	}
	return RenamedHook(name) != "" || slices.Contains(slices.Collect(maps.Values(renamed)), name)
}

// RenamedHook is what Puma calls a hook from 7.0 on, where it had another name before; empty for any other. 7 and 8 know the
// old names too and warn of them; before 7.0 the new ones are no methods at all, and Puma does not start.
func RenamedHook(name string) string { return renamed[name] }

var renamed = map[string]string{
	"on_worker_boot": "before_worker_boot", "on_worker_shutdown": "before_worker_shutdown", "on_worker_fork": "before_worker_fork",
	"on_restart": "before_restart", "on_refork": "before_refork", "on_booted": "after_booted", "on_stopped": "after_stopped",
	"on_thread_start": "before_thread_start", "on_thread_exit": "before_thread_exit",
}

// isOwnPlugin reports whether it is one that comes with Puma, or is known to change no setting.
func (c call) isOwnPlugin() bool {
	switch c.argument(0, unread).Text {
	case "tmp_restart", "systemd", "solid_queue", "yabeda", "yabeda_prometheus":
		return true
	}
	return false
}

// bind is a listener as a URL. A port alone is on every address.
func (c call) bind(name string) Setting {
	s := c.argument(0, unread)
	host := c.argument(1, ruby.Literally("0.0.0.0"))
	switch {
	case name == "bind" || s.Text == "":
	case name == "port":
		if host.Text == "nil" || host.Text == "" {
			host.Text = "0.0.0.0"
		}
		if strings.Contains(host.Text, ":") && !strings.HasPrefix(host.Text, "[") {
			host.Text = "[" + host.Text + "]"
		}
		s.Text = "tcp://" + host.Text + ":" + s.Text
		s.Literal = s.Literal && host.Literal
	default: // ssl_bind host, port
		port := c.argument(1, unread)
		s.Text, s.Literal = "ssl://"+s.Text+":"+port.Text, s.Literal && port.Literal
	}
	return s
}

// control is activate_control_app url, options.
func (r *reader) control(c call) {
	url := ruby.Literally("auto")
	options := ruby.Value{}
	for i, v := range c.values {
		switch {
		case v.Kind == ruby.Hash:
			options = v
		case i == 0:
			url = v
		}
	}
	if !url.IsText() {
		url = unread
	}
	control := Control{Setting: Setting{Text: url.Text, Literal: url.Literal, Conditional: c.conditional, Line: c.line, File: c.file}}
	if token, ok := options.Get("auth_token"); ok && token.IsText() && token.Literal && token.Text != "nil" {
		control.Token = NewToken(token.Text)
	}
	certainly := func(option string) bool {
		v, _ := options.Get(option)
		return v.Literal && v.Text == "true" && !c.conditional
	}
	_, control.Umask = options.Get("umask")
	control.OptionsUnread = unreadOptions(c.values, options)
	control.NoToken, control.DataOnly = certainly("no_token"), certainly("data_only")
	r.settings.Control = control
}

// unreadOptions reports whether the options are more than the text tells: a variable, or a value that depends on something.
func unreadOptions(arguments []ruby.Value, options ruby.Value) bool {
	if options.Kind != ruby.Hash {
		return len(arguments) > 1
	}
	doubted := false
	for _, p := range options.Pairs {
		if (p.Key == "no_token" || p.Key == "data_only") && !p.Value.Literal {
			return true
		}
		doubted = doubted || !p.Value.Literal
	}
	return !options.Literal && !doubted // something may have been added to them
}
