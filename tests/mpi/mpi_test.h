/* Running cmocka tests on every rank of an MPI job.
 *
 * A rank that fails aborts at once (the others would wait for it in the next collective call), and
 * mpirun ends the job. Only rank 0 lists the tests that pass.
 * Comes first, after #define _POSIX_C_SOURCE 200809L (setenv).
 */
#ifndef RESLICE_TESTS_MPI_TEST_H
#define RESLICE_TESTS_MPI_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/comm.h"
#include "base/mem.h"

static inline void mpi_test_start(int *argc, char ***argv)
{
    setenv("CMOCKA_TEST_ABORT", "1", 0);
    comm_start(argc, argv);
    if (comm_rank() != 0 && !freopen("/dev/null", "w", stdout))
        comm_abort(1);
}

/* Status of the program. Collective. */
static inline int mpi_test_stop(int failures)
{
    comm_stop();
    return failures != 0 || mem_live_blocks() != 0;
}

#endif
