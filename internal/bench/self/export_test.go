package self

// ReadStat reads a line of /proc/PID/stat.
var ReadStat = readStat
