# Runs the steps of a job one after the other in this one shell, so that `cd` and `export` carry over.
# A line on descriptor 251 asks for a step and says that the one before went well; descriptor 250 brings it, ended by a
# NUL, when everything that was written before has been read. It is closed after the last one.
while printf 'next\n' >&251 && IFS= read -r -d '' -u 250 __berth_step; do
  eval "$__berth_step" 250<&- 251>&-
  __berth_status=$?
  [ "$__berth_status" -eq 0 ] || exit "$__berth_status"
done
