package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"pumatop/collector/config"
)

// bound is where a figure becomes a warning, or critical. The zero value is none.
type bound struct {
	// text is the bound as performance data has it; empty is none.
	text string
	// low and high are part of the range, and alarm is whether the figures in it are those that alarm, or all others.
	low, high float64
	alarm     bool
}

func (b bound) set() bool { return b.text != "" }

func (b bound) breached(v float64) bool {
	return b.set() && (v >= b.low && v <= b.high) == b.alarm
}

// words say where the bound lies: "from 80%", "outside 10:20%".
func (b bound) words(unit string) string {
	switch {
	case !strings.ContainsAny(b.text, ":@"):
		return "from " + b.text + unit
	case b.alarm:
		return "within " + strings.TrimPrefix(b.text, "@") + unit
	}
	return "outside " + b.text + unit
}

// from is the bound that configuration files have: a figure alarms from there on.
func from(v float64) bound {
	return bound{text: strconv.FormatFloat(v, 'f', -1, 64), low: v, high: math.Inf(1), alarm: true}
}

// parseBound reads 80, which is from 80 on, or a range as Nagios writes it: 10:20 alarms outside, @10:20 within, 10: below
// 10 and ~:20 above 20. Empty is none.
func parseBound(text string) (bound, error) {
	if text == "" {
		return bound{}, nil
	}
	if !strings.Contains(text, ":") && !strings.HasPrefix(text, "@") {
		v, err := parseFigure(text)
		return from(v), err
	}
	b := bound{text: text, high: math.Inf(1)}
	low, high, ranged := strings.Cut(strings.TrimPrefix(text, "@"), ":")
	b.alarm = strings.HasPrefix(text, "@")
	if !ranged { // @20 is 0 to 20
		low, high = "", low
	}
	var err error
	switch low {
	case "":
	case "~":
		b.low = math.Inf(-1)
	default:
		b.low, err = parseFigure(low)
	}
	if err == nil && (high != "" || !ranged) {
		b.high, err = parseFigure(high)
	}
	if err == nil && b.low > b.high {
		err = fmt.Errorf("%s begins above its end", strconv.Quote(text))
	}
	return b, err
}

func parseFigure(text string) (float64, error) {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0, fmt.Errorf("%s is no figure", strconv.Quote(text))
	}
	return v, nil
}

// trimmed is v with one decimal, where it has any.
func trimmed(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}

// limits are the two bounds of one figure.
type limits struct{ warning, critical bound }

func (l limits) set() bool { return l.warning.set() || l.critical.set() }

func (l limits) severity(v float64) (severity, bound) {
	switch {
	case l.critical.breached(v):
		return checkCritical, l.critical
	case l.warning.breached(v):
		return checkWarning, l.warning
	}
	return checkOK, bound{}
}

// limitsFlag is the flag of a figure: WARNING,CRITICAL, of which either may be left out, or none. It stands for both
// bounds of the figure, so that what is left out is none.
type limitsFlag struct {
	limits
	given bool
}

// noLimits is what takes the limits of a figure away.
const noLimits = "none"

// Set reads the flag.
func (f *limitsFlag) Set(text string) error {
	*f = limitsFlag{given: true}
	if text == noLimits {
		return nil
	}
	low, high, _ := strings.Cut(text, ",")
	var err error
	if f.warning, err = parseBound(low); err != nil {
		return err
	}
	if f.critical, err = parseBound(high); err != nil {
		return err
	}
	if !f.set() {
		return fmt.Errorf("name a figure, as 80,95, or %s", noLimits)
	}
	if w, c := f.warning, f.critical; w.set() && c.set() && w.alarm && c.alarm && w.low > c.low && w.high == c.high {
		return fmt.Errorf("a warning from %s on comes after critical from %s on", w.text, c.text)
	}
	return nil
}

// String is the flag's value for the help; the defaults stand in its text.
func (f *limitsFlag) String() string { return "" }

// Type is what the help calls the value.
func (f *limitsFlag) Type() string { return "WARNING,CRITICAL" }

// checkFlags are the limits of the command line, by figure.
type checkFlags map[string]*limitsFlag

func (c checkFlags) add(fl *pflag.FlagSet) {
	for _, fig := range figures() {
		c[fig.name] = &limitsFlag{}
		fl.Var(c[fig.name], strings.ReplaceAll(fig.name, "_", "-"), fig.doc+", "+fig.defaultWords())
	}
}

// limitsBy are the limits in force: the command line's, else bound by bound the configuration's, of which later ones beat
// earlier ones, else the built-in ones.
func limitsBy(flags checkFlags, configured ...config.Thresholds) map[string]limits {
	out := map[string]limits{}
	for _, fig := range figures() {
		l := fig.builtin
		for _, c := range configured {
			of := fig.configured(c)
			if of.Warning != nil {
				l.warning = from(*of.Warning)
			}
			if of.Critical != nil {
				l.critical = from(*of.Critical)
			}
		}
		if f := flags[fig.name]; f != nil && f.given {
			l = f.limits
		}
		out[fig.name] = l
	}
	return out
}

// thresholds are the configuration's: those of the whole, and over them those of the environment that is looked at.
func (f *flags) thresholds() []config.Thresholds {
	environment := f.fleet.Environment
	if f.fleet.Name == "" {
		environment = f.loaded.Config.Environments[f.environment]
	}
	return []config.Thresholds{f.loaded.Config.Thresholds, environment.Thresholds}
}
