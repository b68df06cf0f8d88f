#define _POSIX_C_SOURCE 200809L
#include "mpi/mpi_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/comm.h"
#include "base/mem.h"

void mpi_test_start(int *argc, char ***argv)
{
    setenv("CMOCKA_TEST_ABORT", "1", 0);
    comm_start(argc, argv);
    if (comm_rank() != 0 && !freopen("/dev/null", "w", stdout))
        comm_abort(1);
}

int mpi_test_stop(int failures)
{
    comm_stop();
    return failures != 0 || mem_live_blocks() != 0;
}
