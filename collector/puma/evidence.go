package puma

func PhasedFromLog(lines []string, v Version, pid int) (Phased, bool) { return Phased{}, false }
func PhasedFromSettings(s Settings, v Version, path string) (Phased, bool) { return Phased{}, false }
func PhasedFromVersion(v Version, workers int) Phased { return Phased{} }
