package viewer

import _ "embed" // of what follows

//go:embed dashboard.js
var dashboardScript []byte

//go:embed dashboard.css
var dashboardStyle []byte

// DashboardScript is the script of the pages that list findings. They are whole without it: it keeps them up to date.
func DashboardScript() []byte { return dashboardScript }

// DashboardStyle is the style of the same pages.
func DashboardStyle() []byte { return dashboardStyle }
