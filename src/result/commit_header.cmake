# Writes OUTPUT with the commit of SOURCE, at every build, touching it only when it changes.
execute_process(COMMAND git describe --always --dirty --abbrev=12 --match=none
                WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define RESLICE_COMMIT \"${commit}\"\n")
