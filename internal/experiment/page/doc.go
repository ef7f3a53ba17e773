// Package page draws what a run of an experiment says as one HTML file that needs
// nothing else: the charting library, Apache ECharts, is in it.
//
// It imports experiment, whose figures it draws, and works out none of its own.
package page

//go:generate ../../../hack/echarts.sh
