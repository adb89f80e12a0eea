// Package query is the fleet as a table: its columns as data, the filter language and the order of the rows, for the screen,
// for tables and for CSV alike. How wide a column is and how it is drawn is the screen's business.
package query
