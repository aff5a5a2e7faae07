package calendar

// Follow is Run with ticks that a test gives.
var Follow = (*Service).follow
