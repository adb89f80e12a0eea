package config

// Looks are how the screen looks and moves, beside its theme.
type Looks struct {
	Colors       map[string]string `yaml:"colors" eg:"{ good: '#3a9afc', bad: 208 }" doc:"colours of your own in the theme: '#3a9afc' in quotes, a number to 255, or a name as bright-red" values:"colors" kind:"color"`
	Motion       string            `yaml:"motion" eg:"reduced" doc:"how much moves; reduced draws less often and animates nothing" oneof:"full reduced"`
	ScreenReader bool              `yaml:"screen_reader" doc:"write plain lines for a screen reader instead of drawing"`
	Remember     bool              `yaml:"remember" doc:"come back to the screen, order, columns, filter, theme and interval that was left"`
}
