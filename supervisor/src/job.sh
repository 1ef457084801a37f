# Runs the steps of a job one after the other in this one shell, so that `cd` and `export` carry over; for shells that
# are not bash. A line on descriptor 9 asks for a step and says that the one before went well; descriptor 8 brings it as a
# line for `printf %b`. It is closed after the last one.
while printf 'next\n' >&9 && IFS= read -r __berth_step <&8; do
  __berth_step=$(printf '%b.' "$__berth_step")
  # `.` at the end keeps line ends that a substitution would take away.
  eval "${__berth_step%.}" 8<&- 9>&-
  __berth_status=$?
  [ "$__berth_status" -eq 0 ] || exit "$__berth_status"
done
