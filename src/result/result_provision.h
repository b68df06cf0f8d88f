/* What `reslice crossbar` adds to a result file: groups /crossbars and /adc. */
#ifndef RESLICE_RESULT_RESULT_PROVISION_H
#define RESLICE_RESULT_RESULT_PROVISION_H

#include "simulate/device_runs.h"
#include "simulate/provision.h"

/* How the crossbars were simulated, for the attributes of /adc. */
struct result_setup {
    const char *signs, *transfer, *calibration; /* names */
    size_t calibration_samples, test_samples;
    const struct device_runs *devices; /* or NULL */
    const char *variation, *leakage;   /* names */
    uint64_t selftest_compared; /* integers found equal to the exact products; 0: no self-test */
};

/* Ends the job (environment error) before the work when result_write_provision could not write its end:
 * a full or read-only disk. `simulation` is that of the job. Collective. */
void result_check_provision(const char *path, const struct simulation *simulation);

/* Replaces the two groups of the complete result file PATH, or leaves it as it was: an environment error
 * ends the job. The setup and what it points to stay the caller's. Collective. */
void result_write_provision(const char *path, const struct provision *provision,
                            const struct result_setup *setup);

#endif
