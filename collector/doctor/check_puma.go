package doctor

func pumaChecks() []Check { return nil }
