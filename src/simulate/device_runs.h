/* Accuracy on programmed devices, over device seeds. */
#ifndef RESLICE_SIMULATE_DEVICE_RUNS_H
#define RESLICE_SIMULATE_DEVICE_RUNS_H

#include "hw/device.h"
#include "simulate/trials.h"

struct device_settings {
    struct device device; /* its seed is the first one */
    size_t seeds;         /* 0: no devices */
    size_t samples;       /* test samples */
};

struct device_runs {
    struct device_settings settings;
    size_t assignments;
    double *ideal;    /* [assignments] accuracy of ideal devices on the same samples */
    double *accuracy; /* [assignments, seeds] */
};

/* Runs every assignment of the trials on every seed's devices. The assignments were calibrated on
 * ideal devices and stay as they are. Collective. Free with device_runs_destroy. */
void device_runs_create(struct device_runs *runs, struct trials *trials,
                        struct device_settings settings);
void device_runs_destroy(struct device_runs *runs);

/* Mean accuracy (0..1) of an assignment over the seeds. Pure. */
double device_runs_mean(const struct device_runs *runs, size_t assignment);

/* Sample standard deviation of its accuracy over the seeds; NaN with one seed. Pure. */
double device_runs_deviation(const struct device_runs *runs, size_t assignment);

/* The largest relative voltage that wires can take from a row, all cells on and driven:
 * wire Gmax R (R + 1) / 2. First order means little when it is not small. Pure. */
double device_runs_worst_drop(const struct device_runs *runs, struct crossbar_format format);

#endif
