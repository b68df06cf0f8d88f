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

#include <cmocka.h>

/* Starts MPI; the first failure of a rank aborts the job. Collective. */
void mpi_test_start(int *argc, char ***argv);

/* Status of the program. Collective. */
int mpi_test_stop(int failures);

#endif
